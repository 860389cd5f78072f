/*
 * target.c: see target.h.
 */
#include "target.h"

#include "course.h"
#include "files.h"
#include "suggest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Are we below the workspace? Then in one of its weeks, if that is one. */
static char *week_around(const struct workspace *w)
{
    char *here = getcwd(NULL, 0);
    size_t len = strlen(w->dir);
    char *week = NULL;

    if (here && strncmp(here, w->dir, len) == 0 && here[len] == '/') {
        char *name = here + len + 1;
        name[strcspn(name, "/")] = '\0';
        char *dir = text_format("%s/weeks/%s", course_dir(), name);
        if (name[0] != '.' && path_is_dir(dir))
            week = text_format("%s", name);
        free(dir);
    }
    free(here);
    return week;
}

static char *default_week(const struct workspace *w)
{
    char *week = week_around(w);

    if (!week)
        week = workspace_last_week(w);
    if (!week) {
        char *way_in = report_way_in(w->dir);
        complain("which week? `%s list` shows them", way_in);
        free(way_in);
    }
    return week;
}

static int complain_step(const struct week *week, const char *text)
{
    const struct manifest *m = &week->manifest;
    const char *names[STEPS_MAX + 1] = {NULL};
    char *suggestion;

    for (unsigned i = 0; i < m->step_count; i++)
        names[i] = m->steps[i].name;
    suggestion = did_you_mean(text, names);
    complain("%s has no step '%s'%s; its steps are 1 (%s) to %u (%s)",
             week->name, text, suggestion, m->steps[0].name, m->step_count,
             m->steps[m->step_count - 1].name);
    free(suggestion);
    return EXIT_USAGE;
}

static int find_week(const char *word, struct target *target)
{
    char *step = NULL;
    char *name =
        word ? course_resolve(word, &step) : default_week(&target->workspace);
    int status = EXIT_USAGE;

    if (name && week_load(&target->week, course_dir(), name) == 0)
        status = 0;
    if (status == 0 && step) {
        target->step = week_step(&target->week, step);
        if (!target->step)
            status = complain_step(&target->week, step);
    }
    free(step);
    free(name);
    return status;
}

int target_find(const struct options *options, const char *word,
                struct target *target)
{
    int err;

    *target = (struct target){0};
    if (!course_dir())
        return EXIT_USAGE;
    err = workspace_find(&target->workspace, options->workspace);
    if (err < 0 && err != -ENOENT)
        return EXIT_USAGE;
    target->has_workspace = err == 0;
    return find_week(word, target);
}

int target_find_started(const struct options *options, const char *word,
                        struct target *target)
{
    int status = target_find(options, word, target);
    char *dir, *way_in;

    if (status != 0)
        return status;
    dir = workspace_week_dir(&target->workspace, &target->week);
    if (!target->has_workspace || !path_is_dir(dir)) {
        way_in = report_way_in(target->workspace.dir);
        complain("%s is not in your workspace yet; `%s start %02d` lays it "
                 "there",
                 target->week.name,
                 target->has_workspace ? way_in : "build/grade",
                 target->week.number);
        status = EXIT_USAGE;
        free(way_in);
    }
    free(dir);
    return status;
}

void target_release(struct target *target)
{
    if (target->week.name)
        week_release(&target->week);
    workspace_release(&target->workspace);
    *target = (struct target){0};
}
