/*
 * bugs.h: the known bugs of a week, solutions/NN-name/bugs/STEP-name.patch.
 *
 * A patch begins with a head:
 *     Step: half-close            the step that catches it
 *     Bug: what the mistake is
 *     Seen: what a user would see
 * and goes on as git diff --full-index of the solution's folder.
 */
#ifndef BUGS_H
#define BUGS_H

#include "manifest.h"

struct bug {
    char *name;    /* "5-close-on-eof" */
    char *path;    /* of the patch */
    int step;      /* its number */
    char *mistake; /* Bug: */
    char *seen;    /* Seen: */
};

/*
 * All bugs of a week, by step and name. Returns their count (0 where there is
 * no folder), or -EINVAL after telling whose head is wrong.
 * Release with bugs_release().
 */
int bugs_load(const struct week *week, struct bug **bugs);
void bugs_release(struct bug *bugs, int count);

/* Make `dir` a copy of the solution's files. Returns 0 or -errno. */
int bug_copy_solution(const struct week *week, const char *dir);

/*
 * Make `dir` the solution with this bug in it.
 *   words   out: what git said where it does not apply; release with free()
 * Returns 0, 1 where the patch does not apply, or -errno.
 */
int bug_apply(const struct bug *bug, const struct week *week, const char *dir,
              char **words);

#endif
