/*
 * drill.h: an incident to solve: the solution with one known bug.
 */
#ifndef DRILL_H
#define DRILL_H

#include "bugs.h"
#include "workspace.h"

#include <stdint.h>

/* Which of `count` bugs a seed picks. The same seed picks the same. */
int drill_pick(int count, uint64_t seed);

/* "3:07", "1:02:03": how long it took. Owned by the caller; free(). */
char *drill_clock(long long seconds);

/* What the author wrote between head and diff of a patch, without the head's
 * lines; "" where there is nothing. Owned by the caller; free(). */
char *drill_story(const char *patch);

/*
 * Make the folder of a drill anew: what was there before is removed.
 *   dir   WORKSPACE/drill/06-wal
 * Returns 0, or -errno after telling (-EINVAL: the patch does not apply).
 */
int drill_lay(const struct workspace *workspace, const struct week *week,
              const struct bug *bug, const char *dir);

#endif
