/*
 * descendants.h: the processes below this one, and their end.
 *
 * Requires: we are a subreaper (PR_SET_CHILD_SUBREAPER), so that who loses its
 * parent below us becomes our child, whatever group or session it went to.
 * Used by grade and by grade-waiter.
 */
#ifndef DESCENDANTS_H
#define DESCENDANTS_H

#include <stdint.h>
#include <sys/types.h>

#define DESCENDANTS_MAX 32768 /* processes on this system that we look at */

struct descendant {
    pid_t pid, parent;
    uint64_t resident; /* bytes */
    int ours;          /* of the search: 1 yes, -1 no, 0 not known yet */
};

/*
 * Those that live, in the order of their numbers.
 *   list       out
 *   until_ms   give up then (a fork bomb leaves us little of the processors);
 *              the list is short then
 * Returns their count.
 */
int descendants_list(struct descendant list[DESCENDANTS_MAX], int64_t until_ms);

/* End and reap all of them, within this time. What hangs in the kernel is not
 * awaited for ever. */
void descendants_end(int64_t patience_ms);

/* Of CLOCK_MONOTONIC. */
int64_t descendants_now_ms(void);

#endif
