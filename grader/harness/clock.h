/*
 * clock.h: virtual time for code that waits in epoll_wait.
 *
 * Once a test has called clock_virtual(), the code under test reads a clock of
 * the test's own, and its waits take no time at all:
 *
 *     clock_virtual();
 *     loop_run(loop);          a timer of an hour fires at once, an hour later
 *     lab_equal(clock_now() - start, 3600 * CLOCK_SECOND, ...);
 *
 *  1. Virtual time stands still but for two things: clock_advance(), and a wait
 *     with nothing ready, which moves it by exactly its timeout.
 *  2. Descriptors stay real. What is ready is reported without any time
 *     passing; only where nothing is ready does the timeout pass.
 *  3. A wait without timeout and with nothing ready would never end, and code
 *     that waits CLOCK_WAITS_MAX times while no time passes is turning in
 *     circles. Both fail the test, in these words, instead of hanging it.
 *  4. Every clock that tells the time of day or the time since boot is virtual
 *     (CLOCK_MONOTONIC, CLOCK_REALTIME, …), and all tell the same.
 *
 * What it reaches are the calls of the code under test (wrap.list):
 * clock_gettime, epoll_wait, epoll_pwait, epoll_pwait2. The test's own calls
 * and waits of the harness are in real time. So is everything in a test that
 * never calls clock_virtual().
 *
 * Threads: for tests in which one thread waits. A process that is forked goes
 * on from a copy of the clock.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include "lab.h"

#define CLOCK_MILLISECOND UINT64_C(1000000)
#define CLOCK_SECOND UINT64_C(1000000000)

/* So many waits without time passing are a loop that turns in circles. */
#define CLOCK_WAITS_MAX 50000

/* From here on time is virtual, to the end of the test. It begins at a moment
 * drawn from the seed. */
#define clock_virtual() clock_virtual_at(LAB_HERE)
void clock_virtual_at(struct lab_where where);

/* The virtual time, in nanoseconds. Requires: clock_virtual(). */
uint64_t clock_now(void);

/* Let time pass: work that takes its time, inside a callback for instance. */
void clock_advance(uint64_t nanoseconds);

/*
 * Ask `quiet` whenever a wait finds nothing ready, before time passes.
 *   quiet   returns true if the wait shall look again, because it has made
 *           something ready or expects the kernel to; false lets the wait's
 *           timeout pass. NULL: nobody is asked
 *   user    handed to it, borrowed until the next call
 */
void clock_when_quiet(bool (*quiet)(void *user), void *user);

/* ---- Real waits, seen from another process or thread ---- */

enum clock_wait_kind {
    CLOCK_NO_WAIT,      /* it does something else */
    CLOCK_WAIT_TIMED,   /* in a wait that a timeout ends */
    CLOCK_WAIT_ENDLESS, /* in one that something ready alone ends */
};

struct clock_wait {
    enum clock_wait_kind kind;
    uint64_t number; /* how many waits have begun */
};

/*
 * Record from here on what the code under test waits in, in memory that is
 * shared with the processes that are forked from now on. For one thread that
 * waits, here or in one of them.
 */
void clock_watch(void);

/* What it does now. Requires: clock_watch(). */
struct clock_wait clock_wait_now(void);

/* For tests that stand in for another call that waits (tests/wrap.list of a
 * week): it begins to wait, it has returned. */
void clock_wait_begin(enum clock_wait_kind kind);
void clock_wait_end(void);

#endif
