/*
 * machine.h: what `grade doctor` looks at, row by row: can this machine grade,
 * and what would enable what it can't.
 *
 * Each look tries the thing: compiles and runs a program, starts a sandbox.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stddef.h>

enum machine_state {
    MACHINE_FINE,
    MACHINE_LESS,  /* grading works, with less than there could be */
    MACHINE_LACKS, /* not there */
};

/* What a look found. The strings are owned; release with
 * machine_finding_release(). */
struct machine_finding {
    enum machine_state state;
    char *what;    /* the version, or what is wrong; may be NULL where fine */
    char *command; /* lines for a shell that mend it, or NULL */
};

struct machine_look {
    const char *name;
    struct machine_finding (*look)(void);
};

/* Without each of these no week can be graded, unless it is MACHINE_LESS. */
extern const struct machine_look machine_core[];
extern const size_t machine_core_count;

/* What members work with. */
extern const struct machine_look machine_tools[];
extern const size_t machine_tools_count;

void machine_finding_release(struct machine_finding *finding);

#endif
