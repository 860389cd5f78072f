/*
 * proof_job.c: see proof_job.h.
 */
#include "proof_job.h"

#include "bugs.h"
#include "build.h"
#include "course.h"
#include "files.h"
#include "outcome.h"
#include "run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Add a line to what is wrong. */
__attribute__((format(printf, 2, 3))) static void say(struct proof_job *job,
                                                      const char *format, ...)
{
    size_t len = strlen(job->words);
    va_list args;
    va_start(args, format);
    vsnprintf(job->words + len, sizeof job->words - len, format, args);
    va_end(args);
}

/* ---- One job ---- */

static uint64_t draw_seed(void)
{
    uint64_t random;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = 1;
    return random % 1000000 + 1;
}

/* Files and bugs are built one after the other in their worker's folder:
 * staging writes what differs from the one before, and make compiles that. */
static char *job_dir(const struct proof *proof, const struct proof_job *job)
{
    const char *kind = job->kind == PROOF_STARTER ? "starter"
                       : job->plain               ? "plain"
                                                  : "solution";
    if (job->kind == PROOF_FILE || job->kind == PROOF_BUG)
        return text_format("%s/%s/worker-%d", proof->state, proof->week->name,
                           job->worker);
    return text_format("%s/%s/%s", proof->state, proof->week->name, kind);
}

/* A job's code, and under which sanitizers it is built by now. */
struct built {
    struct build build;
    bool with[SANITIZERS];
};

static int prepare_build(const struct proof *proof, const struct proof_job *job,
                         struct build *build, const char *from, const char *dir)
{
    char *tests = text_format("%s/%s/tests", proof->state, proof->week->name);
    struct build_request request = {
        .week = proof->week,
        .from = from,
        .dir = dir,
        .test_dir = tests,
        .state = proof->state,
        .strict = job->kind == PROOF_SOLUTION,
        .plain = job->plain,
    };
    int err = build_prepare(build, &request);
    free(tests);
    return err;
}

/* "18-xdp-filter step 1, 2, 4: only root may": of a step whose reason is the
 * one before's the number is put to those; another reason follows. */
static void note_cannot(struct proof_job *job, const struct step *step,
                        const char *week, const char *why)
{
    size_t len = strlen(job->cannot), tail = strlen(why) + 2;
    size_t room = sizeof job->cannot - len;

    if (len == 0)
        snprintf(job->cannot, room, "%s step %d: %s", week, step->number, why);
    else if (len > tail && strcmp(job->cannot + len - tail + 2, why) == 0)
        snprintf(job->cannot + len - tail, room + tail, ", %d: %s",
                 step->number, why);
    else
        snprintf(job->cannot + len, room, "; step %d: %s", step->number, why);
}

/* False where the code does not build. */
static bool make_once(struct proof_job *job, struct built *built,
                      enum sanitizer sanitizer)
{
    char *words = NULL;
    if (!built->with[sanitizer])
        built->with[sanitizer] =
            build_make(&built->build, sanitizer, &words) == 0;
    if (!built->with[sanitizer])
        say(job, "does not build:\n%s\n", words != NULL ? words : "");
    free(words);
    return built->with[sanitizer];
}

/* Build, and run one step. False where the code does not build. */
static bool try_step(struct proof_job *job, struct built *built,
                     const struct step *step, struct outcome *outcome)
{
    *outcome = (struct outcome){0};
    if (!make_once(job, built, step->sanitizer))
        return false;
    struct run_request run = {
        .build = &built->build, .step = step, .seed = draw_seed()};
    run_step(&run, outcome);
    job->steps[step->number - 1].milliseconds =
        (uint32_t)(outcome->seconds * 1000);
    if (outcome->why != NULL)
        note_cannot(job, step, built->build.week->name, outcome->why);
    return true;
}

/* A step's failure, as far as one needs it to find the reason. */
static void say_outcome(struct proof_job *job, const struct outcome *o)
{
    say(job, "step %d %s: %s%s%s, seed %lu\n", o->step->number, o->step->name,
        verdict_name(o->verdict), o->test != NULL ? " in " : "",
        o->test != NULL ? o->test : "", (unsigned long)o->seed);
    if (o->what != NULL)
        say(job, "    %s\n", o->what);
    if (o->expected != NULL)
        say(job, "    expected  %s\n    is        %s\n", o->expected,
            o->actual);
    if (o->sanitizer != NULL)
        say(job, "%s\n", o->sanitizer);
    else if (o->transcript != NULL)
        say(job, "%s\n", o->transcript);
}

/* ---- Starter and solution ---- */

/* Fails, and in words that lead on: no hang, no fault of the grader's. */
static enum proof_result judge_starter(struct proof_job *job,
                                       const struct outcome *o)
{
    if (o->verdict == VERDICT_CANNOT_RUN)
        return PROOF_CANNOT_RUN;
    if (o->verdict == VERDICT_FAILED && o->what != NULL &&
        strncmp(o->what, "timed out", 9) != 0)
        return PROOF_HOLDS;
    say(job, "the starter should fail this step with words:\n");
    say_outcome(job, o);
    return PROOF_FAILS;
}

static enum proof_result judge_solution(struct proof_job *job,
                                        const struct outcome *o)
{
    if (o->verdict == VERDICT_PASSED)
        return PROOF_HOLDS;
    if (o->verdict == VERDICT_CANNOT_RUN)
        return PROOF_CANNOT_RUN;
    say(job, "the solution should pass this step:\n");
    say_outcome(job, o);
    return PROOF_FAILS;
}

/* The starter or the solution: every step, whatever the others showed. */
static void prove_steps(const struct proof *proof, struct proof_job *job)
{
    const struct manifest *m = &proof->week->manifest;
    const bool starter = job->kind == PROOF_STARTER;
    char *dir = job_dir(proof, job);
    struct built built = {0};
    int err =
        prepare_build(proof, job, &built.build,
                      starter ? proof->week->dir : proof->week->solution, dir);
    for (unsigned i = 0; i < m->step_count; i++) {
        struct outcome outcome = {0};
        enum proof_result *result = &job->steps[i].result;
        *result = PROOF_FAILS;
        if (err == 0 && try_step(job, &built, &m->steps[i], &outcome))
            *result = starter ? judge_starter(job, &outcome)
                              : judge_solution(job, &outcome);
        outcome_release(&outcome);
    }
    build_release(&built.build);
    free(dir);
}

/* ---- Files ---- */

/* The first step that fails, or 0; -1 if it does not build. */
static int find_first(const struct proof *proof, struct proof_job *job,
                      struct built *built)
{
    const struct manifest *m = &proof->week->manifest;
    for (unsigned i = 0; i < m->step_count; i++) {
        struct outcome outcome;
        if (!try_step(job, built, &m->steps[i], &outcome)) {
            job->words[0] = '\0';
            return -1;
        }
        enum verdict verdict = outcome.verdict;
        outcome_release(&outcome);
        if (verdict == VERDICT_FAILED || verdict == VERDICT_BROKEN)
            return m->steps[i].number;
    }
    return 0;
}

static int copy_starters(const struct proof *proof, const char *name,
                         const char *to)
{
    char *from = path_join(proof->week->dir, name);
    char *target = path_join(to, name);
    size_t len;
    char *text = file_read(from, &len);
    int err = text == NULL ? -errno : file_update(target, text, len);
    free(text);
    free(from);
    free(target);
    return err < 0 ? err : 0;
}

/* The solution with the starter's files from `first` to `last` of `yours`.
 * As find_first, or -2 after saying why. */
static int try_starters(const struct proof *proof, struct proof_job *job,
                        unsigned first, unsigned last)
{
    const struct manifest *m = &proof->week->manifest;
    struct built built = {0};
    char *dir = job_dir(proof, job), *from = path_join(dir, "from");
    int found = -2, err = bug_copy_solution(proof->week, from);
    for (unsigned i = first; err == 0 && i <= last; i++)
        err = copy_starters(proof, m->yours[i], from);
    if (err < 0)
        say(job, "%s: %s\n", job->file, strerror(-err));
    else if (prepare_build(proof, job, &built.build, from, dir) == 0)
        found = find_first(proof, job, &built);
    build_release(&built.build);
    free(from);
    free(dir);
    return found;
}

/* Where the starter's file does not go with the others, those that are listed
 * behind it are the starter's, too; and else it is needed by all. */
static void prove_file(const struct proof *proof, struct proof_job *job)
{
    const struct manifest *m = &proof->week->manifest;
    unsigned file = 0;
    while (m->yours[file] != job->file)
        file++;
    int first = try_starters(proof, job, file, file);
    if (first == -1)
        first = try_starters(proof, job, file, m->yours_count - 1);
    if (first == -1)
        first = 1;
    if (first == 0 && job->cannot[0] == '\0')
        say(job, "no step needs it: the starter's passes them all\n");
    job->first = first > 0 ? first : 0;
    job->result = first > 0                              ? PROOF_HOLDS
                  : first == 0 && job->cannot[0] != '\0' ? PROOF_CANNOT_RUN
                                                         : PROOF_FAILS;
}

static bool is_same_file(const char *dir, const char *other, const char *name)
{
    char *paths[] = {path_join(dir, name), path_join(other, name)};
    size_t lens[2] = {0};
    char *texts[] = {file_read(paths[0], &lens[0]),
                     file_read(paths[1], &lens[1])};
    bool same = texts[0] != NULL && texts[1] != NULL && lens[0] == lens[1] &&
                memcmp(texts[0], texts[1], lens[0]) == 0;
    for (int i = 0; i < 2; i++) {
        free(texts[i]);
        free(paths[i]);
    }
    return same;
}

/* The first step that can see what was changed in the solution. */
static int first_to_see(const struct proof *proof, const char *changed)
{
    int first = STEPS_MAX;
    for (int i = 0; i < proof->job_count; i++) {
        const struct proof_job *job = &proof->jobs[i];
        if (job->kind == PROOF_FILE && job->first < first &&
            !is_same_file(changed, proof->week->solution, job->file))
            first = job->first;
    }
    return first == STEPS_MAX || first < 1 ? 1 : first;
}

/* ---- Bugs ---- */

/* What a step before the bug's own, or that one, shows of it. PENDING: nothing
 * is wrong so far. */
static enum proof_result judge_bug(struct proof_job *job,
                                   const struct outcome *o)
{
    bool own = o->step->number == job->bug_step;

    if (own && o->verdict == VERDICT_FAILED)
        return PROOF_HOLDS;
    if (own && o->verdict == VERDICT_CANNOT_RUN)
        return PROOF_CANNOT_RUN;
    if (!own && o->verdict != VERDICT_FAILED && o->verdict != VERDICT_BROKEN)
        return PROOF_PENDING;
    say(job,
        own ? "no step catches it:\n" : "another step catches it first:\n");
    say_outcome(job, o);
    return PROOF_FAILS;
}

static enum proof_result try_bug(struct proof_job *job, struct built *built,
                                 const struct step *step)
{
    struct outcome outcome;
    if (!try_step(job, built, step, &outcome))
        return PROOF_FAILS;
    enum proof_result result = judge_bug(job, &outcome);
    outcome_release(&outcome);
    return result;
}

/* Steps in order from the first that can see it up to the bug's own, which must
 * be the first that fails. */
static enum proof_result find_bug(const struct proof *proof,
                                  struct proof_job *job, struct built *built)
{
    const struct step *steps = proof->week->manifest.steps;
    int first = proof->complete ? 1 : first_to_see(proof, built->build.from);
    enum proof_result result = PROOF_PENDING;
    for (int i = first - 1; i < job->bug_step - 1 && result == PROOF_PENDING;
         i++)
        result = try_bug(job, built, &steps[i]);
    if (result != PROOF_PENDING)
        return result;
    int caught = 0, missed = 0;
    while (result != PROOF_CANNOT_RUN && caught + missed < proof->tries) {
        size_t said = strlen(job->words);
        result = try_bug(job, built, &steps[job->bug_step - 1]);
        if (result == PROOF_FAILS && missed++ > 0)
            job->words[said] = '\0'; /* one seed is enough */
        caught += result == PROOF_HOLDS;
    }
    if (missed > 0 && proof->tries > 1)
        say(job, "and %d of %d times its step catches it\n", caught,
            proof->tries);
    return missed > 0 ? PROOF_FAILS : result;
}

static void prove_bug(const struct proof *proof, struct proof_job *job)
{
    struct bug *bugs;
    struct built built = {0};
    char *dir = job_dir(proof, job), *from = path_join(dir, "from");
    char *words = NULL;
    int count = bugs_load(proof->week, &bugs);
    job->result = PROOF_FAILS;
    for (int i = 0; i < count; i++) {
        if (strcmp(bugs[i].name, job->bug) != 0)
            continue;
        int err = bug_apply(&bugs[i], proof->week, from, &words);
        if (err != 0)
            say(job,
                "the patch does not apply; `make bugs WEEK=%02d` may "
                "bring it after the solution:\n%s\n",
                proof->week->number, words != NULL ? words : strerror(-err));
        else if (prepare_build(proof, job, &built.build, from, dir) == 0)
            job->result = find_bug(proof, job, &built);
    }
    if (count > 0)
        bugs_release(bugs, count);
    build_release(&built.build);
    free(words);
    free(from);
    free(dir);
}

void proof_job_run(const struct proof *proof, struct proof_job *job, int worker)
{
    double began = now();
    job->worker = worker;
    if (job->kind == PROOF_FILE)
        prove_file(proof, job);
    else if (job->kind == PROOF_BUG)
        prove_bug(proof, job);
    else
        prove_steps(proof, job);
    job->seconds = now() - began;
}

int proof_build_shared(const struct proof *proof)
{
    const struct manifest *m = &proof->week->manifest;
    struct proof_job solution = {.kind = PROOF_SOLUTION};
    char *dir = job_dir(proof, &solution), *words = NULL;
    struct build build = {0};
    int err =
        prepare_build(proof, &solution, &build, proof->week->solution, dir);
    for (unsigned i = 0; err == 0 && i < m->step_count; i++) {
        free(words);
        words = NULL;
        err = build_make(&build, m->steps[i].sanitizer, &words);
    }
    if (err == 1)
        complain("%s: the solution does not build:\n%s", proof->week->name,
                 words);
    free(words);
    build_release(&build);
    free(dir);
    return err == 1 ? -EINVAL : err;
}
