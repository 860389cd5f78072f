/*
 * uring_watch.c: counts and gate; uring_watch.h says what for. What is in
 * flight is watched in flights.c.
 */
#include "uring_watch.h"

#include "clock.h"
#include "flights.h"
#include "proc.h"

#include <liburing.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* So many calls in a row that bring nothing are turns for nothing. */
#define IDLE_CALLS_MAX 20000

struct watch {
    enum watch_rules rules;
    _Atomic unsigned long enters, no_buffers, short_sends;
    _Atomic unsigned long idle_calls; /* since something was brought */
    _Atomic unsigned long started[FLIGHT_KINDS];
    _Atomic int64_t held, held_most;
    _Atomic long buffers_taken;
    _Atomic bool waited;
    _Atomic bool closed, standing;
    sem_t gate;
};

static struct watch *watch;
static struct lab_where begun_at;
static pid_t test_pid;

/* ---- In the test ---- */

void watch_begin_at(struct lab_where where, enum watch_rules rules)
{
    if (watch != NULL)
        munmap(watch, sizeof *watch);
    watch = mmap(NULL, sizeof *watch, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    lab_check(watch != MAP_FAILED, "the test has memory to watch with");
    sem_init(&watch->gate, 1, 0);
    watch->rules = rules;
    clock_watch();
    begun_at = where;
    test_pid = getpid();
}

unsigned long watch_enters(void)
{
    return watch->enters;
}

unsigned long watch_accepts(void)
{
    return watch->started[FLIGHT_ACCEPT];
}

unsigned long watch_receives(void)
{
    return watch->started[FLIGHT_RECEIVE];
}

unsigned long watch_sends(void)
{
    return watch->started[FLIGHT_SEND];
}

unsigned long watch_cancels(void)
{
    return watch->started[FLIGHT_CANCEL];
}

unsigned long watch_no_buffers(void)
{
    return watch->no_buffers;
}

unsigned long watch_short_sends(void)
{
    return watch->short_sends;
}

int64_t watch_held_most(void)
{
    return watch->held_most;
}

void watch_forget_peak(void)
{
    watch->held_most = (int64_t)watch->held;
}

long watch_buffers_taken(void)
{
    return watch->buffers_taken;
}

bool watch_has_waited(void)
{
    return watch->waited;
}

void watch_close_gate(void)
{
    watch->closed = true;
}

void watch_until_at_gate_at(struct lab_where where)
{
    struct lab_patience patience;
    lab_patience_start(&patience);
    while (!watch->standing)
        if (!lab_patience_left(&patience))
            lab_fail_at(where, "the server has not entered the kernel again, "
                               "though it has something to do");
}

void watch_open_gate(void)
{
    watch->closed = false;
    watch->standing = false;
    sem_post(&watch->gate);
}

/* ---- In the process that is watched ---- */

/* The test goes on meanwhile; its transcript shall end at the same line each
 * time. */
void watch_fail(const char *format, ...)
{
    char words[400];
    va_list values;
    va_start(values, format);
    vsnprintf(words, sizeof words, format, values);
    va_end(values);
    if (getpid() != test_pid)
        proc_let_test_wait();
    lab_fail_at(begun_at, "%s", words);
}

bool watch_asks_for(enum watch_rules rules)
{
    return watch != NULL && watch->rules >= rules;
}

void watch_started(enum flight_kind kind)
{
    if (watch != NULL)
        watch->started[kind]++;
}

static void hold(int64_t bytes)
{
    int64_t held = atomic_fetch_add(&watch->held, bytes) + bytes;
    if (held > watch->held_most)
        watch->held_most = held;
}

void watch_completed(enum flight_kind kind, int result, size_t asked)
{
    if (watch == NULL)
        return;
    if (result > 0 && kind <= FLIGHT_SEND)
        watch->idle_calls = 0;
    if (kind == FLIGHT_RECEIVE && result > 0)
        hold(result);
    if (kind == FLIGHT_RECEIVE && result == -ENOBUFS)
        watch->no_buffers++;
    if (kind == FLIGHT_SEND && result > 0) {
        hold(-result);
        watch->short_sends += (size_t)result < asked;
    }
}

void watch_took_buffer(int count)
{
    if (watch != NULL)
        watch->buffers_taken += count;
}

static void pass_gate(void)
{
    if (!watch->closed)
        return;
    watch->standing = true;
    clock_wait_begin(CLOCK_WAIT_TIMED); /* it is the test that ends it */
    while (sem_wait(&watch->gate) == -1)
        continue;
    clock_wait_end();
}

/* Whether or not it enters the kernel. */
static void count_call(void)
{
    if (watch != NULL && ++watch->idle_calls > IDLE_CALLS_MAX)
        watch_fail("it turns in circles: %s times in a row it has asked the "
                   "kernel, and no byte and no client has come or gone "
                   "(uring.h, rule 5)",
                   lab_number(IDLE_CALLS_MAX));
}

/*
 * Before a call that enters the kernel. What lies below `frame`, where the
 * caller's frame begins, is no living function's.
 */
static void enter(const void *frame, enum clock_wait_kind kind)
{
    if (watch == NULL)
        return;
    if (watch_asks_for(WATCH_MEMORY))
        flights_check(frame);
    pass_gate();
    watch->enters++;
    if (kind == CLOCK_NO_WAIT)
        return;
    clock_wait_begin(flights_timed() ? CLOCK_WAIT_TIMED : kind);
    watch->waited = true;
}

/* After one. Gives what it returned. */
static int leave(int result)
{
    clock_wait_end();
    return result;
}

/* How a call waits for so many completions. */
static enum clock_wait_kind kind_of_wait(unsigned wait, bool has_timeout)
{
    return wait == 0     ? CLOCK_NO_WAIT
           : has_timeout ? CLOCK_WAIT_TIMED
                         : CLOCK_WAIT_ENDLESS;
}

static void refuse_kernel_thread(unsigned flags)
{
    if (flags & IORING_SETUP_SQPOLL)
        watch_fail("the ring is made with IORING_SETUP_SQPOLL: a kernel thread "
                   "polls in place of calls that could be counted (uring.h, "
                   "rule 5)");
}

/* ---- The other end of ld --wrap: liburing ---- */

#define FRAME __builtin_frame_address(0)

int __wrap_io_uring_queue_init(unsigned entries, struct io_uring *ring,
                               unsigned flags)
{
    refuse_kernel_thread(flags);
    return io_uring_queue_init(entries, ring, flags);
}

int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *ring,
                                      struct io_uring_params *params)
{
    refuse_kernel_thread(params->flags);
    return io_uring_queue_init_params(entries, ring, params);
}

int __wrap_io_uring_submit(struct io_uring *ring)
{
    count_call();
    if (io_uring_sq_ready(ring) > 0)
        enter(FRAME, CLOCK_NO_WAIT);
    return io_uring_submit(ring);
}

int __wrap_io_uring_submit_and_wait(struct io_uring *ring, unsigned wait)
{
    count_call();
    if (wait > 0 || io_uring_sq_ready(ring) > 0)
        enter(FRAME, kind_of_wait(wait, false));
    return leave(io_uring_submit_and_wait(ring, wait));
}

int __wrap_io_uring_submit_and_wait_timeout(struct io_uring *ring,
                                            struct io_uring_cqe **cqe,
                                            unsigned wait,
                                            struct __kernel_timespec *time,
                                            sigset_t *mask)
{
    count_call();
    if (wait > 0 || io_uring_sq_ready(ring) > 0)
        enter(FRAME, kind_of_wait(wait, time != NULL));
    return leave(io_uring_submit_and_wait_timeout(ring, cqe, wait, time, mask));
}

/* Where enough has completed already, the kernel is not asked. */
int __wrap___io_uring_get_cqe(struct io_uring *ring, struct io_uring_cqe **cqe,
                              unsigned submit, unsigned wait, sigset_t *mask)
{
    count_call();
    if (submit > 0 || io_uring_cq_ready(ring) < wait)
        enter(FRAME, kind_of_wait(wait, false));
    return leave(__io_uring_get_cqe(ring, cqe, submit, wait, mask));
}

int __wrap_io_uring_wait_cqes(struct io_uring *ring, struct io_uring_cqe **cqe,
                              unsigned wait, struct __kernel_timespec *time,
                              sigset_t *mask)
{
    count_call();
    if (io_uring_cq_ready(ring) < wait)
        enter(FRAME, kind_of_wait(wait, time != NULL));
    return leave(io_uring_wait_cqes(ring, cqe, wait, time, mask));
}

int __wrap_io_uring_wait_cqe_timeout(struct io_uring *ring,
                                     struct io_uring_cqe **cqe,
                                     struct __kernel_timespec *time)
{
    count_call();
    if (io_uring_cq_ready(ring) == 0)
        enter(FRAME, CLOCK_WAIT_TIMED);
    return leave(io_uring_wait_cqe_timeout(ring, cqe, time));
}
