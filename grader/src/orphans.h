/*
 * orphans.h: processes that a child of ours leaves behind.
 *
 * Between the two calls whoever loses its parent below us becomes our child,
 * whatever group or session it went to, and can be found. We have no other
 * children then than the one that is run.
 */
#ifndef ORPHANS_H
#define ORPHANS_H

void orphans_adopt(void);

/* End and reap all of them. Requires: the child that was run is reaped. */
void orphans_end(void);

#endif
