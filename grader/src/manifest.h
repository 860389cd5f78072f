/*
 * manifest.h: week.yaml, read by libcyaml and checked.
 *
 * What is wrong is told once, on standard error, as
 * "weeks/06-wal/week.yaml:12: unknown key 'minute'" and the like; the caller
 * ends with EXIT_USAGE.
 */
#ifndef MANIFEST_H
#define MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#define STEPS_MAX 32

enum week_kind { KIND_HOST, KIND_BPF, KIND_RISCV };
enum sanitizer { SANITIZER_ADDRESS, SANITIZER_THREAD, SANITIZER_NONE };
#define SANITIZERS 3

enum need {
    NEED_IO_URING = 1 << 0,
    NEED_XDP = 1 << 1,
    NEED_NETNS = 1 << 2,
    NEED_TUN = 1 << 3,
    NEED_KVM = 1 << 4,
    NEED_QEMU = 1 << 5,
};
#define NEEDS 6

struct step {
    int number; /* from 1, by its place */
    char *name;
    char *title;
    int minutes;
    char **after; /* names of earlier steps */
    unsigned after_count;
    bool stretch;
    int seconds;    /* limit, default 10 */
    unsigned needs; /* of enum need */
    int files;      /* open files, default 256 */
    enum sanitizer sanitizer;
    char **hints;
    unsigned hint_count;
};

struct reading {
    char *text;
    char *url;
};

/* Another program that does the same, to set the week's beside. */
struct bench_peer {
    char *name; /* as the table calls it */
    char *run; /* in weeks/NN/bench: a C file, or a program that is ready; under
                  LOAD_OWN a subject of the measuring program */
    char **libs;
    unsigned libs_count;
};

enum bench_load {
    LOAD_ECHO, /* the week's program serves grade-load */
    LOAD_OWN,  /* a program of the week's measures its module (bench_own.c) */
};

/* What `grade bench` does with the week's program. */
struct bench_plan {
    enum bench_load load;
    char *run;  /* LOAD_OWN: the C file in weeks/NN/bench with main(); NULL */
    bool plain; /* the solution heeds -DPLAIN */
    struct bench_peer *peers;
    unsigned peers_count;
};

struct manifest {
    char *title;
    char *track;
    enum week_kind kind;
    int sundays;
    int hours;
    char **yours;
    unsigned yours_count;
    char **given;
    unsigned given_count;
    char *program; /* NULL: none */
    char **uses;   /* week folder names, "06-wal" */
    unsigned uses_count;
    char **uses_programs;
    unsigned uses_programs_count;
    char **calls; /* library calls that the contract allows; none: all */
    unsigned calls_count;
    char **libs; /* libraries that the week is linked with: uring */
    unsigned libs_count;
    struct bench_plan *bench; /* NULL: none */
    struct reading *reading;
    unsigned reading_count;
    struct step *steps;
    unsigned step_count;
};

/* One week of the course. */
struct week {
    char *name;     /* "06-wal" */
    char *dir;      /* COURSE/weeks/06-wal */
    char *solution; /* COURSE/solutions/06-wal (may not exist) */
    int number;
    struct manifest manifest;
};

/*
 * Read weeks/NAME/week.yaml and check it: unknown keys, values, files that do
 * not exist, `after` that names no earlier step, steps without a lab_step()
 * in tests/ and the other way round, `uses` of unknown weeks.
 * Returns 0, or -EINVAL after telling on standard error what is wrong where.
 * Release with week_release().
 */
int week_load(struct week *week, const char *course, const char *name);
void week_release(struct week *week);

/* The step with this number or name, or NULL. */
const struct step *week_step(const struct week *week,
                             const char *number_or_name);

const char *sanitizer_name(enum sanitizer sanitizer); /* "address", … */
const char *kind_name(enum week_kind kind);
const char *need_name(enum need need);

#endif
