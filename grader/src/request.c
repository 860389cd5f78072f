/*
 * request.c: see request.h.
 */
#include "request.h"

#include "course.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int request_init(struct grading_request *request, const struct options *options,
                 struct target *target)
{
    char *program = NULL;

    *request = (struct grading_request){
        .workspace = &target->workspace,
        .week = &target->week,
        .only = target->step,
        .all = options->all,
        .seed = options->seed,
        .use = options->use,
    };
    if (!options->program)
        return 0;
    program = realpath(options->program, NULL);
    if (!program || access(program, X_OK) < 0) {
        complain("--program=%s: %s", options->program, strerror(errno));
        free(program);
        return -EINVAL;
    }
    request->program = program;
    return 0;
}

void request_release(struct grading_request *request)
{
    free((char *)request->program);
    request->program = NULL;
}
