/*
 * bench_text.c: the report of a bench for a reader: what the machine is, then
 * a table for each size and depth of messages.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define NAME_COLUMNS 18

const char *bench_clients_text(unsigned connections)
{
    static char text[32];

    if (connections >= 1000)
        snprintf(text, sizeof text, "%u,%03u", connections / 1000,
                 connections % 1000);
    else
        snprintf(text, sizeof text, "%u", connections);
    return text;
}

const char *bench_bytes_text(unsigned bytes)
{
    static char text[32];

    if (bytes >= 1024 && bytes % 1024 == 0)
        snprintf(text, sizeof text, "%u KiB", bytes / 1024);
    else
        snprintf(text, sizeof text, "%u B", bytes);
    return text;
}

/* ---- The head ---- */

void bench_text_machine(struct pen *pen, const struct bench *bench)
{
    const struct bench_machine *m = &bench->machine;

    pen_write(pen, INK_STRONG, "%s: %s\n", bench->week->name,
              bench->week->manifest.title);
    pen_write(pen, INK_PLAIN, "  %s, %d processors, %s, governor %s\n",
              *m->model ? m->model : "an unknown processor", m->processors,
              m->kernel, *m->governor ? m->governor : "not told");
}

static void put_load(struct pen *pen, const struct bench *bench)
{
    const struct bench_machine *m = &bench->machine;

    pen_write(pen, INK_PLAIN,
              "  one stream over loopback %.0f Gbit/s; load before %.2f\n",
              m->stream_gbit, m->load_before);
    pen_write(pen, INK_PLAIN,
              "  server on processor %d, load on processor %d%s; %u turns of "
              "%g s each\n",
              m->server_cpu, m->load_cpu,
              m->server_cpu == m->load_cpu ? " (THE SAME: there is but one)"
                                           : "",
              bench->rounds, bench->seconds);
}

/* ---- The tables ---- */

static bool same_table(const struct bench_scene *a, const struct bench_scene *b)
{
    return a->bytes == b->bytes && a->depth == b->depth;
}

static bool has_calls(const struct bench_run *run)
{
    for (unsigned i = 0; i < BENCH_PROGRAMS_MAX; i++)
        if (run->calls[i] >= 0)
            return true;
    return false;
}

static void put_heading(struct pen *pen, const struct bench_scene *scene)
{
    pen_write(pen, INK_STRONG, "\n%s messages, %u in flight\n",
              bench_bytes_text(scene->bytes), scene->depth);
    pen_write(pen, INK_FAINT, "  %7s  %-*s %9s  %-17s %9s %9s %7s %6s %5s\n",
              "clients", NAME_COLUMNS, "", "k msg/s", "  x reference", "p50 us",
              "p99 us", "CPU us", "calls", "turns");
}

/* "0.93  0.91-0.95" in its ink, or "-" where there is no pair. */
void bench_text_ratio(struct pen *pen, const struct summary *sum, bool less)
{
    bool above = sum->ratio_low > 1, below = sum->ratio_high < 1;

    if (sum->pairs == 0)
        pen_write(pen, INK_PLAIN, "  %-17s", "-");
    else
        pen_write(pen,
                  (less ? below : above)   ? INK_GOOD
                  : (less ? above : below) ? INK_ODD
                                           : INK_PLAIN,
                  "  %4.2f  %4.2f-%-7.2f", sum->ratio, sum->ratio_low,
                  sum->ratio_high);
}

/* Wide enough for 99,999,999; one figure after the point below 100. */
static void put_time(struct pen *pen, double us)
{
    pen_write(pen, INK_PLAIN, us < 100 ? " %9.1f" : " %9.0f", us);
}

static void put_figures(struct pen *pen, const struct bench_run *run,
                        unsigned program, const struct summary *sum,
                        bool itself)
{
    pen_write(pen, INK_PLAIN, " %8.1f%s", sum->rate / 1e3,
              sum->load_limited ? "+" : " ");
    if (itself)
        pen_write(pen, INK_PLAIN, "  %-17s", "1");
    else
        bench_text_ratio(pen, sum, false);
    put_time(pen, sum->p50_us);
    put_time(pen, sum->p99_us);
    pen_write(pen, INK_PLAIN, " %7.2f", sum->cpu_us);
    if (run->calls[program] >= 0)
        pen_write(pen, INK_PLAIN, " %6.2f", run->calls[program]);
    else
        pen_write(pen, INK_PLAIN, " %6s", "-");
    pen_write(pen, INK_PLAIN, " %5u\n", sum->good);
}

static void put_row(struct pen *pen, const struct bench *bench,
                    const struct bench_run *run, unsigned program, bool first)
{
    struct summary sum = turns_sum_up(
        run->turns[program], run->turns[bench->reference], run->rounds);

    pen_write(pen, INK_PLAIN, "  %7s  ",
              first ? bench_clients_text(run->scene.connections) : "");
    pen_write(pen, program == 0 ? INK_STRONG : INK_PLAIN, "%-*s",
              NAME_COLUMNS + 1, bench->programs[program].name);
    if (sum.good > 0)
        put_figures(pen, run, program, &sum, program == bench->reference);
    else if (run->failure[program])
        pen_write(pen, INK_BAD, " %.60s\n", run->failure[program]);
    else
        pen_write(pen, INK_ODD, " no turn counts: the machine was busy\n");
}

static void put_run(struct pen *pen, const struct bench *bench,
                    const struct bench_run *run)
{
    bool first = true;

    for (unsigned i = 0; i < bench->program_count; i++) {
        if (!bench->programs[i].command)
            continue;
        put_row(pen, bench, run, i, first);
        first = false;
    }
}

/* ---- The foot ---- */

static void put_dropped(struct pen *pen, const struct bench *bench)
{
    unsigned all = 0, stolen = 0, held_up = 0;

    for (unsigned r = 0; r < bench->run_count; r++)
        for (unsigned i = 0; i < bench->program_count; i++)
            for (unsigned k = 0; k < bench->runs[r].rounds; k++) {
                enum turn_fate fate = bench->runs[r].turns[i][k].fate;
                all += bench->programs[i].command != NULL;
                stolen += fate == TURN_STOLEN;
                held_up += fate == TURN_HELD_UP;
            }
    if (stolen + held_up == 0)
        return;
    char text[256];
    snprintf(text, sizeof text,
             "%u of %u turns were dropped: in %u the machine below took over "
             "%.0f %% of the time, in %u something else ran here.",
             stolen + held_up, all, stolen, BENCH_SHARE_LOST_MAX * 100,
             held_up);
    pen_write(pen, INK_PLAIN, "  ");
    pen_sentence(pen, INK_ODD, 2, text);
}

void bench_text_foot(struct pen *pen, const struct bench *bench)
{
    for (unsigned i = 0; i < bench->program_count; i++)
        if (!bench->programs[i].command)
            pen_write(pen, INK_ODD, "  %s: %s\n", bench->programs[i].name,
                      bench->programs[i].why_not);
    put_dropped(pen, bench);
    if (bench->chart)
        pen_write(pen, INK_PLAIN, "  chart: %s\n", bench->chart);
}

static void put_notes(struct pen *pen, const struct bench *bench)
{
    bool limited = false, calls = false;

    for (unsigned r = 0; r < bench->run_count; r++) {
        calls |= has_calls(&bench->runs[r]);
        for (unsigned i = 0; i < bench->program_count; i++)
            limited |=
                turns_sum_up(bench->runs[r].turns[i], bench->runs[r].turns[i],
                             bench->runs[r].rounds)
                    .load_limited;
    }
    fputc('\n', pen->out);
    pen_write(pen, INK_PLAIN, "  ");
    pen_sentence(pen, INK_FAINT, 2,
                 "Medians of the turns. x reference: messages a second, turn "
                 "by turn against the reference's next to it; half of the "
                 "turns lie within the range. p50, p99: from when a message "
                 "may be sent until its last byte is back, all queues "
                 "included. CPU: of the server, a message.");
    if (calls) {
        pen_write(pen, INK_PLAIN, "  ");
        pen_sentence(pen, INK_FAINT, 2,
                     "calls: system calls a message, counted by perf in turns "
                     "of their own.");
    }
    if (limited) {
        pen_write(pen, INK_PLAIN, "  ");
        pen_sentence(pen, INK_FAINT, 2,
                     "+: the load was the limit; this server can do more.");
    }
    bench_text_foot(pen, bench);
}

void bench_text_write(FILE *out, const struct bench *bench)
{
    struct pen pen;

    pen_init(&pen, out);
    bench_text_machine(&pen, bench);
    put_load(&pen, bench);
    for (unsigned r = 0; r < bench->run_count; r++) {
        const struct bench_run *run = &bench->runs[r];
        if (r == 0 || !same_table(&run->scene, &bench->runs[r - 1].scene))
            put_heading(&pen, &run->scene);
        put_run(&pen, bench, run);
    }
    put_notes(&pen, bench);
}
