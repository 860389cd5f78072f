/*
 * target.h: what a command is about: a workspace, a week of the course, and a
 * step of it where one was named.
 */
#ifndef TARGET_H
#define TARGET_H

#include "commands.h"
#include "manifest.h"
#include "workspace.h"

struct target {
    struct workspace workspace;
    bool has_workspace; /* false: workspace.dir is where it would be */
    struct week week;
    const struct step *step; /* in week; NULL: none was named */
};

/*
 * Find them.
 *   word   "06", "06.3", … as course_resolve() knows them; NULL: the week in
 *          whose folder we are, else the one last worked on
 * Returns 0, or an exit status after telling what is wrong. Release with
 * target_release() in any case.
 */
int target_find(const struct options *options, const char *word,
                struct target *target);

/* The same; it is also told where the week was not started yet. */
int target_find_started(const struct options *options, const char *word,
                        struct target *target);

void target_release(struct target *target);

#endif
