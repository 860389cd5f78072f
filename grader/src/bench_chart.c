/*
 * bench_chart.c: the chart of a bench, drawn by gnuplot: a panel for each size
 * and depth of messages, a group of bars for each number of clients, a bar for
 * each program: messages a second, as a ratio to the reference. Whiskers: half
 * of the turns. With `load: own`: a panel for each unit, a group for each
 * scene.
 *
 * Colours after Okabe and Ito, which also who does not see red and green tells
 * apart. Each program keeps its own, whether there is a `mine` or not.
 */
#include "bench.h"

#include "course.h"
#include "files.h"
#include "process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const colours[BENCH_PROGRAMS_MAX] = {
    "#0072B2", "#E69F00", "#F0CE7D", "#009E73",
    "#CC79A7", "#56B4E9", "#D55E00", "#999999"};

/* ---- One panel ---- */

static bool in_panel(const struct bench_run *run, const struct bench_run *panel)
{
    if (run->scene.unit)
        return strcmp(run->scene.unit, panel->scene.unit) == 0;
    return run->scene.bytes == panel->scene.bytes &&
           run->scene.depth == panel->scene.depth;
}

/* "64 clients\n219 k/s": the group's name, and what 1 stands for. */
static void put_group_name(FILE *out, const struct bench *bench,
                           const struct bench_run *run)
{
    const struct turn *turns = run->turns[bench->reference];
    struct summary sum = turns_sum_up(turns, turns, run->rounds);

    if (run->scene.name) {
        fprintf(out, "\"%s\\n%.*f\"", run->scene.name, sum.rate < 1000,
                sum.rate);
        return;
    }
    fprintf(out, "\"%s client%s\\n%.*f k/s\"",
            bench_clients_text(run->scene.connections),
            run->scene.connections == 1 ? "" : "s", sum.rate < 1e5 ? 1 : 0,
            sum.rate / 1e3);
}

/* A block of data: a line for each group: name, then ratio, low and high of
 * each program. What was not measured is a bar of no height. */
static void put_data(FILE *out, const struct bench *bench, unsigned panel)
{
    fprintf(out, "$panel%u << END\n", panel);
    for (unsigned r = 0; r < bench->run_count; r++) {
        const struct bench_run *run = &bench->runs[r];
        if (!in_panel(run, &bench->runs[panel]))
            continue;
        put_group_name(out, bench, run);
        for (unsigned i = 0; i < bench->program_count; i++) {
            struct summary sum = turns_sum_up(
                run->turns[i], run->turns[bench->reference], run->rounds);
            fprintf(out, " %.4f %.4f %.4f", sum.ratio, sum.ratio_low,
                    sum.ratio_high);
        }
        fputc('\n', out);
    }
    fputs("END\n", out);
}

/* Has this program nothing in any scene of the panel? */
static bool is_apart(const struct bench *bench, unsigned panel,
                     unsigned program)
{
    for (unsigned r = 0; r < bench->run_count; r++)
        if (in_panel(&bench->runs[r], &bench->runs[panel]) &&
            !bench->runs[r].cannot[program].apart &&
            !bench->runs[r].cannot[program].why)
            return false;
    return true;
}

static void put_panel(FILE *out, const struct bench *bench, unsigned panel)
{
    const struct bench_scene *scene = &bench->runs[panel].scene;
    const char *before = "plot";
    unsigned column = 2;

    put_data(out, bench, panel);
    if (scene->unit)
        fprintf(out, "set title \"%s, %s is better\"\n", scene->unit,
                scene->less ? "less" : "more");
    else
        fprintf(out, "set title \"%s messages, %u in flight\"\n",
                bench_bytes_text(scene->bytes), scene->depth);
    for (unsigned i = 0; i < bench->program_count; i++, column += 3) {
        if (!bench->programs[i].command || is_apart(bench, panel, i))
            continue;
        fprintf(out,
                "%s $panel%u using %u:%u:%u:xtic(1) title \"%s\" lc rgb "
                "\"%s\"",
                before, panel, column, column + 1, column + 2,
                bench->programs[i].name, colours[i + 1 - bench->reference]);
        before = ", ";
    }
    fputc('\n', out);
}

/* ---- All of it ---- */

/* The first run of each panel. */
static bool begins_panel(const struct bench *bench, unsigned run)
{
    for (unsigned r = 0; r < run; r++)
        if (in_panel(&bench->runs[run], &bench->runs[r]))
            return false;
    return true;
}

static void put_script(FILE *out, const struct bench *bench)
{
    unsigned panels = 0;

    for (unsigned r = 0; r < bench->run_count; r++)
        panels += begins_panel(bench, r);
    bool own = bench_is_own(bench); /* long groups: a panel a row */
    unsigned columns = panels > 1 && !own ? 2 : 1;
    unsigned rows = (panels + columns - 1) / columns;
    fprintf(
        out,
        "set encoding utf8\n"
        "set terminal svg size %u,%u dynamic font 'sans-serif,13' "
        "background rgb 'white'\n"
        "set output '%s'\n"
        "set style data histograms\n"
        "set style histogram errorbars gap 1.5 lw 1\n"
        "set style fill solid 1 noborder\n"
        "set boxwidth 0.9\n"
        "set errorbars 0.6 front lc rgb '#333333'\n"
        "set yrange [0:*]\nset offsets 0, 0, 0.05, 0\n"
        "set grid ytics lc rgb '#dddddd'\nset border 3 lc rgb '#666666'\n"
        "set xtics nomirror scale 0\nset ytics nomirror 0.25 format '%%.2f'\n"
        "set ylabel 'x reference'\n"
        "set xlabel ' '\n" /* room for the names' second line */
        "set key outside below horizontal samplen 1 font ',11'\n"
        "set multiplot layout %u,%u title \"{/:Bold %s}: %s, as a ratio "
        "to the reference's\"\n",
        own ? 1120 : columns * 560, 60 + rows * 340, bench->chart, rows,
        columns, bench->week->name, own ? "each scene" : "messages a second");
    for (unsigned r = 0; r < bench->run_count; r++)
        if (begins_panel(bench, r))
            put_panel(out, bench, r);
    fputs("unset multiplot\n", out);
}

int bench_chart_draw(struct bench *bench)
{
    struct process_result result = {0};
    char *script = NULL;
    size_t len;

    if (!process_exists("gnuplot"))
        return -ENOENT;
    char *path =
        text_format("%s/%02d.gnuplot", bench->state, bench->week->number);
    bench->chart =
        text_format("%s/%02d.svg", bench->state, bench->week->number);
    FILE *out = open_memstream(&script, &len);
    if (!out)
        abort();
    put_script(out, bench);
    fclose(out);
    const char *argv[] = {"gnuplot", path, NULL};
    struct process_request request = {.argv = argv, .keep_fd = -1};
    int err = file_write_atomic(path, script, len);
    if (err == 0)
        err = process_run(&request, &result);
    if (err == 0 && !process_succeeded(&result))
        err = -EIO;
    if (err < 0) {
        complain("the chart: %s", result.output && *result.output
                                      ? result.output
                                      : strerror(-err));
        free(bench->chart);
        bench->chart = NULL;
    }
    process_result_release(&result);
    free(script);
    free(path);
    return err;
}
