/*
 * proof.c: see proof.h.
 *
 * Invariants
 *  1. A worker takes the next job by an atomic counter and writes only there.
 *  2. Test objects are complete before the first worker starts, so workers
 *     only read them.
 *  3. A worker that dies leaves its job PENDING, which counts as failed.
 */
#include "proof.h"

#include "bugs.h"
#include "build.h"
#include "course.h"
#include "files.h"
#include "outcome.h"
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS_MAX 64

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

static char *job_dir(const struct proof *proof, const struct proof_job *job)
{
    const char *kind = job->kind == PROOF_STARTER ? "starter"
                       : job->plain               ? "plain"
                                                  : "solution";
    return text_format("%s/%s/%s", proof->state, proof->week->name,
                       job->kind == PROOF_BUG ? job->bug : kind);
}

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

/* Build, and run one step. False where the code does not build. */
static bool try_step(struct proof_job *job, const struct build *build,
                     const struct step *step, struct outcome *outcome)
{
    char *words;
    *outcome = (struct outcome){0};
    if (build_make(build, step->sanitizer, &words) != 0) {
        say(job, "does not build:\n%s\n", words != NULL ? words : "");
        free(words);
        return false;
    }
    free(words);
    struct run_request run = {
        .build = build, .step = step, .seed = draw_seed()};
    run_step(&run, outcome);
    job->steps[step->number - 1].milliseconds =
        (uint32_t)(outcome->seconds * 1000);
    if (outcome->why != NULL)
        note_cannot(job, step, build->week->name, outcome->why);
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
    struct build build = {0};
    int err =
        prepare_build(proof, job, &build,
                      starter ? proof->week->dir : proof->week->solution, dir);
    for (unsigned i = 0; i < m->step_count; i++) {
        struct outcome outcome = {0};
        enum proof_result *result = &job->steps[i].result;
        *result = PROOF_FAILS;
        if (err == 0 && try_step(job, &build, &m->steps[i], &outcome))
            *result = starter ? judge_starter(job, &outcome)
                              : judge_solution(job, &outcome);
        outcome_release(&outcome);
    }
    build_release(&build);
    free(dir);
}

/* Steps in order up to the bug's own: it must be the first that fails. */
static enum proof_result find_bug(const struct proof *proof,
                                  struct proof_job *job,
                                  const struct build *build)
{
    for (int i = 0; i < job->bug_step; i++) {
        const struct step *step = &proof->week->manifest.steps[i];
        struct outcome outcome;
        bool own = step->number == job->bug_step;
        enum proof_result result = PROOF_PENDING; /* go on */
        if (!try_step(job, build, step, &outcome))
            return PROOF_FAILS;
        if (outcome.verdict == VERDICT_FAILED && own) {
            result = PROOF_HOLDS;
        } else if (outcome.verdict == VERDICT_CANNOT_RUN && own) {
            result = PROOF_CANNOT_RUN;
        } else if (own) {
            say(job, "no step catches it: step %d %s passes\n", step->number,
                step->name);
            result = PROOF_FAILS;
        } else if (outcome.verdict == VERDICT_FAILED ||
                   outcome.verdict == VERDICT_BROKEN) {
            say(job, "another step catches it first:\n");
            say_outcome(job, &outcome);
            result = PROOF_FAILS;
        }
        outcome_release(&outcome);
        if (result != PROOF_PENDING)
            return result;
    }
    return PROOF_FAILS;
}

static void prove_bug(const struct proof *proof, struct proof_job *job)
{
    struct bug *bugs;
    struct build build = {0};
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
        else if (prepare_build(proof, job, &build, from, dir) == 0)
            job->result = find_bug(proof, job, &build);
    }
    if (count > 0)
        bugs_release(bugs, count);
    build_release(&build);
    free(words);
    free(from);
    free(dir);
}

static void run_job(const struct proof *proof, struct proof_job *job)
{
    double began = now();
    if (job->kind == PROOF_BUG)
        prove_bug(proof, job);
    else
        prove_steps(proof, job);
    job->seconds = now() - began;
}

/* ---- Preparing ---- */

static struct proof_job *add_job(struct proof *proof, enum proof_kind kind)
{
    struct proof_job *job = &proof->jobs[proof->job_count++];
    *job = (struct proof_job){.kind = kind};
    return job;
}

static int list_jobs(struct proof *proof, int rounds)
{
    struct bug *bugs;
    int count = bugs_load(proof->week, &bugs);
    if (count < 0)
        return count;
    if (count + rounds + 2 > PROOF_JOBS_MAX) {
        complain("%s: over %d proofs", proof->week->name, PROOF_JOBS_MAX);
        bugs_release(bugs, count);
        return -EINVAL;
    }
    add_job(proof, PROOF_STARTER);
    for (int i = 0; i < rounds; i++)
        add_job(proof, PROOF_SOLUTION)->round = i + 1;
    if (proof->week->manifest.bench != NULL &&
        proof->week->manifest.bench->plain) {
        struct proof_job *job = add_job(proof, PROOF_SOLUTION);
        job->round = rounds + 1;
        job->plain = true;
    }
    for (int i = 0; i < count; i++) {
        struct proof_job *job = add_job(proof, PROOF_BUG);
        snprintf(job->bug, sizeof job->bug, "%s", bugs[i].name);
        job->bug_step = bugs[i].step;
    }
    bugs_release(bugs, count);
    return 0;
}

/* The solution under every sanitizer that a step wants: leaves test objects,
 * harness and used weeks complete. */
static int build_shared(const struct proof *proof)
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

int proof_prepare(struct proof *proof, const struct week *week,
                  const char *state, int rounds)
{
    size_t size = PROOF_JOBS_MAX * sizeof *proof->jobs;
    *proof = (struct proof){.week = week, .state = state};
    /* Most of a bug's time is a test's waiting for what will never come. */
    proof->workers = 2 * (int)sysconf(_SC_NPROCESSORS_ONLN);
    proof->jobs = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (proof->jobs == MAP_FAILED) {
        proof->jobs = NULL;
        return -ENOMEM;
    }
    if (!path_is_dir(week->solution)) {
        complain("%s: there is no solution to prove", week->solution);
        return -ENOENT;
    }
    int err = list_jobs(proof, rounds);
    return err < 0 ? err : build_shared(proof);
}

void proof_release(struct proof *proof)
{
    if (proof->jobs != NULL)
        munmap(proof->jobs, PROOF_JOBS_MAX * sizeof *proof->jobs);
    proof->jobs = NULL;
}

/* ---- Workers ---- */

struct counter {
    int next;
};

static _Noreturn void work(const struct proof *proof, struct counter *counter)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    for (;;) {
        int index = __atomic_fetch_add(&counter->next, 1, __ATOMIC_RELAXED);
        if (index >= proof->job_count)
            _exit(0);
        run_job(proof, &proof->jobs[index]);
        if (process_interrupted())
            process_end_by_signal();
    }
}

/* Until all have ended; a signal to us ends them. It is looked for again and
 * again: it may come between any look and a sleep. */
static void await_workers(pid_t pids[WORKERS_MAX])
{
    struct timespec moment = {0, 10000000};
    pid_t ended;
    while ((ended = waitpid(-1, NULL, WNOHANG)) >= 0) {
        for (int i = 0; i < WORKERS_MAX; i++) {
            if (pids[i] == ended)
                pids[i] = 0;
            if (pids[i] > 0 && process_interrupted())
                kill(pids[i], SIGTERM);
        }
        if (ended == 0)
            nanosleep(&moment, NULL);
    }
}

void proof_run(struct proof *proof)
{
    struct counter *counter =
        mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counter == MAP_FAILED)
        return;
    pid_t pids[WORKERS_MAX] = {0};
    fflush(NULL);
    for (int i = 0; i < proof->workers && i < WORKERS_MAX; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            work(proof, counter);
        if (pids[i] < 0)
            complain("fork: %s", strerror(errno));
    }
    await_workers(pids);
    munmap(counter, sizeof *counter);
    if (process_interrupted())
        process_end_by_signal();
}

static void count_one(enum proof_result result, int *passed, int *failed)
{
    *passed += result == PROOF_HOLDS;
    *failed += result == PROOF_FAILS || result == PROOF_PENDING;
}

void proof_count(const struct proof *proof, int *passed, int *failed)
{
    *passed = *failed = 0;
    for (int i = 0; i < proof->job_count; i++) {
        const struct proof_job *job = &proof->jobs[i];
        if (job->kind == PROOF_BUG)
            count_one(job->result, passed, failed);
        for (unsigned s = 0;
             job->kind != PROOF_BUG && s < proof->week->manifest.step_count;
             s++)
            count_one(job->steps[s].result, passed, failed);
    }
}
