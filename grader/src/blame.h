/*
 * blame.h: whose fault is a failing step, where a week builds on others?
 */
#ifndef BLAME_H
#define BLAME_H

#include "grading.h"
#include "run.h"

/*
 * Run the failed step again on the reference's modules, and if it passes
 * there, find the module that alone makes the difference and the step of its
 * week that is nearest.
 *   build    what the step failed on
 *   failed   the failed step's outcome
 * Returns "fails with your 06-wal, passes with the reference's; …", owned by
 * the caller, release with free(); or NULL where no used module is to blame.
 */
char *blame_find(const struct grading_request *request,
                 const struct build *build, const struct outcome *failed);

#endif
