/*
 * proof_job.h: one job of a proof (proof.h).
 */
#ifndef PROOF_JOB_H
#define PROOF_JOB_H

#include "proof.h"

/* The solution under every sanitizer that a step wants: leaves test objects,
 * harness and used weeks complete. Returns 0, or -errno after telling. */
int proof_build_shared(const struct proof *proof);

/* Do it, and leave the results in it.
 *   worker   who does it, from 0; no other one has this number */
void proof_job_run(const struct proof *proof, struct proof_job *job,
                   int worker);

#endif
