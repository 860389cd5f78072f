/*
 * run.h: run one step in its sandbox and judge it.
 */
#ifndef RUN_H
#define RUN_H

#include "build.h"
#include "outcome.h"

struct run_request {
    const struct build *build;
    const struct step *step;
    uint64_t seed;       /* not 0 */
    const char *program; /* stands in for the week's program, or NULL */
};

/* Run it. Returns 0 with *outcome complete (also when the code fails), or
 * -errno where the grader itself could not; then the outcome is BROKEN and
 * says why. */
int run_step(const struct run_request *request, struct outcome *outcome);

#endif
