/*
 * event_loop.c: an event loop on epoll.
 *
 *            +--------------------------------------------------+
 *            v                                                  |
 *      epoll_wait  ->  descriptors  ->  timers  ->  deferred ---+
 *      (a batch)       fn(fd)           fn(at)      fn()
 *
 * Between epoll_wait and the last callback of its batch the batch is old news:
 * a callback may have removed, closed and reused what stands further down in
 * it. So
 *
 * Invariants
 *  1. An event names a registration, not a descriptor: the kernel keeps for us
 *     the number and the generation of the watch, which no later watch of the
 *     same number has. An event whose generation is past is dropped.
 *  2. A callback may do anything, so no pointer into a table of ours is used
 *     after one has been called: tables move when they grow.
 *  3. A timer's handle is its slot and the slot's generation, for the same
 *     reason. A slot is free, and its handle dead, before its function is
 *     called.
 *  4. Nothing is called under the lock.
 *
 * Threads: `waiting` is under `lock`, `stopped` is atomic; all else belongs to
 * the thread in loop_run().
 */
#include "event_loop.h"

#include "deadline_heap.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* What one epoll_wait takes. The rest stays ready and comes next: the kernel
 * takes turns among those that are (epoll_wait(2), "NOTES"). */
#define BATCH_EVENTS 512

#define NO_SLOT UINT32_MAX

/* One descriptor's registration; its index in the table is the number. */
struct watch {
    loop_fd_fn *fn; /* NULL: nobody watches this number */
    void *user;
    unsigned events;
    uint32_t generation; /* how many watches this number has had */
};

struct timer {
    loop_timer_fn *fn;
    void *user;
    uint32_t generation;        /* how many timers this slot has had */
    uint32_t next_free;         /* while it is free */
    struct deadline_heap *heap; /* that it is in; NULL: it is free */
};

struct call {
    loop_call_fn *fn;
    void *user;
};

struct calls {
    struct call *list;
    size_t count, room;
};

struct loop {
    int epoll_fd;
    uint64_t now;

    struct watch *watches;
    int watches_len;

    struct deadline_heap deadlines; /* of the timers, by slot */
    struct deadline_heap held_back; /* of those that wait for the next turn */
    bool calling_timers;            /* what is started now is held back */
    struct timer *timers;
    uint32_t timers_len;
    uint32_t free_timer; /* the first free slot, or NO_SLOT */

    struct calls calling; /* being called in this turn */
    size_t called;        /* how many of them are done */

    atomic_bool stopped;
    int wake_fd; /* an eventfd: makes epoll_wait return */
    pthread_mutex_t lock;
    struct calls waiting; /* under lock: for the end of this turn */
};

/* ---- Step 4: the clock ---- */

static uint64_t read_clock(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * LOOP_SECOND + (uint64_t)time.tv_nsec;
}

uint64_t loop_now(const struct loop *loop)
{
    return loop->now;
}

/* ---- Steps 1 and 5: descriptors ---- */

static uint32_t epoll_events_of(unsigned events)
{
    return (events & LOOP_READABLE ? EPOLLIN : 0u) |
           (events & LOOP_WRITABLE ? EPOLLOUT : 0u);
}

static unsigned events_of(uint32_t epoll_events)
{
    return (epoll_events & EPOLLIN ? LOOP_READABLE : 0) |
           (epoll_events & EPOLLOUT ? LOOP_WRITABLE : 0) |
           (epoll_events & (EPOLLERR | EPOLLHUP) ? LOOP_ENDED : 0);
}

/* The watch of this number, or NULL. */
static struct watch *find_watch(const struct loop *loop, int fd)
{
    if (fd < 0 || fd >= loop->watches_len || loop->watches[fd].fn == NULL)
        return NULL;
    return &loop->watches[fd];
}

static int tell_kernel(const struct loop *loop, int what, int fd,
                       const struct watch *watch)
{
    struct epoll_event event = {
        .events = epoll_events_of(watch->events),
        .data.u64 = (uint64_t)watch->generation << 32 | (uint32_t)fd,
    };
    return epoll_ctl(loop->epoll_fd, what, fd, &event) < 0 ? -errno : 0;
}

/* Numbers are small and dense, as the kernel gives out the lowest free one: an
 * array is the fastest table there is. */
static int grow_watches(struct loop *loop, int fd)
{
    if (fd < loop->watches_len)
        return 0;
    int len = loop->watches_len < 64 ? 64 : loop->watches_len;
    while (len <= fd)
        len *= 2;
    struct watch *watches =
        reallocarray(loop->watches, (size_t)len, sizeof *watches);
    if (watches == NULL)
        return -ENOMEM;
    memset(watches + loop->watches_len, 0,
           (size_t)(len - loop->watches_len) * sizeof *watches);
    loop->watches = watches;
    loop->watches_len = len;
    return 0;
}

int loop_add(struct loop *loop, int fd, unsigned events, loop_fd_fn *fn,
             void *user)
{
    if (fd < 0)
        return -EBADF;
    if (find_watch(loop, fd) != NULL)
        return -EEXIST;
    int err = grow_watches(loop, fd);
    if (err < 0)
        return err;
    struct watch watch = {
        .fn = fn,
        .user = user,
        .events = events,
        .generation = loop->watches[fd].generation + 1,
    };
    err = tell_kernel(loop, EPOLL_CTL_ADD, fd, &watch);
    if (err == 0)
        loop->watches[fd] = watch;
    return err;
}

int loop_modify(struct loop *loop, int fd, unsigned events)
{
    struct watch *watch = find_watch(loop, fd);
    if (watch == NULL)
        return -ENOENT;
    struct watch changed = *watch;
    changed.events = events;
    int err = tell_kernel(loop, EPOLL_CTL_MOD, fd, &changed);
    if (err == 0)
        *watch = changed;
    return err;
}

/*
 * The kernel is told, although a close would do: epoll(7), Q6: a descriptor
 * leaves the set only when "all file descriptors referring to the same open
 * file description have been closed". A child or a dup(2) may have one.
 */
int loop_remove(struct loop *loop, int fd)
{
    struct watch *watch = find_watch(loop, fd);
    if (watch == NULL)
        return -ENOENT;
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    watch->fn = NULL; /* the generation stays: the next watch goes on from it */
    watch->user = NULL;
    return 0;
}

/* One event of a batch, if it is still true. */
static void dispatch(struct loop *loop, const struct epoll_event *event)
{
    int fd = (int)(uint32_t)event->data.u64;
    const struct watch *watch = find_watch(loop, fd);

    if (watch == NULL || watch->generation != event->data.u64 >> 32)
        return; /* of a watch that is gone; see invariant 1 */
    unsigned events = events_of(event->events) & (watch->events | LOOP_ENDED);
    if (events != 0)
        watch->fn(loop, fd, events, watch->user);
}

/* ---- Step 4: timers ---- */

static int grow_timers(struct loop *loop)
{
    uint32_t len = loop->timers_len == 0 ? 16 : loop->timers_len * 2;
    int err = deadline_heap_reserve(&loop->deadlines, len);
    if (err < 0)
        return err;
    struct timer *timers = reallocarray(loop->timers, len, sizeof *timers);
    if (timers == NULL)
        return -ENOMEM;
    for (uint32_t slot = loop->timers_len; slot < len; slot++)
        timers[slot] =
            (struct timer){.next_free = slot + 1 < len ? slot + 1 : NO_SLOT};
    loop->free_timer = loop->timers_len;
    loop->timers = timers;
    loop->timers_len = len;
    return 0;
}

static struct deadline_heap *heap_for_new_timer(struct loop *loop)
{
    return loop->calling_timers ? &loop->held_back : &loop->deadlines;
}

int loop_timer_start(struct loop *loop, uint64_t at, loop_timer_fn *fn,
                     void *user, uint64_t *timer)
{
    struct deadline_heap *heap = heap_for_new_timer(loop);
    int err = 0;
    if (loop->free_timer == NO_SLOT)
        err = grow_timers(loop);
    uint32_t slot = loop->free_timer;
    if (err == 0)
        err = deadline_heap_push(heap, at, slot);
    if (err < 0)
        return err;
    struct timer *t = &loop->timers[slot];
    loop->free_timer = t->next_free;
    t->fn = fn;
    t->user = user;
    t->generation++; /* from 1 on: no handle is 0 */
    t->heap = heap;
    if (timer != NULL)
        *timer = (uint64_t)t->generation << 32 | slot;
    return 0;
}

/* Out of the heap; the slot is free, and its handle means nothing. */
static void end_timer(struct loop *loop, uint32_t slot)
{
    struct timer *t = &loop->timers[slot];
    deadline_heap_remove(t->heap, slot);
    t->heap = NULL;
    t->next_free = loop->free_timer;
    loop->free_timer = slot;
}

int loop_timer_cancel(struct loop *loop, uint64_t timer)
{
    uint32_t slot = (uint32_t)timer;
    if (slot >= loop->timers_len || loop->timers[slot].heap == NULL ||
        loop->timers[slot].generation != timer >> 32)
        return -ENOENT;
    end_timer(loop, slot);
    return 0;
}

/* Those held back join the others, in the order of their start where `at` is
 * equal. grow_timers() has made room for them. */
static void let_in_held_back(struct loop *loop)
{
    const struct deadline *first;
    while ((first = deadline_heap_first(&loop->held_back)) != NULL) {
        struct deadline deadline = *first;
        deadline_heap_remove(&loop->held_back, deadline.slot);
        deadline_heap_push(&loop->deadlines, deadline.at, deadline.slot);
        loop->timers[deadline.slot].heap = &loop->deadlines;
    }
}

/*
 * Call what is due. What these calls start is held back until the next turn, in
 * a heap of its own: a timer that starts itself anew for a moment that is past
 * would keep us here for ever, and, being the earliest, all others from their
 * turn.
 */
static void call_timers(struct loop *loop)
{
    const struct deadline *first;
    loop->calling_timers = true;
    while (!loop->stopped &&
           (first = deadline_heap_first(&loop->deadlines)) != NULL &&
           first->at <= loop->now) {
        uint64_t at = first->at;
        struct timer due = loop->timers[first->slot];
        end_timer(loop, first->slot);
        due.fn(loop, at, due.user);
    }
    loop->calling_timers = false;
    let_in_held_back(loop);
}

/* ---- Steps 5 and 9: deferred and posted calls ---- */

static int add_call(struct calls *calls, struct call call)
{
    if (calls->count == calls->room) {
        size_t room = calls->room == 0 ? 16 : calls->room * 2;
        struct call *list = reallocarray(calls->list, room, sizeof *list);
        if (list == NULL)
            return -ENOMEM;
        calls->list = list;
        calls->room = room;
    }
    calls->list[calls->count++] = call;
    return 0;
}

/* Make the loop's wait end, now or when it begins. It can't fail: the counter
 * of an eventfd is full after 2^64 - 2, and it is non-blocking then. */
static void wake(const struct loop *loop)
{
    const uint64_t one = 1;
    ssize_t ignored = write(loop->wake_fd, &one, sizeof one);
    (void)ignored;
}

static void on_wake(struct loop *loop, int fd, unsigned events, void *user)
{
    uint64_t count;
    ssize_t ignored = read(fd, &count, sizeof count); /* not readable now */
    (void)ignored;
    (void)loop;
    (void)events;
    (void)user;
}

int loop_defer(struct loop *loop, loop_call_fn *fn, void *user)
{
    pthread_mutex_lock(&loop->lock);
    int err = add_call(&loop->waiting, (struct call){fn, user});
    pthread_mutex_unlock(&loop->lock);
    return err;
}

/*
 * The call is in the list before the loop is woken. Were it the other way
 * round, the loop could wake, see nothing, and sleep on it.
 */
int loop_post(struct loop *loop, loop_call_fn *fn, void *user)
{
    int err = loop_defer(loop, fn, user);
    if (err == 0)
        wake(loop);
    return err;
}

static bool has_calls(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    bool any = loop->waiting.count > 0;
    pthread_mutex_unlock(&loop->lock);
    return any || loop->called < loop->calling.count;
}

/* The two lists change places: what is deferred from now on is for the next
 * turn, and no memory is needed while the lists are long enough. */
static void take_waiting(struct loop *loop)
{
    struct calls done = loop->calling;
    done.count = 0;
    pthread_mutex_lock(&loop->lock);
    loop->calling = loop->waiting;
    loop->waiting = done;
    pthread_mutex_unlock(&loop->lock);
    loop->called = 0;
}

static void call_deferred(struct loop *loop)
{
    if (loop->called == loop->calling.count) /* else a stop left some */
        take_waiting(loop);
    while (!loop->stopped && loop->called < loop->calling.count) {
        struct call call = loop->calling.list[loop->called++];
        call.fn(loop, call.user);
    }
}

/* ---- Step 1: running ---- */

/*
 * For epoll_wait: until the next deadline, rounded up. Rounded down, the last
 * part of a millisecond would be a wait of 0, again and again.
 */
static int timeout_ms(struct loop *loop)
{
    if (has_calls(loop))
        return 0;
    const struct deadline *first = deadline_heap_first(&loop->deadlines);
    if (first == NULL)
        return -1;
    uint64_t now = read_clock(); /* callbacks may have taken their time */
    if (first->at <= now)
        return 0;
    uint64_t left = first->at - now;
    uint64_t ms =
        left / LOOP_MILLISECOND + (left % LOOP_MILLISECOND != 0 ? 1 : 0);
    return ms < INT_MAX ? (int)ms : INT_MAX; /* 24 days: then wait again */
}

/* Wait once, and call all that is to be called. */
static int turn(struct loop *loop)
{
    struct epoll_event batch[BATCH_EVENTS];
    int count =
        epoll_wait(loop->epoll_fd, batch, BATCH_EVENTS, timeout_ms(loop));
    if (count < 0 && errno != EINTR)
        return -errno;
    loop->now = read_clock();
    for (int i = 0; i < count && !loop->stopped; i++)
        dispatch(loop, &batch[i]);
    call_timers(loop);
    if (!loop->stopped)
        call_deferred(loop);
    return 0;
}

int loop_run(struct loop *loop)
{
    int err = 0;
    loop->now = read_clock();
    while (err == 0 && !loop->stopped)
        err = turn(loop);
    loop->stopped = false;
    return err;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
    wake(loop); /* for a loop that waits while another thread stops it */
}

int loop_open(struct loop **out)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return -ENOMEM;
    pthread_mutex_init(&loop->lock, NULL);
    loop->free_timer = NO_SLOT;
    loop->now = read_clock();
    loop->wake_fd = -1;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int err = loop->epoll_fd < 0 ? -errno : 0;
    if (err == 0) {
        loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        err = loop->wake_fd < 0 ? -errno : 0;
    }
    if (err == 0)
        err = loop_add(loop, loop->wake_fd, LOOP_READABLE, on_wake, NULL);
    if (err < 0)
        loop_close(loop);
    else
        *out = loop;
    return err;
}

void loop_close(struct loop *loop)
{
    if (loop == NULL)
        return;
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    pthread_mutex_destroy(&loop->lock);
    deadline_heap_release(&loop->deadlines);
    deadline_heap_release(&loop->held_back);
    free(loop->timers);
    free(loop->watches);
    free(loop->calling.list);
    free(loop->waiting.list);
    free(loop);
}
