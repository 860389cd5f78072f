/*
 * clock.c: virtual time; see clock.h.
 *
 * The other end of ld --wrap for the calls that tell time or wait. Faults are
 * judged first (fault.h), so an interrupted wait takes no time.
 */
#include "clock.h"

#include "fault_internal.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>

static struct {
    bool armed;
    struct lab_where where; /* of clock_virtual() */
    uint64_t now;
    unsigned waits; /* since time last passed, or the test was asked */
    bool (*quiet)(void *user);
    void *user;
} virtual;

/* Relaxed, for the reason that fault.c states. */
struct watch {
    _Atomic(enum clock_wait_kind) kind;
    _Atomic uint64_t number;
};

static struct watch *watch; /* shared memory; NULL: nobody looks */

/* ---- For the test ---- */

void clock_virtual_at(struct lab_where where)
{
    struct lab_random random;
    lab_random_init(&random, 0x636c6f636b);
    virtual.armed = true;
    virtual.where = where;
    virtual.waits = 0;
    /* Some days after boot, and not at a whole millisecond. */
    virtual.now = 100000 * CLOCK_SECOND +
                  lab_random_below(&random, 900000 * CLOCK_SECOND);
}

uint64_t clock_now(void)
{
    return virtual.now;
}

void clock_advance(uint64_t nanoseconds)
{
    virtual.now += nanoseconds;
    if (nanoseconds > 0)
        virtual.waits = 0;
}

void clock_when_quiet(bool (*quiet)(void *user), void *user)
{
    virtual.quiet = quiet;
    virtual.user = user;
}

void clock_watch(void)
{
    watch = mmap(NULL, sizeof *watch, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (watch == MAP_FAILED)
        abort();
}

struct clock_wait clock_wait_now(void)
{
    return (struct clock_wait){
        atomic_load_explicit(&watch->kind, memory_order_relaxed),
        atomic_load_explicit(&watch->number, memory_order_relaxed)};
}

/* ---- For the code under test ---- */

static bool is_virtual(clockid_t clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        return virtual.armed;
    default:
        return false; /* CPU time is real */
    }
}

static void count_wait(void)
{
    if (++virtual.waits >= CLOCK_WAITS_MAX)
        lab_fail_at(virtual.where,
                    "the loop turns in circles: it waited %d times, each "
                    "wait returned at once, and no time passed. Either "
                    "something stays ready that nobody deals with, or the "
                    "timeout is 0 where it should not be",
                    CLOCK_WAITS_MAX);
}

/*
 * Nothing was ready. Returns true if it is to be looked at again.
 *   timeout   in nanoseconds, negative for none
 */
static bool pass(int64_t timeout)
{
    if (timeout == 0)
        return false;
    if (virtual.quiet != NULL && virtual.quiet(virtual.user)) {
        virtual.waits = 0;
        return true;
    }
    if (timeout < 0)
        lab_fail_at(virtual.where,
                    "the loop waits for ever: nothing is ready, and it waits "
                    "without a timeout");
    clock_advance((uint64_t)timeout);
    return false;
}

/* epoll_wait in virtual time. */
static int wait_virtually(int epoll_fd, struct epoll_event *events, int size,
                          int64_t timeout)
{
    int count;
    count_wait();
    do
        count = epoll_wait(epoll_fd, events, size, 0);
    while (count == 0 && pass(timeout));
    return count;
}

static void set_wait(enum clock_wait_kind kind)
{
    if (watch != NULL)
        atomic_store_explicit(&watch->kind, kind, memory_order_relaxed);
}

void clock_wait_begin(enum clock_wait_kind kind)
{
    if (watch != NULL)
        atomic_fetch_add_explicit(&watch->number, 1, memory_order_relaxed);
    set_wait(kind);
}

void clock_wait_end(void)
{
    set_wait(CLOCK_NO_WAIT);
}

static void begin_wait(bool endless)
{
    clock_wait_begin(endless ? CLOCK_WAIT_ENDLESS : CLOCK_WAIT_TIMED);
}

static int end_wait(int count)
{
    clock_wait_end();
    return count;
}

static int64_t of_milliseconds(int timeout)
{
    return timeout < 0 ? -1 : timeout * (int64_t)CLOCK_MILLISECOND;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
    struct fault_verdict v = fault_judge(CLOCK_GETTIME);
    if (v.error)
        return fault_failed(&v);
    if (!is_virtual(clock))
        return clock_gettime(clock, time);
    time->tv_sec = (time_t)(virtual.now / CLOCK_SECOND);
    time->tv_nsec = (long)(virtual.now % CLOCK_SECOND);
    return 0;
}

int __wrap_epoll_wait(int epoll_fd, struct epoll_event *events, int size,
                      int timeout)
{
    struct fault_verdict v = fault_judge(EPOLL_WAIT);
    if (v.error)
        return fault_failed(&v);
    if (!virtual.armed) {
        begin_wait(timeout < 0);
        return end_wait(epoll_wait(epoll_fd, events, size, timeout));
    }
    return wait_virtually(epoll_fd, events, size, of_milliseconds(timeout));
}

/* In virtual time a signal mask has nothing to wait for. */
int __wrap_epoll_pwait(int epoll_fd, struct epoll_event *events, int size,
                       int timeout, const sigset_t *mask)
{
    struct fault_verdict v = fault_judge(EPOLL_PWAIT);
    if (v.error)
        return fault_failed(&v);
    if (!virtual.armed) {
        begin_wait(timeout < 0);
        return end_wait(epoll_pwait(epoll_fd, events, size, timeout, mask));
    }
    return wait_virtually(epoll_fd, events, size, of_milliseconds(timeout));
}

int __wrap_epoll_pwait2(int epoll_fd, struct epoll_event *events, int size,
                        const struct timespec *timeout, const sigset_t *mask)
{
    struct fault_verdict v = fault_judge(EPOLL_PWAIT2);
    if (v.error)
        return fault_failed(&v);
    if (!virtual.armed) {
        begin_wait(timeout == NULL);
        return end_wait(epoll_pwait2(epoll_fd, events, size, timeout, mask));
    }
    int64_t nanoseconds =
        timeout == NULL
            ? -1
            : timeout->tv_sec * (int64_t)CLOCK_SECOND + timeout->tv_nsec;
    return wait_virtually(epoll_fd, events, size, nanoseconds);
}
