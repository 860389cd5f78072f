/*
 * ring_run.c: see ring_run.h.
 */
#include "ring_run.h"

#include "stuck.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

/* ---- Operations ---- */

/* Whether this call of `done` is one that stops the ring. */
static bool stops(const struct call *call)
{
    return call->calls == call->stop_at ||
           (call->together != NULL &&
            call->together->calls >= call->together_stop_at);
}

static void on_done(struct uring *uring, struct uring_op *op, int result,
                    unsigned flags)
{
    struct call *call = op->user;
    lab_check(op == &call->op, "`done` gets its own op");
    call->calls++;
    call->uring = uring;
    call->result = result;
    call->flags = flags;
    if (call->together != NULL)
        call->together->calls++;
    if (call->then != NULL && (!stops(call) || call->other != NULL))
        call->then(call);
    if (stops(call))
        uring_stop(uring);
}

void call_init(struct call *call, int stop_at)
{
    *call = (struct call){.op = {on_done, call}, .stop_at = stop_at};
}

void count_into(struct call *call, struct count *count, int stop_at)
{
    call->together = count;
    call->together_stop_at = stop_at;
}

void start_nop(struct uring *uring, struct call *call)
{
    struct io_uring_sqe what = {0};
    io_uring_prep_nop(&what);
    lab_ok(uring_start(uring, &call->op, &what));
}

void start_read(struct uring *uring, struct call *call, int fd, char *bytes,
                size_t len)
{
    struct io_uring_sqe what = {0};
    io_uring_prep_read(&what, fd, bytes, (unsigned)len, 0);
    lab_ok(uring_start(uring, &call->op, &what));
}

/* ---- A run that ends ---- */

#define LOOK_MS 20

struct patience {
    struct lab_where where;
    pid_t runner; /* the thread that runs the ring */
    sem_t over;
};

/* Whether the run ends in the next moment. */
static bool ends_soon(struct patience *patience)
{
    struct timespec until;
    int err;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    do
        err = sem_timedwait(&patience->over, &until);
    while (err == -1 && errno == EINTR);
    return err == 0;
}

/* Seen asleep twice in the same wait: nothing will end it. */
static void *lose_patience(void *argument)
{
    struct patience *patience = argument;
    uint64_t wait = 0;
    for (int ms = 0; ms < LAB_PATIENCE_MS; ms += LOOK_MS) {
        if (ends_soon(patience))
            return NULL;
        uint64_t before = wait;
        wait = stuck_thread(patience->runner) ? clock_wait_now().number : 0;
        if (wait != 0 && wait == before)
            break;
    }
    lab_fail_at(patience->where,
                "uring_run() waits, though what was started is done by now "
                "and its `done` would stop the ring");
}

void run_at(struct lab_where where, struct uring *uring)
{
    struct patience patience = {.where = where, .runner = gettid()};
    pthread_t thread;
    sem_init(&patience.over, 0, 0);
    lab_check(pthread_create(&thread, NULL, lose_patience, &patience) == 0,
              "the test can start a thread");
    lab_ok_at(where, uring_run(uring), "uring_run()");
    sem_post(&patience.over);
    pthread_join(thread, NULL);
}

/* ---- Pipes ---- */

void make_pipe(int fds[2])
{
    lab_sys(pipe2(fds, O_CLOEXEC));
}

void close_pipe(const int fds[2])
{
    close(fds[0]);
    close(fds[1]);
}
