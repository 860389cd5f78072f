/*
 * bench_programs.c: what is measured: mine, the reference, the reference
 * without what it does for speed alone, and the week's peers.
 *
 * The first three are built by starter/week.mk as any program, but optimised
 * and without a sanitizer (harness.mk: speed and plain). With `load: own` they
 * are the week's measuring program on these modules, and the reference's
 * measures the peers too.
 */
#include "bench.h"

#include "course.h"
#include "files.h"
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Both texts are taken. */
static void add(struct bench *bench, const char *name, char *command,
                char *why_not)
{
    struct bench_program *p = &bench->programs[bench->program_count++];

    p->name = text_format("%s", name);
    p->command = command;
    p->why_not = why_not;
}

/* ---- Of the week ---- */

/*
 * Build a week's program from these sources.
 * Returns its path, release with free(); or NULL: with *words set, the code
 * does not build; else it was told.
 */
static char *build_one(const struct bench *bench, const struct week *week,
                       const char *from, const struct workspace *workspace,
                       const char *variant, char **words)
{
    char *dir = text_format("%s/build/%s/%s", bench->state, week->name,
                            workspace ? "mine" : "reference");
    char *program = NULL;
    struct build_request request = {.week = week,
                                    .from = from,
                                    .dir = dir,
                                    .state = bench->state,
                                    .workspace = workspace};
    struct build build;

    *words = NULL;
    bool measures = week == bench->week && bench_is_own(bench);
    if (build_prepare(&build, &request) == 0 &&
        (measures ? build_bench(&build, variant, words)
                  : build_program(&build, variant, words)) == 0) {
        char *name = measures ? build_bench_name(&week->manifest) : NULL;
        program = measures ? text_format("%s/%s/bench/%s", dir, variant, name)
                           : text_format("%s/%s/%s", dir, variant,
                                         week->manifest.program);
        free(name);
        free(*words); /* warnings */
        *words = NULL;
    }
    build_release(&build);
    free(dir);
    return program;
}

static void add_mine(struct bench *bench, const struct workspace *workspace)
{
    char *from = workspace ? workspace_week_dir(workspace, bench->week) : NULL;
    char *words, *way_in;

    if (from && path_is_dir(from)) {
        char *program =
            build_one(bench, bench->week, from, workspace, "speed", &words);
        way_in = report_way_in(workspace->dir);
        add(bench, "mine", program,
            program ? NULL
                    : text_format("does not build; `%s %02d` says why", way_in,
                                  bench->week->number));
        free(way_in);
        free(words);
    }
    free(from);
}

static int add_reference(struct bench *bench, const char *name,
                         const char *variant)
{
    const struct week *week = bench->week;
    char *words;
    char *program =
        build_one(bench, week, week->solution, NULL, variant, &words);

    if (!program) {
        complain("the reference of %s does not build, and that is no fault of "
                 "yours:\n%s",
                 bench->week->name, words ? words : "");
        free(words);
        return -EIO;
    }
    add(bench, name, program, NULL);
    return 0;
}

/* ---- Peers ---- */

static bool is_source(const char *name)
{
    size_t len = strlen(name);

    return len > 2 && strcmp(name + len - 2, ".c") == 0;
}

/* Compile one C file. Returns the program's path, or NULL with the compiler's
 * words. */
static char *compile(const struct bench *bench, const struct bench_peer *peer,
                     const char *source, char **words)
{
    char *dir = text_format("%s/build/peers", bench->state);
    char *program =
        text_format("%s/%.*s", dir, (int)strlen(peer->run) - 2, peer->run);
    const char *argv[16] = {"gcc",      "-std=gnu17", "-D_GNU_SOURCE", "-O2",
                            "-pthread", "-o",         program,         source};
    size_t words_used = 8;
    struct process_request request = {.argv = argv, .keep_fd = -1};
    struct process_result result = {0};
    char *libs[6] = {NULL};
    bool built = false;

    for (unsigned i = 0; i < peer->libs_count && i < 6; i++)
        argv[words_used++] = libs[i] = text_format("-l%s", peer->libs[i]);
    if (dir_make(dir) == 0 && process_run(&request, &result) == 0)
        built = process_succeeded(&result);
    *words = text_format("%.300s", result.output ? result.output : "");
    process_result_release(&result);
    for (unsigned i = 0; i < 6; i++)
        free(libs[i]);
    free(dir);
    if (built)
        return program;
    free(program);
    return NULL;
}

/* The reference's program of another week. Returns its path, or NULL with
 * words. */
static char *build_of_week(const struct bench *bench, const char *name,
                           char **words)
{
    struct week week;
    char *program = NULL;

    *words = NULL;
    if (week_load(&week, course_dir(), name) == 0) {
        program = build_one(bench, &week, week.solution, NULL, "speed", words);
        week_release(&week);
    }
    return program;
}

static void add_subject(struct bench *bench, const struct bench_peer *peer)
{
    const char *command = bench->programs[bench->reference].command;

    add(bench, peer->name, text_format("%s", command), NULL);
    bench->programs[bench->program_count - 1].subject = peer->run;
}

static void add_peer(struct bench *bench, const struct bench_peer *peer)
{
    char *path = text_format("%s/bench/%s", bench->week->dir, peer->run);
    char *words = NULL, *why_not = NULL;

    bool compiled = is_source(peer->run);
    if (compiled || !path_exists(path)) {
        char *program = compiled ? compile(bench, peer, path, &words)
                                 : build_of_week(bench, peer->run, &words);
        free(path);
        path = program;
        if (!path)
            why_not = text_format("does not build; `make bench WEEK=%02d` "
                                  "installs what it needs",
                                  bench->week->number);
    }
    add(bench, peer->name, path, why_not);
    free(words);
}

int bench_programs_build(struct bench *bench, const struct workspace *workspace)
{
    const struct bench_plan *plan = bench->week->manifest.bench;
    int err;

    add_mine(bench, workspace);
    bench->reference = bench->program_count;
    err = add_reference(bench, "reference", "speed");
    if (err == 0 && plan->plain)
        err = add_reference(bench, "reference, plain", "plain");
    for (unsigned i = 0; i < plan->peers_count && err == 0; i++)
        if (bench_is_own(bench))
            add_subject(bench, &plan->peers[i]);
        else
            add_peer(bench, &plan->peers[i]);
    return err;
}
