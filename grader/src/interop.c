/*
 * interop.c: `grade interop WEEK DIR…`, members' programs against each other.
 *
 * A week whose wire or file format is its own has a step named "interop". No
 * week has one yet; the first that has brings the runner, because only then
 * is it known what its two sides are called.
 */
#include "commands.h"
#include "course.h"
#include "progress.h"
#include "target.h"

#include <stdlib.h>

static const char step_name[] = "interop";

/* "15-raft-log, 19-xdp-balancer", or NULL where no week has the step. */
static char *weeks_with_step(void)
{
    struct progress *all;
    int broken, count = progress_load(NULL, &all, &broken);
    char *list = NULL;

    for (int i = 0; i < count; i++) {
        if (!week_step(&all[i].week, step_name))
            continue;
        char *longer = NULL;
        if (asprintf(&longer, "%s%s%s", list ? list : "", list ? ", " : "",
                     all[i].week.name) < 0)
            abort();
        free(list);
        list = longer;
    }
    if (count >= 0)
        progress_release(all, count);
    return list;
}

int command_interop(const struct options *options)
{
    struct target target;
    int status = target_find(options, options->words[0], &target);
    char *list = status == 0 ? weeks_with_step() : NULL;

    if (status == 0 && !list) {
        complain("no week has an interop step yet: formats of the course's "
                 "own begin with week 15");
        status = EXIT_USAGE;
    } else if (status == 0 && !week_step(&target.week, step_name)) {
        complain("%s has no interop step; these have: %s", target.week.name,
                 list);
        status = EXIT_USAGE;
    } else if (status == 0) {
        complain("%s has an interop step, which this grader cannot run",
                 target.week.name);
        status = EXIT_GRADER;
    }
    free(list);
    target_release(&target);
    return status;
}
