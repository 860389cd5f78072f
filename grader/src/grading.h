/*
 * grading.h: grade a week: build, run its steps, ask whose fault it is.
 */
#ifndef GRADING_H
#define GRADING_H

#include "outcome.h"
#include "report.h"
#include "workspace.h"

struct grading_request {
    struct workspace *workspace;
    const struct week *week;
    const struct step *only;   /* one step, or NULL for all */
    const struct step *before; /* the core steps before this one, or NULL */
    bool all;                  /* go on after a failing step */
    bool ignore_after;         /* run blocked steps too */
    uint64_t seed;             /* 0: draw one */
    const char *program;    /* --program: stands in for the week's, or NULL */
    const char *const *use; /* --use=WEEK=CHOICE, NULL-ended, or NULL */
    FILE *live;             /* draw the live text report here, or NULL */
    bool save;              /* write report.json (whole week only) */
    const char *from;       /* the member's files are here, not in the
                               workspace (drill); or NULL. Saves nothing. */
    bool no_blame;          /* don't ask whose fault a failure is */
};

/*
 * Grade. The outcome is complete whatever happens to the member's code.
 * Returns 0, or -errno after telling (no workspace files, no compiler).
 * Release with week_outcome_release().
 */
int grading_run(const struct grading_request *request,
                struct week_outcome *outcome);

#endif
