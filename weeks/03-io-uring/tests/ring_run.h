/*
 * ring_run.h: operations whose calls are noted, and a run that ends.
 */
#ifndef RING_RUN_H
#define RING_RUN_H

#include "lab.h"
#include "uring.h"

/* Completions of several operations together. */
struct count {
    int calls;
};

/* An operation, and what its `done` was told last. */
struct call {
    struct uring_op op;
    int stop_at; /* the call in which it stops the ring; 0: it does not */
    void (*then)(struct call *call); /* in each other call, and before a stop
                                        where `other` is set; or NULL */
    struct count *together;          /* the ring is stopped when these are so */
    int together_stop_at;            /* many; or NULL */

    int calls;
    struct uring *uring;
    int result;
    unsigned flags;

    struct call *other; /* for `then` */
    int fd;
    char *bytes;
};

void call_init(struct call *call, int stop_at);
void count_into(struct call *call, struct count *count, int stop_at);

void start_nop(struct uring *uring, struct call *call);
void start_read(struct uring *uring, struct call *call, int fd, char *bytes,
                size_t len);

/* Both are told by their names, "-EBADF (Bad file descriptor)". */
#define same_result(actual, expected, what) \
    lab_error_at(LAB_HERE, (actual), (expected), (what))

/* uring_run() until a `done` stops it. Fails if that never happens. Requires:
 * watch_begin(); what makes that happen has been done, and no timeout is
 * awaited. */
#define run(uring) run_at(LAB_HERE, (uring))
void run_at(struct lab_where where, struct uring *uring);

void make_pipe(int fds[2]);
void close_pipe(const int fds[2]);

#endif
