/*
 * verify.c: the command `grade verify [WEEK…]`, the proof for maintainers.
 *
 * For each week a table, step by bug; under it what does not hold; at the end
 * the sum. A week whose proof held before and of which nothing has changed is
 * not proven again, unless CI is set in the environment: the hash is over all
 * files that the proof reads, and the compiler's version. One proof at a time
 * in a course: two would stage and build in the same folders.
 */
#include "build.h"
#include "commands.h"
#include "course.h"
#include "files.h"
#include "lock.h"
#include "needs.h"
#include "pen.h"
#include "process.h"
#include "proof.h"
#include "sandbox.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_DEFAULT 3

struct sums {
    int passed, failed;
};

/* ---- The table ---- */

static const char *mark(enum proof_result result)
{
    return result == PROOF_HOLDS        ? "ok"
           : result == PROOF_CANNOT_RUN ? "-"
           : result == PROOF_PENDING    ? "LOST"
                                        : "WRONG";
}

/* The job at this place for a reader: bugs are done backwards. */
static const struct proof_job *job_at(const struct proof *proof, int place)
{
    int bugs = 0;
    while (bugs < proof->job_count && proof->jobs[bugs].kind != PROOF_BUG)
        bugs++;
    if (place < bugs)
        return &proof->jobs[place];
    return &proof->jobs[proof->job_count - 1 - (place - bugs)];
}

static void print_bugs(const struct proof *proof, int step)
{
    int column = 0;
    for (int i = 0; i < proof->job_count; i++) {
        const struct proof_job *job = job_at(proof, i);
        if (job->kind != PROOF_BUG || job->bug_step != step)
            continue;
        const char *name = strchr(job->bug, '-');
        name = name != NULL ? name + 1 : job->bug;
        if (column++ > 0)
            printf("%-41s", "");
        printf("%-5s %s\n", mark(job->result), name);
    }
    if (column == 0)
        putchar('\n');
}

static int rounds_that_hold(const struct proof *proof, unsigned step,
                            int *rounds, bool *cannot)
{
    int holds = 0;
    *rounds = 0;
    *cannot = false;
    for (int i = 0; i < proof->job_count; i++) {
        const struct proof_job *job = &proof->jobs[i];
        if (job->kind != PROOF_SOLUTION)
            continue;
        holds += job->steps[step].result == PROOF_HOLDS;
        *cannot = *cannot || job->steps[step].result == PROOF_CANNOT_RUN;
        ++*rounds;
    }
    return holds;
}

static const char *starter_mark(const struct proof *proof, unsigned step)
{
    enum proof_result result = proof->jobs[0].steps[step].result;
    return result == PROOF_HOLDS ? "fails" : mark(result);
}

/* "The first step that needs each file: uart.c 1, start.S 2". */
static void print_files(const struct proof *proof)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    struct pen pen;
    for (int i = 0; i < proof->job_count; i++) {
        const struct proof_job *job = &proof->jobs[i];
        if (job->kind != PROOF_FILE)
            continue;
        fputs(ftell(out) == 0 ? "the first step that needs each file: " : ", ",
              out);
        if (job->first > 0)
            fprintf(out, "%s %d", job->file, job->first);
        else
            fprintf(out, "%s %s", job->file, mark(job->result));
    }
    fclose(out);
    pen_init(&pen, stdout);
    if (*text != '\0') {
        printf("%4s", "");
        pen_sentence(&pen, INK_PLAIN, 4, text);
    }
    free(text);
}

static void print_table(const struct proof *proof)
{
    const struct manifest *m = &proof->week->manifest;
    printf("    %-16s %-8s %-10s %s\n", "step", "starter", "solution",
           "bugs, each caught first by this step");
    for (unsigned i = 0; i < m->step_count; i++) {
        int rounds;
        bool cannot;
        char passes[32];
        int holds = rounds_that_hold(proof, i, &rounds, &cannot);
        snprintf(passes, sizeof passes, cannot ? "-" : "%d of %d", holds,
                 rounds);
        printf(" %2d %-16s %-8s %-10s ", m->steps[i].number, m->steps[i].name,
               starter_mark(proof, i), passes);
        print_bugs(proof, m->steps[i].number);
    }
    print_files(proof);
}

static void print_job_name(const struct proof_job *job)
{
    if (job->kind == PROOF_STARTER)
        fputs("\n-- starter\n", stdout);
    else if (job->kind == PROOF_SOLUTION)
        printf("\n-- solution, round %d%s\n", job->round,
               job->plain ? ", compiled with -DPLAIN" : "");
    else if (job->kind == PROOF_FILE)
        printf("\n-- the starter's %s in the solution\n", job->file);
    else
        printf("\n-- bug %s\n", job->bug);
}

static void print_troubles(const struct proof *proof)
{
    bool told = false;
    for (int i = 0; i < proof->job_count; i++) {
        const struct proof_job *job = job_at(proof, i);
        if (job->words[0] != '\0') {
            size_t len = strlen(job->words);
            while (len > 0 && job->words[len - 1] == '\n')
                len--;
            print_job_name(job);
            printf("%.*s\n", (int)len, job->words);
            told = true;
        }
        if (job->cannot[0] != '\0' && job->kind == PROOF_SOLUTION &&
            job->round == 1)
            printf("cannot run: %s\n", job->cannot);
    }
    if (told)
        putchar('\n');
}

/* Where the time goes, for who keeps the proof within its minute. */
static void print_slowest(const struct proof *proof)
{
    const struct proof_job *slowest = NULL;
    for (int i = 0; i < proof->job_count; i++)
        if (slowest == NULL || proof->jobs[i].seconds > slowest->seconds)
            slowest = &proof->jobs[i];
    if (slowest != NULL)
        printf("    longest: %s, %.1f s\n",
               slowest->kind == PROOF_BUG       ? slowest->bug
               : slowest->kind == PROOF_STARTER ? "the starter"
               : slowest->kind == PROOF_FILE    ? slowest->file
                                                : "a round of the solution",
               slowest->seconds);
}

/* ---- What was proven before ---- */

static char *command_output(const char *dir, const char *script)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    struct process_request request = {.argv = argv, .dir = dir, .keep_fd = -1};
    struct process_result result;
    char *text = NULL;
    if (process_run(&request, &result) < 0)
        return NULL;
    if (process_succeeded(&result))
        text = text_format("%s", result.output);
    process_result_release(&result);
    return text;
}

/* Add the folders of a week, and of those that it uses. */
static void add_folders(char **folders, const char *name)
{
    struct week week;
    char *own = text_format("weeks/%s solutions/%s ", name, name);
    bool known = strstr(*folders, own) != NULL;
    char *longer = text_format("%s%s", *folders, own);
    free(own);
    if (known || week_load(&week, course_dir(), name) < 0) {
        free(longer);
        return;
    }
    free(*folders);
    *folders = longer;
    for (unsigned i = 0; i < week.manifest.uses_count; i++)
        add_folders(folders, week.manifest.uses[i]);
    for (unsigned i = 0; i < week.manifest.uses_programs_count; i++)
        add_folders(folders, week.manifest.uses_programs[i]);
    week_release(&week);
}

/* What this machine gives of the week's needs, a bit each. */
static unsigned met_needs(const struct week *week)
{
    unsigned met = 0;
    for (unsigned i = 0; i < week->manifest.step_count; i++)
        for (unsigned bit = 1; bit < 1u << NEEDS; bit <<= 1)
            if (week->manifest.steps[i].needs & bit &&
                need_probe((enum need)bit, NULL, NULL))
                met |= bit;
    return met;
}

/* A hash over all that the proof reads: the week and those it uses, the
 * grader, the rules, the compiler, the machine. NULL if it can't be made. */
static char *proof_hash(const struct week *week)
{
    char *folders = text_format("%s", "");
    add_folders(&folders, week->name);
    char *script = text_format(
        "{ find -H %s starter grader/src grader/harness -type f "
        "-exec sha256sum {} + 2>/dev/null | LC_ALL=C sort; gcc --version; "
        "for tool in clang riscv64-unknown-elf-gcc riscv64-elf-gcc "
        "riscv64-linux-gnu-gcc qemu-system-riscv64; do "
        "$tool --version 2>/dev/null; done; "
        "uname -r; id -u; echo %u %d; } | sha256sum",
        folders, met_needs(week), sandbox_has_namespaces(NULL));
    char *hash = command_output(course_dir(), script);
    free(script);
    free(folders);
    return hash;
}

static char *remembered_path(const char *state, const struct week *week)
{
    return text_format("%s/%s.proof.json", state, week->name);
}

/* Was this very proof seen to hold? Then its counts and what it could not
 * run are told again. */
static bool recall(const char *state, const struct week *week, const char *hash,
                   struct sums *sums)
{
    char *path = remembered_path(state, week);
    json_t *root = json_load_file(path, 0, NULL);
    const char *known = json_string_value(json_object_get(root, "hash"));
    bool same = known != NULL && hash != NULL && strcmp(known, hash) == 0;
    if (same) {
        size_t index;
        json_t *line;
        sums->passed = (int)json_integer_value(json_object_get(root, "passed"));
        printf("%s: nothing has changed since %d proofs held\n", week->name,
               sums->passed);
        json_array_foreach(json_object_get(root, "cannot"), index, line)
            printf("cannot run: %s\n", json_string_value(line));
    }
    json_decref(root);
    free(path);
    return same;
}

static void remember(const char *state, const struct proof *proof,
                     const char *hash, const struct sums *sums)
{
    if (sums->failed > 0 || hash == NULL)
        return;
    json_t *cannot = json_array();
    for (int i = 0; i < proof->job_count; i++)
        if (proof->jobs[i].cannot[0] != '\0' && proof->jobs[i].round == 1)
            json_array_append_new(cannot, json_string(proof->jobs[i].cannot));
    json_t *root = json_pack("{s:s, s:i, s:o}", "hash", hash, "passed",
                             sums->passed, "cannot", cannot);
    char *text = json_dumps(root, JSON_INDENT(2));
    char *path = remembered_path(state, proof->week);
    file_write_atomic(path, text, strlen(text));
    free(path);
    free(text);
    json_decref(root);
}

/* ---- The command ---- */

static int asked_rounds(const struct options *options)
{
    const char *repeat = getenv("REPEAT");
    if (options->repeat > 0)
        return options->repeat;
    return repeat != NULL && atoi(repeat) > 0 ? atoi(repeat) : ROUNDS_DEFAULT;
}

/* A week that can't be built here is neither proven nor refuted. */
static bool is_buildable(const struct week *week)
{
    char *lacks = build_lacks(week);
    if (lacks == NULL)
        return true;
    printf("cannot run: %s: %s\n", week->name, lacks);
    free(lacks);
    return false;
}

static int verify_week(const struct options *options, const char *state,
                       const struct week *week, struct sums *sums)
{
    struct proof proof;
    int rounds = asked_rounds(options);
    char *hash = proof_hash(week);
    *sums = (struct sums){0};
    if (!is_buildable(week)) {
        free(hash);
        return 0;
    }
    bool again = getenv("CI") != NULL || options->all ||
                 rounds != ROUNDS_DEFAULT || options->word_count > 0;
    if (!again && recall(state, week, hash, sums)) {
        free(hash);
        return 0;
    }
    time_t began = time(NULL);
    printf("%s: %s\n", week->name, week->manifest.title);
    fflush(stdout);
    int err = proof_prepare(&proof, week, state, rounds);
    if (err == 0) {
        if (options->jobs > 0)
            proof.workers = options->jobs;
        if (options->repeat > 0)
            proof.tries = options->repeat;
        proof.complete = options->all;
        proof_run(&proof);
        proof_count(&proof, &sums->passed, &sums->failed);
        print_table(&proof);
        print_slowest(&proof);
        print_troubles(&proof);
        printf("    %d hold, %d do not, %ld s\n\n", sums->passed, sums->failed,
               (long)(time(NULL) - began));
        remember(state, &proof, hash, sums);
    }
    fflush(stdout);
    proof_release(&proof);
    free(hash);
    return err;
}

static int verify_name(const struct options *options, const char *state,
                       const char *name, struct sums *total)
{
    struct week week;
    struct sums sums;
    if (week_load(&week, course_dir(), name) < 0)
        return EXIT_USAGE;
    int err = verify_week(options, state, &week, &sums);
    total->passed += sums.passed;
    total->failed += sums.failed;
    week_release(&week);
    return err < 0 ? EXIT_USAGE : 0;
}

/* The weeks that were named, or all; folder names, release with
 * names_free(). */
static int asked_weeks(const struct options *options, char ***names)
{
    if (options->word_count == 0)
        return course_weeks(names);
    assert(options->word_count > 0);
    *names = calloc((size_t)options->word_count, sizeof **names);
    for (int i = 0; i < options->word_count; i++) {
        char *step = NULL;
        (*names)[i] = course_resolve(options->words[i], &step);
        free(step);
        if ((*names)[i] == NULL) {
            names_free(*names, i);
            return -EINVAL;
        }
    }
    return options->word_count;
}

int command_verify(const struct options *options)
{
    struct sums total = {0};
    char **names;
    int status = 0, count = asked_weeks(options, &names);
    if (count < 0)
        return EXIT_USAGE;
    char *state = path_join(course_dir(), "build/verify");
    if (dir_make(state) < 0) {
        complain("%s: can't make this folder", state);
        status = EXIT_GRADER;
    }
    char *path = path_join(state, "lock");
    int lock = lock_wait(path, "another verify runs in this course");
    for (int i = 0; i < count && status != EXIT_GRADER; i++) {
        int one = verify_name(options, state, names[i], &total);
        if (one != 0) {
            status = one;
            total.failed++;
        }
    }
    if (lock >= 0)
        close(lock);
    names_free(names, count);
    free(path);
    free(state);
    printf("%d passed, %d failed\n", total.passed, total.failed);
    return status != 0 ? status : total.failed > 0 ? EXIT_FAILS : EXIT_PASSES;
}
