/*
 * progress.c: see progress.h.
 */
#include "progress.h"

#include "course.h"
#include "files.h"
#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool progress_passed(const struct progress *p)
{
    return p->state == PROGRESS_PASSED || p->state == PROGRESS_PASSED_OLDER;
}

static const struct step *first_open(const struct progress *p)
{
    const struct manifest *m = &p->week.manifest;

    for (unsigned i = 0; i < m->step_count; i++)
        if (!m->steps[i].stretch && p->verdicts[i] != VERDICT_PASSED)
            return &m->steps[i];
    return NULL;
}

const struct step *progress_failed(const struct progress *p)
{
    const struct manifest *m = &p->week.manifest;

    for (unsigned i = 0; i < m->step_count; i++)
        if (p->verdicts[i] == VERDICT_FAILED)
            return &m->steps[i];
    return NULL;
}

const struct progress *progress_next(const struct progress *all, int count,
                                     const char *last)
{
    const struct progress *after = NULL, *begun = NULL, *first = NULL;

    for (int i = 0; i < count; i++) {
        const struct progress *p = &all[i];
        int order = last ? strcmp(p->week.name, last) : -1;

        if (progress_passed(p))
            continue;
        if (order == 0 && p->state != PROGRESS_NOT_BEGUN)
            return p;
        if (order > 0 && !after)
            after = p;
        if (!begun && p->state != PROGRESS_NOT_BEGUN)
            begun = p;
        if (!first)
            first = p;
    }
    return after ? after : begun ? begun : first;
}

static void compare_hashes(const char *dir, struct progress *p)
{
    char files[65], contract[65], tests[65];

    if (report_hashes(dir, &p->week, files, contract, tests) < 0)
        return;
    p->contract_changed = strcmp(contract, p->saved.contract_hash) != 0;
    p->tests_changed = strcmp(tests, p->saved.tests_hash) != 0;
}

static enum progress_state state_of(const char *dir, struct progress *p)
{
    if (!path_is_dir(dir))
        return PROGRESS_NOT_BEGUN;
    if (report_load(dir, &p->week, &p->saved) < 0 || p->saved.damaged)
        return PROGRESS_DAMAGED;
    if (!p->saved.exists)
        return PROGRESS_BEGUN;
    compare_hashes(dir, p);
    if (!p->saved.passed)
        return PROGRESS_PART;
    return p->tests_changed ? PROGRESS_PASSED_OLDER : PROGRESS_PASSED;
}

/* The report is of whole weeks; a step that was graded alone since is in the
 * memory. */
static void load_verdicts(const struct workspace *workspace, struct progress *p)
{
    const struct manifest *m = &p->week.manifest;

    for (unsigned i = 0; i < m->step_count; i++) {
        uint64_t last =
            memory_get(workspace->dir, MEMORY_VERDICTS, &p->week, &m->steps[i]);

        p->verdicts[i] = last > VERDICT_NONE && last <= VERDICT_BROKEN
                             ? (enum verdict)last
                             : p->saved.verdicts[i];
    }
}

void progress_of_week(const struct workspace *workspace, struct progress *p)
{
    p->state = PROGRESS_NOT_BEGUN;
    if (workspace) {
        char *dir = workspace_week_dir(workspace, &p->week);
        p->state = state_of(dir, p);
        free(dir);
    }
    if (p->state != PROGRESS_NOT_BEGUN)
        load_verdicts(workspace, p);
    p->next = first_open(p);
}

int progress_load(const struct workspace *workspace, struct progress **all,
                  int *broken)
{
    char **names;
    int count = course_weeks(&names);
    int loaded = 0;

    *broken = 0;
    *all = NULL;
    if (count < 0) {
        complain("the course has no weeks: %s", strerror(-count));
        return count;
    }
    *all = calloc((size_t)count + 1, sizeof(**all));
    if (!*all)
        abort();
    for (int i = 0; i < count; i++) {
        struct progress *p = &(*all)[loaded];
        if (week_load(&p->week, course_dir(), names[i]) < 0) {
            ++*broken;
            continue;
        }
        progress_of_week(workspace, p);
        loaded++;
    }
    names_free(names, count);
    return loaded;
}

void progress_release(struct progress *all, int count)
{
    for (int i = 0; i < count; i++)
        week_release(&all[i].week);
    free(all);
}
