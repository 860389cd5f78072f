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

/* Owned by the caller; NULL where there is none. */
static char *week_in_hand(const struct workspace *w)
{
    char *week = week_around(w);

    return week ? week : workspace_last_week(w);
}

static char *default_week(const struct workspace *w)
{
    char *week = week_in_hand(w);

    if (!week) {
        char *way_in = workspace_way_in(w->dir);
        complain("which week? `%s list` shows them", way_in);
        free(way_in);
    }
    return week;
}

static bool is_number(const char *text)
{
    return *text && strlen(text) < 9 &&
           strspn(text, "0123456789") == strlen(text);
}

static bool course_has_number(int number)
{
    char **names;
    int count = course_weeks(&names);
    bool has = false;

    for (int i = 0; i < count; i++)
        has = has || atoi(names[i]) == number;
    if (count >= 0)
        names_free(names, count);
    return has;
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

/* Is it the number of no week, but of a step of the week in hand? Then it is
 * told how that is named. */
static bool names_step_in_hand(const char *word, const struct workspace *w)
{
    char *name, *way_in;
    struct week week;
    bool names = false;

    if (!is_number(word) || course_has_number(atoi(word)))
        return false;
    name = week_in_hand(w);
    if (name && week_load(&week, course_dir(), name) == 0) {
        names = week_step(&week, word) != NULL;
        way_in = workspace_way_in(w->dir);
        if (names)
            complain("there is no week '%s'; step %s of %s is %02d.%s, as in "
                     "`%s %02d.%s`",
                     word, word, name, week.number, word, way_in, week.number,
                     word);
        free(way_in);
        week_release(&week);
    }
    free(name);
    return names;
}

static int find_week(const char *word, struct target *target)
{
    char *step = NULL, *name = NULL;
    int status = EXIT_USAGE;

    if (!word)
        name = default_week(&target->workspace);
    else if (!names_step_in_hand(word, &target->workspace))
        name = course_resolve(word, &step);

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
        way_in = workspace_way_in(target->workspace.dir);
        complain("%s is not in your workspace yet; `%s start %02d` lays it "
                 "there",
                 target->week.name, way_in, target->week.number);
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
