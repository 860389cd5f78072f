/*
 * start.c: `grade start WEEK`, lay a week into the workspace.
 */
#include "commands.h"
#include "course.h"
#include "files.h"
#include "git.h"
#include "report.h"
#include "workspace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void tell_new(const struct workspace *w)
{
    char *near = report_path(w->dir);

    printf("\n  %s is your workspace now%s.\n", near,
           git_is_top(w->dir) ? ", a git repository of your own" : "");
    free(near);
}

/* The week is known to be right before anything is made. */
static int start(const struct options *options, const struct week *week)
{
    struct workspace workspace;
    int err = workspace_find(&workspace, options->workspace);
    bool is_new = err == -ENOENT;

    if (err == 0 || is_new)
        err = workspace_create(&workspace);
    if (err == 0 && is_new)
        tell_new(&workspace);
    if (err == 0)
        err = workspace_start(&workspace, week);
    workspace_release(&workspace);
    return err < 0 ? EXIT_USAGE : EXIT_PASSES;
}

int command_start(const struct options *options)
{
    char *step = NULL;
    char *name = course_resolve(options->words[0], &step);
    struct week week;
    int status = EXIT_USAGE;

    if (name && week_load(&week, course_dir(), name) == 0) {
        status = start(options, &week);
        week_release(&week);
    }
    free(step);
    free(name);
    return status;
}
