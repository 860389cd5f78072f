/*
 * request.h: requests of grading, as commands make them.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include "grading.h"
#include "target.h"

/*
 * What the options ask about the target: seed, use, program, step.
 * Everything is borrowed, but the path of --program=, which is owned by the
 * request; release with request_release().
 * Returns 0, or -EINVAL after telling that there is no such program.
 */
int request_init(struct grading_request *request, const struct options *options,
                 struct target *target);
void request_release(struct grading_request *request);

#endif
