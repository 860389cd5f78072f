/*
 * quiet.h: let a loop turn, in virtual time, until it has nothing to do.
 *
 * A loop is quiet when its wait finds nothing ready. Then these functions make
 * a pipe of their own readable, whose callback stops the loop. It needs of the
 * loop what step 1 asks for, and no timer.
 */
#ifndef QUIET_H
#define QUIET_H

#include "clock.h"
#include "event_loop.h"

/* Run until it is quiet. No time passes. */
#define run_until_quiet(loop) run_until_quiet_at(LAB_HERE, (loop))
void run_until_quiet_at(struct lab_where where, struct loop *loop);

/*
 * Run until it is quiet and done(user) is true. In between the kernel gets
 * time, really, to carry bytes between sockets: until none is under way, and
 * LAB_PATIENCE_MS at most.
 *   what   what shall become true, as a sentence
 */
#define run_until(loop, done, user, what) \
    run_until_at(LAB_HERE, (loop), (done), (user), (what))
void run_until_at(struct lab_where where, struct loop *loop,
                  bool (*done)(void *user), void *user, const char *what);

#endif
