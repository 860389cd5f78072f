/*
 * event_loop.c: an event loop on epoll. Yours: the handout (README.md) leads
 * through it, the contract of each function stands in event_loop.h.
 *
 * deadline_heap.h is given: it keeps the timers' deadlines in order.
 */
#include "event_loop.h"

#include "deadline_heap.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

/* Yours to fill: the epoll descriptor, a table of what is watched, … */
struct loop {
    int epoll_fd;
};

/* ---- Step 1: descriptors, and turning ---- */

int loop_open(struct loop **loop)
{
    (void)loop;
    return -ENOSYS;
}

void loop_close(struct loop *loop)
{
    (void)loop;
}

int loop_add(struct loop *loop, int fd, unsigned events, loop_fd_fn *fn,
             void *user)
{
    (void)loop;
    (void)fd;
    (void)events;
    (void)fn;
    (void)user;
    return -ENOSYS;
}

int loop_modify(struct loop *loop, int fd, unsigned events)
{
    (void)loop;
    (void)fd;
    (void)events;
    return -ENOSYS;
}

int loop_remove(struct loop *loop, int fd)
{
    (void)loop;
    (void)fd;
    return -ENOSYS;
}

/* epoll_wait, then a call for each event that it gave. */
int loop_run(struct loop *loop)
{
    (void)loop;
    return -ENOSYS;
}

void loop_stop(struct loop *loop)
{
    (void)loop;
}

/* ---- Step 4: timers ---- */

uint64_t loop_now(const struct loop *loop)
{
    (void)loop;
    return 0;
}

int loop_timer_start(struct loop *loop, uint64_t at, loop_timer_fn *fn,
                     void *user, uint64_t *timer)
{
    (void)loop;
    (void)at;
    (void)fn;
    (void)user;
    (void)timer;
    return -ENOSYS;
}

int loop_timer_cancel(struct loop *loop, uint64_t timer)
{
    (void)loop;
    (void)timer;
    return -ENOSYS;
}

/* ---- Step 5: deferred calls ---- */

int loop_defer(struct loop *loop, loop_call_fn *fn, void *user)
{
    (void)loop;
    (void)fn;
    (void)user;
    return -ENOSYS;
}

/* ---- Step 9, a stretch: from other threads ---- */

int loop_post(struct loop *loop, loop_call_fn *fn, void *user)
{
    (void)loop;
    (void)fn;
    (void)user;
    return -ENOSYS;
}
