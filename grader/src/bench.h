/*
 * bench.h: `grade bench`: a week's program, the reference's and its peers
 * under the same load, in turns.
 *
 *     for each scene, for each round: program A, B, C …, each a fresh server
 *
 * so that a busy minute falls on all alike. The server has a processor of its
 * own, and so has the load (load_echo.h). What one turn is worth and what is
 * made of all of them stands in bench_stats.h.
 */
#ifndef BENCH_H
#define BENCH_H

#include "bench_stats.h"
#include "build.h"
#include "manifest.h"
#include "pen.h"
#include "workspace.h"

#define BENCH_PROGRAMS_MAX 8
#define BENCH_SCENES_MAX 12
#define BENCH_ROUNDS_MAX 64

/* One program; `command` is NULL where it can't be measured here. */
struct bench_program {
    char *name;
    char *command;
    char *why_not; /* NULL where it can */
};

/* What the clients do. */
struct bench_scene {
    unsigned connections, bytes, depth;
};

/* All turns of one scene. */
struct bench_run {
    struct bench_scene scene;
    unsigned rounds;
    struct turn turns[BENCH_PROGRAMS_MAX][BENCH_ROUNDS_MAX];
    double calls[BENCH_PROGRAMS_MAX]; /* system calls a message; < 0: unknown */
    char *failure[BENCH_PROGRAMS_MAX]; /* why turns failed, or NULL */
};

struct bench_machine {
    int processors, server_cpu, load_cpu;
    char model[80], kernel[80], governor[32]; /* "" where it is not told */
    double stream_gbit; /* one TCP stream over loopback; 0: not measured */
    double load_before; /* processes that wanted to run, the last minute */
};

struct bench {
    const struct week *week; /* borrowed */
    char *state;             /* folder of builds and charts */
    struct bench_program programs[BENCH_PROGRAMS_MAX];
    unsigned program_count;
    unsigned reference; /* index of it */
    struct bench_machine machine;
    struct bench_run *runs;
    unsigned run_count;
    unsigned rounds; /* good ones that are wanted */
    double seconds;  /* of a turn */
    char *chart;     /* the SVG that was drawn, or NULL */
};

/* bench_programs.c: build them. Fills programs and reference. Returns 0 or
 * -errno after telling (the reference does not build). */
int bench_programs_build(struct bench *bench,
                         const struct workspace *workspace);

/* bench_machine.c */
void bench_machine_look(struct bench_machine *machine);

/* bench_turn.c: drive one program once. */
struct turn bench_turn(const struct bench *bench, unsigned program,
                       const struct bench_scene *scene, char **failure);

/* System calls a message, counted in turns of their own by perf, which costs
 * little; -1 where it can't. */
double bench_calls(const struct bench *bench, unsigned program,
                   const struct bench_scene *scene);

/* bench_text.c, bench_json.c, bench_chart.c: the report. */
void bench_text_write(FILE *out, const struct bench *bench);
void bench_json_write(FILE *out, const struct bench *bench);

/* Draw the chart with gnuplot; sets bench->chart. 0, or -ENOENT without
 * gnuplot, or another -errno. */
int bench_chart_draw(struct bench *bench);

/* "1 client", "1,024 clients"; "64 B", "16 KiB"; in static rooms. */
const char *bench_clients_text(unsigned connections);
const char *bench_bytes_text(unsigned bytes);

#endif
