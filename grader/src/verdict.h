/*
 * verdict.h: from how a step's processes ended to its verdict. A pure function
 * of the shared page, the output's state and the sanitizers' reports.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include "../harness/lab_shared.h"
#include "outcome.h"
#include "process.h"

struct evidence {
    const struct lab_shared *page;
    const struct process_result *process; /* the sandbox's command */
    const char *sanitizer_dir;
    const struct manifest *manifest;
    int memory_mb_max; /* the limits, for the words */
    int output_mb_max;
};

/* Fill in verdict, counts and words. outcome->step is set by the caller. */
void verdict_reach(const struct evidence *evidence, struct outcome *outcome);

#endif
