/*
 * bench.c: the command `grade bench WEEK` (see bench.h).
 */
#include "bench.h"

#include "bench_own.h"
#include "commands.h"
#include "course.h"
#include "files.h"
#include "process.h"
#include "target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS_DEFAULT 5
#define SECONDS_DEFAULT 1.0
/* Where turns are dropped there are more rounds, up to so many times as many
 * as were asked for. */
#define PATIENCE 3

#define ECHO_SCENES 12

/* connections, bytes, depth */
static const unsigned scenes[ECHO_SCENES][3] = {
    {1, 64, 1},       {64, 64, 1},    {1024, 64, 1},   {1, 64, 16},
    {64, 64, 16},     {1024, 64, 16}, {1, 16384, 1},   {64, 16384, 1},
    {1024, 16384, 1}, {1, 16384, 16}, {64, 16384, 16}, {1024, 16384, 16},
};

/* ---- Which scenes ---- */

/* "64x64x1,1024x64x1": connections, bytes, depth. */
static int parse_scenes(struct bench *bench, const char *text)
{
    for (int len = 0; *text; text += len) {
        struct bench_scene scene = {0};
        if (bench->run_count == ECHO_SCENES ||
            sscanf(text, "%ux%ux%u%n", &scene.connections, &scene.bytes,
                   &scene.depth, &len) != 3 ||
            (text[len] && text[len] != ',')) {
            complain("--scene=%s: write CLIENTSxBYTESxDEPTH, as in "
                     "64x64x1,1024x16384x16; %d of them at most",
                     text, ECHO_SCENES);
            return -EINVAL;
        }
        len += text[len] == ',';
        bench->runs[bench->run_count++].scene = scene;
    }
    return 0;
}

static int choose_scenes(struct bench *bench, const char *text)
{
    bench->runs = calloc(BENCH_SCENES_MAX, sizeof *bench->runs);
    if (!bench->runs)
        abort();
    if (bench_is_own(bench))
        return 0; /* once the program that knows them is built */
    if (text)
        return parse_scenes(bench, text);
    for (; bench->run_count < ECHO_SCENES; bench->run_count++)
        bench->runs[bench->run_count].scene =
            (struct bench_scene){.connections = scenes[bench->run_count][0],
                                 .bytes = scenes[bench->run_count][1],
                                 .depth = scenes[bench->run_count][2]};
    return 0;
}

/* ---- Driving ---- */

static void say_progress(struct pen *pen, const struct bench *bench,
                         const struct bench_run *run, unsigned program)
{
    if (!pen->rubber)
        return;
    pen_rub_out(pen);
    if (bench_is_own(bench))
        pen_write(pen, INK_FAINT, "%u of %u: %s: %s",
                  (unsigned)(run - bench->runs) + 1, bench->run_count,
                  run->scene.name, bench->programs[program].name);
    else
        pen_write(pen, INK_FAINT, "%u of %u: %s clients, %s, %u in flight: %s",
                  (unsigned)(run - bench->runs) + 1, bench->run_count,
                  bench_clients_text(run->scene.connections),
                  bench_bytes_text(run->scene.bytes), run->scene.depth,
                  bench->programs[program].name);
    fflush(pen->out);
}

static bool is_measured(const struct bench *bench, const struct bench_run *run,
                        unsigned program)
{
    return bench->programs[program].command && !run->failure[program] &&
           !run->cannot[program].apart && !run->cannot[program].why;
}

/* Has each program as many turns beside a good one of the reference's as were
 * asked for? Where the reference can't be measured, good ones of its own. */
static bool is_enough(const struct bench *bench, const struct bench_run *run)
{
    bool alone = !is_measured(bench, run, bench->reference);

    for (unsigned i = 0; i < bench->program_count; i++) {
        struct summary sum = turns_sum_up(
            run->turns[i], run->turns[bench->reference], run->rounds);
        if (is_measured(bench, run, i) &&
            (alone ? sum.good : sum.pairs) < bench->rounds)
            return false;
    }
    return true;
}

static void drive_round(const struct bench *bench, struct bench_run *run,
                        struct pen *pen)
{
    for (unsigned i = 0; i < bench->program_count; i++) {
        struct turn *turn = &run->turns[i][run->rounds];
        *turn = (struct turn){.fate = TURN_FAILED};
        if (!is_measured(bench, run, i) || process_interrupted())
            continue;
        say_progress(pen, bench, run, i);
        *turn = bench_is_own(bench)
                    ? bench_own_turn(bench, run, i)
                    : bench_turn(bench, i, &run->scene, &run->failure[i]);
    }
    run->rounds++;
}

/* Calls are counted for single small messages, where they weigh most. */
static void drive(const struct bench *bench, struct bench_run *run,
                  struct pen *pen)
{
    unsigned rounds_max = bench->rounds * PATIENCE;

    if (rounds_max > BENCH_ROUNDS_MAX)
        rounds_max = BENCH_ROUNDS_MAX;
    while (run->rounds < rounds_max && !is_enough(bench, run) &&
           !process_interrupted())
        drive_round(bench, run, pen);
    for (unsigned i = 0; i < bench->program_count; i++) {
        run->calls[i] = -1;
        if (!bench_is_own(bench) && is_measured(bench, run, i) &&
            run->scene.depth == 1 && run->scene.bytes <= 64 &&
            !process_interrupted())
            run->calls[i] = bench_calls(bench, i, &run->scene);
    }
}

/* ---- The report ---- */

static int write_report(const struct options *options,
                        const struct bench *bench)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = options->output ? open_memstream(&text, &len) : stdout;

    if (!out)
        abort();
    if (options->format == REPORT_JSON)
        bench_json_write(out, bench);
    else if (bench_is_own(bench))
        bench_own_text_write(out, bench);
    else
        bench_text_write(out, bench);
    if (!options->output)
        return fflush(out) == 0 ? 0 : -errno;
    fclose(out);
    int err = file_write_atomic(options->output, text, len);
    if (err < 0)
        complain("--output %s: %s", options->output, strerror(-err));
    free(text);
    return err;
}

/* ---- The command ---- */

static void release_run(struct bench_run *run)
{
    for (unsigned i = 0; i < BENCH_PROGRAMS_MAX; i++) {
        free(run->failure[i]);
        free(run->cannot[i].why);
        free(run->cannot[i].command);
    }
    free(run->scene.name);
    free(run->scene.unit);
    free(run->scene.title);
}

static void release(struct bench *bench)
{
    for (unsigned i = 0; i < bench->program_count; i++) {
        free(bench->programs[i].name);
        free(bench->programs[i].command);
        free(bench->programs[i].why_not);
    }
    for (unsigned r = 0; bench->runs && r < bench->run_count; r++)
        release_run(&bench->runs[r]);
    free(bench->runs);
    free(bench->state);
    free(bench->chart);
}

static int run_bench(const struct options *options, struct bench *bench,
                     const struct workspace *workspace)
{
    struct pen pen;
    int err = dir_make(bench->state);

    if (err < 0) {
        complain("%s: %s", bench->state, strerror(-err));
        return EXIT_USAGE;
    }
    if (choose_scenes(bench, options->scene) < 0)
        return EXIT_USAGE;
    if (bench_programs_build(bench, workspace) < 0)
        return EXIT_GRADER;
    if (bench_is_own(bench)) {
        err = bench_own_scenes(bench, options->scene);
        if (err < 0)
            return err == -EINVAL ? EXIT_USAGE : EXIT_GRADER;
    }
    bench_machine_look(&bench->machine, !bench_is_own(bench));
    pen_init(&pen, stderr);
    for (unsigned r = 0; r < bench->run_count && !process_interrupted(); r++)
        drive(bench, &bench->runs[r], &pen);
    pen_rub_out(&pen);
    if (process_interrupted())
        return EXIT_GRADER; /* main ends by the signal */
    bench_chart_draw(bench);
    return write_report(options, bench) == 0 ? EXIT_PASSES : EXIT_USAGE;
}

int command_bench(const struct options *options)
{
    struct target target;
    int status = target_find(
        options, options->word_count > 0 ? options->words[0] : NULL, &target);
    struct bench bench = {
        .week = &target.week,
        .rounds = options->rounds ? (unsigned)options->rounds : ROUNDS_DEFAULT,
        .seconds = options->seconds > 0 ? options->seconds : SECONDS_DEFAULT,
    };

    if (status == 0 && options->format != REPORT_TEXT &&
        options->format != REPORT_JSON) {
        complain("--format: of a bench there are text and json");
        status = EXIT_USAGE;
    }
    if (status == 0 && !target.week.manifest.bench) {
        complain("%s has no bench: speed is not its topic", target.week.name);
        status = EXIT_USAGE;
    }
    if (status == 0) {
        bench.state = target.has_workspace
                          ? path_join(target.workspace.state, "bench")
                          : path_join(course_dir(), "build/bench");
        status = run_bench(options, &bench,
                           target.has_workspace ? &target.workspace : NULL);
    }
    release(&bench);
    target_release(&target);
    return status;
}
