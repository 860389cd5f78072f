/*
 * bench.h: `grade bench`: a week's program, the reference's and its peers
 * under the same load, in turns.
 *
 *     for each scene, for each round: program A, B, C …, each a fresh server
 *
 * so that a busy minute falls on all alike. The server has a processor of its
 * own, and so has the load (load_echo.h). What one turn is worth and what is
 * made of all of them stands in bench_stats.h.
 *
 * Where a week has no server to be driven (load: own), a program of the week's
 * is linked with each module and measures it: bench_own.h.
 */
#ifndef BENCH_H
#define BENCH_H

#include "bench_stats.h"
#include "build.h"
#include "manifest.h"
#include "pen.h"
#include "workspace.h"

#define BENCH_PROGRAMS_MAX 8
#define BENCH_SCENES_MAX 24
#define BENCH_ROUNDS_MAX 64

/* One program; `command` is NULL where it can't be measured here. */
struct bench_program {
    char *name;
    char *command;
    const char *subject; /* load: own: of a peer; NULL: the module itself */
    char *why_not;       /* NULL where it can */
};

/* What the clients do; of load: own, what the week's program says of it. */
struct bench_scene {
    unsigned connections, bytes, depth;
    char *name, *unit, *title;
    bool less; /* is better */
};

/* load: own: why a program has no figure in a scene. */
struct bench_cannot {
    bool apart;          /* it is not meant to have one */
    char *why, *command; /* what would enable it; NULL: nothing */
};

/* All turns of one scene. */
struct bench_run {
    struct bench_scene scene;
    unsigned rounds;
    struct turn turns[BENCH_PROGRAMS_MAX][BENCH_ROUNDS_MAX];
    double calls[BENCH_PROGRAMS_MAX]; /* system calls a message; < 0: unknown */
    char *failure[BENCH_PROGRAMS_MAX]; /* why turns failed, or NULL */
    struct bench_cannot cannot[BENCH_PROGRAMS_MAX];
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

/* bench_machine.c. with_stream: measure one over loopback. */
void bench_machine_look(struct bench_machine *machine, bool with_stream);

/* bench_turn.c: drive one program once. */
struct turn bench_turn(const struct bench *bench, unsigned program,
                       const struct bench_scene *scene, char **failure);

/* System calls a message, counted in turns of their own by perf, which costs
 * little; -1 where it can't. */
double bench_calls(const struct bench *bench, unsigned program,
                   const struct bench_scene *scene);

/* bench_text.c, bench_json.c, bench_chart.c: the report. */
void bench_text_write(FILE *out, const struct bench *bench);
/* The same of load: own: bench_own_text.c. */
void bench_own_text_write(FILE *out, const struct bench *bench);
/* Parts that both have: the machine's first line, what was dropped, whom it
 * lacks, the chart. */
void bench_text_machine(struct pen *pen, const struct bench *bench);
void bench_text_ratio(struct pen *pen, const struct summary *sum, bool less);
void bench_text_foot(struct pen *pen, const struct bench *bench);
void bench_json_write(FILE *out, const struct bench *bench);

/* Draw the chart with gnuplot; sets bench->chart. 0, or -ENOENT without
 * gnuplot, or another -errno. */
int bench_chart_draw(struct bench *bench);

/* Is it one with `load: own`? */
static inline bool bench_is_own(const struct bench *bench)
{
    return bench->week->manifest.bench->load == LOAD_OWN;
}

/* "1 client", "1,024 clients"; "64 B", "16 KiB"; in static rooms. */
const char *bench_clients_text(unsigned connections);
const char *bench_bytes_text(unsigned bytes);

#endif
