/*
 * proof.h: the jobs that prove a week, and their results.
 *
 *     starter    each step by itself must fail, with words, before its limit
 *     solution   each step must pass, in every round with another seed; in the
 *                last one, where the bench has a plain variant, compiled so
 *     file       the starter's in the solution (with those listed behind it,
 *                if it does not go with them): the step that fails first is the
 *                first that needs it; a file that no step needs is wrong
 *     bug        every step before its own must pass, its own must fail, each
 *                time that it is tried
 *
 * Starter, solution and each worker's bugs have a folder to be built in, below
 * build/verify; test objects are shared. Jobs run in forked workers and leave
 * their results in shared memory.
 *
 * The steps that pass with the starter's file do not call it, or it would have
 * said so: a mistake in it can't be seen there, and they are left out where a
 * bug is looked for. Not so in a complete proof.
 */
#ifndef PROOF_H
#define PROOF_H

#include "manifest.h"

#include <stdint.h>

#define PROOF_JOBS_MAX 512
#define PROOF_WORDS_BYTES 4096

enum proof_kind { PROOF_STARTER, PROOF_SOLUTION, PROOF_FILE, PROOF_BUG };

enum proof_result {
    PROOF_PENDING = 0,
    PROOF_HOLDS,
    PROOF_FAILS,
    PROOF_CANNOT_RUN,
};

/* What one step showed. */
struct proof_step {
    enum proof_result result;
    uint32_t milliseconds;
};

struct proof_job {
    enum proof_kind kind;
    int round;        /* of a solution */
    bool plain;       /* the solution without what is for speed alone */
    const char *file; /* of `yours`; borrowed from the manifest */
    char bug[128];    /* "3-ack-before-sync", of a bug */
    int bug_step;     /* the step that must catch it */
    int worker;       /* who does it */
    /* results */
    struct proof_step steps[STEPS_MAX];
    enum proof_result result;      /* of a file or bug: as a whole */
    int first;                     /* of a file: the first step that needs it */
    char words[PROOF_WORDS_BYTES]; /* what is wrong, lines */
    char cannot[256];              /* what could not run, and why */
    double seconds;
};

struct proof {
    const struct week *week;
    const char *state;      /* build/verify */
    struct proof_job *jobs; /* shared memory */
    int job_count;
    int workers;
    int tries;     /* of a bug's own step, each with another seed */
    bool complete; /* all steps before a bug's own */
};

/*
 * List the jobs of a week and build what they share.
 *   rounds   of the solution, each with other seeds
 * Returns 0, or -errno after telling (no solution, a bug's file whose head
 * names no step). Release with proof_release().
 */
int proof_prepare(struct proof *proof, const struct week *week,
                  const char *state, int rounds);
void proof_release(struct proof *proof);

/* Run all jobs. Every job has a result afterwards. */
void proof_run(struct proof *proof);

/* Proofs that hold and that don't: one a starter step, a solution step and
 * round, a bug. */
void proof_count(const struct proof *proof, int *passed, int *failed);

#endif
