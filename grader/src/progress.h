/*
 * progress.h: how far a member is with each week.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "report.h"
#include "workspace.h"

enum progress_state {
    PROGRESS_NOT_BEGUN,
    PROGRESS_BEGUN,   /* laid into the workspace, never graded whole */
    PROGRESS_DAMAGED, /* report.json cannot be read */
    PROGRESS_PART,    /* some steps are open */
    PROGRESS_PASSED,
    PROGRESS_PASSED_OLDER, /* passed, on tests that have changed since */
};

struct progress {
    struct week week;
    enum progress_state state;
    struct saved_report saved;
    /* What came out last: of the week, or later of the step alone. */
    enum verdict verdicts[STEPS_MAX];
    bool contract_changed,
        tests_changed;       /* since the report; if there is one */
    const struct step *next; /* the first core step that is open, or NULL */
};

/*
 * All weeks, by number.
 *   workspace   NULL: there is none
 *   broken      out: how many manifests were refused (and told)
 * Returns the count or -errno after telling. Release with progress_release().
 */
int progress_load(const struct workspace *workspace, struct progress **all,
                  int *broken);
void progress_release(struct progress *all, int count);

/* The same of one week; p->week is loaded already. */
void progress_of_week(const struct workspace *workspace, struct progress *p);

bool progress_passed(const struct progress *p);

/* The first step, core or stretch, that failed when it was last graded; NULL
 * if none did. */
const struct step *progress_failed(const struct progress *p);

/*
 * The week to go on with: of those that do not pass, the one last worked on,
 * else the first after it, else the first that was begun, else the first.
 *   last   its folder's name, or NULL
 * NULL: all pass.
 */
const struct progress *progress_next(const struct progress *all, int count,
                                     const char *last);

#endif
