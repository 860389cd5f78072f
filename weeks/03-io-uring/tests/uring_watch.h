/*
 * uring_watch.h: what the member's code asks of io_uring, seen from between.
 *
 * The calls in tests/wrap.list come here first (ld --wrap): those of uring.c
 * that submit or wait, and those of uring_echo.c that start operations or give
 * buffers back. What a test starts by itself is not watched. So the watch
 *
 *  1. counts operations that are started, and calls that enter the kernel;
 *  2. adds up what receives have brought and sends have taken;
 *  3. knows what is in flight, and whether its memory still is what it was:
 *     AddressSanitizer does not see the kernel write into freed memory;
 *  4. has a gate: while it is closed nobody enters the kernel, and what comes
 *     in meanwhile is there all at once;
 *  5. refuses IORING_SETUP_SQPOLL, and turns for nothing (uring.h, rule 5);
 *  6. tells stuck.h who waits for completions.
 *
 * What it counts stands in memory that the test shares with the processes that
 * it forks. What it finds fails the test, at the line of watch_begin().
 */
#ifndef URING_WATCH_H
#define URING_WATCH_H

#include "lab.h"

/* What is asked for beyond counting; each asks for those before it too. */
enum watch_rules {
    WATCH_COUNTS,
    WATCH_MEMORY, /* step 3: it stays, and is not used for something else */
    WATCH_FLIGHT, /* step 4: an op is not started while it is in flight */
};

/* Forget everything. Before the process is forked that is to be watched. */
#define watch_begin(rules) watch_begin_at(LAB_HERE, (rules))
void watch_begin_at(struct lab_where where, enum watch_rules rules);

/* ---- Counts ---- */

/* Calls that have entered the kernel: each submits, waits, or both. */
unsigned long watch_enters(void);

/* Operations started: to accept; to receive; to send; to cancel. */
unsigned long watch_accepts(void);
unsigned long watch_receives(void);
unsigned long watch_sends(void);
unsigned long watch_cancels(void);

/* Completions of receives that said -ENOBUFS. */
unsigned long watch_no_buffers(void);

/* Completions of sends that had taken less than they were given. */
unsigned long watch_short_sends(void);

/* Bytes received and not sent, as completions told: the most that there have
 * been at any moment since the last call of watch_forget_peak(). */
int64_t watch_held_most(void);
void watch_forget_peak(void);

/* Buffers of a buffer_ring that are taken and not given back. */
long watch_buffers_taken(void);

/* Whether a process that is watched has entered the kernel to wait. */
bool watch_has_waited(void);

/* ---- The gate ---- */

/* Close it, so that the next who wants to enter the kernel stops there. */
void watch_close_gate(void);

/* Wait until somebody stands there. */
#define watch_until_at_gate() watch_until_at_gate_at(LAB_HERE)
void watch_until_at_gate_at(struct lab_where where);

/* Let them in. Requires: somebody stands there. */
void watch_open_gate(void);

#endif
