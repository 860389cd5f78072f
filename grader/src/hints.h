/*
 * hints.h: how many of a step's hints a member has seen.
 */
#ifndef HINTS_H
#define HINTS_H

#include "manifest.h"

/* Hints of this step that were shown, at most step->hint_count.
 *   workspace   its folder */
unsigned hints_shown(const char *workspace, const struct week *week,
                     const struct step *step);

/* Remember that one more was shown. Returns 0 or -errno. */
int hints_show(const char *workspace, const struct week *week,
               const struct step *step);

#endif
