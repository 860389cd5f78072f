/*
 * outcome.h: what came out of a step and of a week; what every report,
 * report.json and the verify table are made of. Plain data.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "manifest.h"

#include <stdint.h>

enum verdict {
    VERDICT_NONE = 0, /* not reached: an earlier step failed */
    VERDICT_PASSED,
    VERDICT_FAILED,
    VERDICT_CANNOT_RUN, /* this machine lacks something */
    VERDICT_BLOCKED,    /* a step named in its `after` failed */
    VERDICT_BROKEN,     /* the grader's or the test's own fault */
};

struct outcome {
    const struct step *step; /* borrowed from the week */
    enum verdict verdict;
    double seconds;
    uint64_t seed;

    /* failed, broken: the parts that are known, else NULL. Owned. */
    char *test;     /* the test that failed: "port_0_picks_a_free_port" */
    char *what;     /* one sentence: what was not met or what happened */
    char *expected; /* the two values, or NULL */
    char *actual;
    char *file; /* where the expectation stands */
    int line;
    char *transcript; /* lines, each ended by '\n' */
    char *sanitizer;  /* a sanitizer's report cut to the member's frames */
    char *output;     /* what the program printed, its last lines */
    char *blame;      /* "fails with your 06-wal, passes with the reference's;
                         …", or NULL */

    /* cannot run, and tests of a passed step that could not run */
    char *why;
    char *command;  /* what enables it */
    int blocked_by; /* step number, for VERDICT_BLOCKED */
    int tests_passed, tests_not_run;
};

struct week_outcome {
    const struct week *week;
    char *built_on;    /* "your 06-wal, reference 07-sstable", or NULL */
    char *build_error; /* "it does not compile", …; then no step ran. Owned */
    char *build_words; /* what the compiler or linker said of it. Owned */
    struct outcome *steps; /* week->manifest.step_count of them */
    unsigned first_failed; /* index + 1; 0: none */
    const char *workspace; /* for the replay line; borrowed */
    bool whole_week;       /* false: only one step was asked for */
    bool all; /* every failing step is told in full, not the first alone */
    char *replay_options; /* " --use 06=DIR --program=X" to run it so again, or
                             NULL. Owned */
    char **notes; /* remarks shown once: edited contract, no namespaces */
    unsigned note_count;
};

const char *verdict_name(enum verdict verdict); /* "passed", "cannot run", … */

/* The exit status of DESIGN.md §4 for it. Stretch steps do not count. */
int week_outcome_status(const struct week_outcome *outcome);

/* Whether every core step passed. */
bool week_outcome_passed(const struct week_outcome *outcome);

void outcome_release(struct outcome *outcome);
void week_outcome_release(struct week_outcome *outcome);
/* Add a remark, unless it is there already. */
void week_outcome_note(struct week_outcome *outcome, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
