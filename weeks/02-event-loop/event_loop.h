/*
 * event_loop.h: the contract of week 02, an event loop on epoll(7).
 *
 * A loop waits for descriptors and for time, and calls functions of yours, one
 * after the other, in the thread that is in loop_run(). One turn of it is
 *
 *     wait          until a descriptor is ready or the next timer is due
 *     descriptors   each of a batch of those that are ready gets one call
 *     timers        each that is due gets one call
 *     deferred      what loop_defer() and loop_post() have left gets one call
 *
 * You write these functions in event_loop.c. Weeks 04, 05 and later servers
 * run on them as they stand here.
 *
 * Rules that hold for every function:
 *  1. It returns 0 or -errno: the error of the call that failed first. After
 *     an error nothing has changed.
 *  2. It never returns -EINTR, and prints nothing.
 *  3. Everything may be called from inside every callback but loop_run() and
 *     loop_close() of the same loop. What is removed or cancelled is not
 *     called any more, also if it was ready in this very turn.
 *  4. No state is global: a process may have many loops. A loop belongs to one
 *     thread at a time; only loop_post() and loop_stop() may come from others.
 *  5. Time is what clock_gettime(2) says of CLOCK_MONOTONIC, and the only wait
 *     is epoll_wait(2) (or a sister of it) with a timeout.
 *
 * -ENOSYS means: not written yet.
 */
#ifndef EVENT_LOOP_H
#define EVENT_LOOP_H

#include <stdint.h>

#define LOOP_MILLISECOND UINT64_C(1000000) /* in nanoseconds */
#define LOOP_SECOND UINT64_C(1000000000)

/* What a descriptor can be watched for, and what a callback is told. */
#define LOOP_READABLE 1u /* a read would not block: bytes, or end of file */
#define LOOP_WRITABLE 2u /* a write would not block */
#define LOOP_ENDED 4u    /* it has ended in both directions, or failed */

/*
 * LOOP_ENDED is told without being asked for, for as long as the descriptor is
 * watched: EPOLLHUP and EPOLLERR. The others may hold beside it: a socket may
 * still have bytes. The reading end of a pipe that is empty and has no writer
 * is told as LOOP_ENDED, with or without LOOP_READABLE (EPOLLHUP alone is what
 * the kernel says): a read tells end of file in both cases.
 */

/* So many of those that are ready are called in one turn at least. */
#define LOOP_BATCH_MIN 16

struct loop;

/* What loop_add() was told, and which of LOOP_... hold now. */
typedef void loop_fd_fn(struct loop *loop, int fd, unsigned events, void *user);
/* at: the moment that the timer was started for. */
typedef void loop_timer_fn(struct loop *loop, uint64_t at, void *user);
typedef void loop_call_fn(struct loop *loop, void *user);

/*
 * Make a loop that watches nothing.
 *   loop   out: owned by the caller; release with loop_close()
 * Its descriptors are close-on-exec.
 * Returns 0.
 * Errors: -EMFILE, -ENFILE, -ENOMEM.
 * Source: handout step 1; epoll_create(2).
 */
int loop_open(struct loop **loop);

/*
 * Give back everything that the loop owns. Descriptors that are still watched
 * stay open: they are their owners'. What was still to be called never is.
 *   loop   taken; NULL is allowed
 * Requires: loop_run() of it has returned, and no other thread knows it.
 */
void loop_close(struct loop *loop);

/* ---- Descriptors: steps 1 and 5 ---- */

/*
 * Watch a descriptor.
 *   fd       borrowed until loop_remove(), which comes before its close(2)
 *   events   LOOP_READABLE, LOOP_WRITABLE, both, or 0 for LOOP_ENDED alone
 *   fn       called with all that holds, at most once in a turn, and again for
 *            as long as something of it holds (level-triggered: bytes that a
 *            callback leaves unread are told again)
 *   user     handed to fn, borrowed until loop_remove()
 * Where many are ready at once a turn may call a batch of them, of
 * LOOP_BATCH_MIN at least; the others come in the turns that follow.
 * Added from inside a callback it is waited for from the next turn on.
 * Returns 0.
 * Errors: -EEXIST fd is watched already, or may seem so, as it was closed
 * without loop_remove() and the number has come back; -EBADF not open; -EPERM a
 * file that can't be waited for; -ENOMEM, -ENOSPC.
 * Source: handout step 1; epoll_ctl(2), epoll(7).
 */
int loop_add(struct loop *loop, int fd, unsigned events, loop_fd_fn *fn,
             void *user);

/*
 * From now on, in this turn already, only these events are told.
 * Returns 0.
 * Errors: -ENOENT not watched; -ENOMEM.
 */
int loop_modify(struct loop *loop, int fd, unsigned events);

/*
 * Watch it no more. Its callback is not called again, and the number may be
 * closed, come back from the kernel as another file, and be added, all within
 * one turn.
 * Requires: fd is still open.
 * Returns 0.
 * Errors: -ENOENT not watched.
 * Source: handout step 5.
 */
int loop_remove(struct loop *loop, int fd);

/* ---- Time: step 4 ---- */

/*
 * The time of CLOCK_MONOTONIC in nanoseconds, as it was when this turn's wait
 * ended (or when loop_run() began, or the loop was made): the same for all
 * callbacks of a turn.
 */
uint64_t loop_now(const struct loop *loop);

/*
 * Call fn once, when the clock has reached `at`: never before, and in the first
 * turn whose wait ends then. No wait lasts a millisecond longer than until
 * the next timer is due, and none ends much too early to turn in circles. In
 * a turn timers are called in the order of `at`, and where that is the same in
 * the order in which they were started. One that is started by a timer's
 * callback waits for the next turn, also if it is due, and keeps no other that
 * is due from being called in this one.
 *   at      as of loop_now(): loop_now(loop) + 20 * LOOP_MILLISECOND
 *   user    handed to fn, borrowed until fn is called or cancelled
 *   timer   out: the handle for loop_timer_cancel(); NULL if nobody wants it.
 *           It is never 0
 * Returns 0.
 * Errors: -ENOMEM.
 * Source: handout step 4; timers on CLOCK_MONOTONIC: clock_gettime(2).
 */
int loop_timer_start(struct loop *loop, uint64_t at, loop_timer_fn *fn,
                     void *user, uint64_t *timer);

/*
 * Cancel a timer.
 *   timer   any handle of this loop's, however old, or 0. That of a timer which
 *           is over never means another, later one
 * Returns 0: it would have been called, and is not.
 * Errors: -ENOENT its call has begun or is over, or it was cancelled before.
 */
int loop_timer_cancel(struct loop *loop, uint64_t timer);

/* ---- Later: step 5 ---- */

/*
 * Call fn at the end of this turn, after descriptors and timers: the place to
 * free what other callbacks of the turn may still use. Calls are made in the
 * order of loop_defer(). What a deferred call defers is called in the next
 * turn, which then does not wait.
 * Returns 0.
 * Errors: -ENOMEM.
 */
int loop_defer(struct loop *loop, loop_call_fn *fn, void *user);

/* ---- Running: steps 1, 5 and 9 ---- */

/*
 * Turn until loop_stop(), also while there is nothing to wait for.
 * Requires: not inside a callback of this loop.
 * Returns 0 after loop_stop(); it may be called again then, and goes on.
 * Errors: those of epoll_wait(2), but -EINTR.
 */
int loop_run(struct loop *loop);

/*
 * End loop_run(): no callback is called between this and its return. What was
 * ready or due then, and what was deferred, is for the next loop_run(). Stops
 * before a loop_run() end that one before its first turn; many stops at once
 * are one.
 * From step 9 (stretch) on any thread may call it.
 */
void loop_stop(struct loop *loop);

/*
 * As loop_defer(), from any thread, and it ends the loop's wait (stretch).
 * What one thread posts is called in the order in which it was posted. What
 * nobody has called when the loop is closed stays its poster's.
 * Returns 0.
 * Errors: -ENOMEM; -ENOSYS not written.
 * Source: handout step 9; eventfd(2).
 */
int loop_post(struct loop *loop, loop_call_fn *fn, void *user);

#endif
