/*
 * uring.c: operations and their completions, on io_uring.
 *
 *      submission queue                         completion queue
 *      user_data = the op                       user_data = the op
 *   uring_start() ---> [ ][ ][ ] ---> kernel ---> [ ][ ][ ] ---> op->done()
 *                         \______ one io_uring_enter ______/
 *
 * Invariants
 *  1. What is in the submission queue is submitted by the call that waits, so
 *     a turn costs one system call however many operations it starts.
 *  2. A completion leaves the queue before its function is called: that
 *     function may submit, stop, or be the last to know the op.
 *
 * Threads: the one that opened the ring.
 */
#include "uring.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

struct uring {
    struct io_uring ring;
    bool stopped;
};

/* ---- For speed alone ---- */

/*
 * SINGLE_ISSUER and DEFER_TASKRUN (Linux 6.1): the kernel leaves the second
 * half of an operation until we wait, in place of interrupting us for each.
 * A registered ring is found without a lookup in the table of descriptors.
 */
static int init_ring(unsigned entries, struct io_uring *ring)
{
#ifndef PLAIN
    struct io_uring_params fast = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
    };
    if (io_uring_queue_init_params(entries, ring, &fast) == 0) {
        io_uring_register_ring_fd(ring);
        return 0;
    }
#endif
    return io_uring_queue_init(entries, ring, 0);
}

/* ---- Open and close ---- */

int uring_open(unsigned entries, struct uring **out)
{
    struct uring *uring = calloc(1, sizeof *uring);
    if (uring == NULL)
        return -ENOMEM;
    int err = init_ring(entries, &uring->ring);
    if (err < 0) {
        free(uring);
        return err;
    }
    *out = uring;
    return 0;
}

void uring_close(struct uring *uring)
{
    if (uring == NULL)
        return;
    io_uring_queue_exit(&uring->ring);
    free(uring);
}

struct io_uring *uring_ring(struct uring *uring)
{
    return &uring->ring;
}

/* ---- Operations ---- */

int uring_start(struct uring *uring, struct uring_op *op,
                const struct io_uring_sqe *what)
{
    struct io_uring_sqe *slot = io_uring_get_sqe(&uring->ring);
    if (slot == NULL) {
        int submitted = io_uring_submit(&uring->ring);
        if (submitted < 0)
            return submitted;
        slot = io_uring_get_sqe(&uring->ring);
    }
    if (slot == NULL)
        return -EBUSY;
    *slot = *what;
    io_uring_sqe_set_data(slot, op);
    return 0;
}

/* Take the first completion out of the queue, if there is one. */
static bool take_completion(struct io_uring *ring, struct io_uring_cqe *out)
{
    struct io_uring_cqe *first;
    if (io_uring_peek_cqe(ring, &first) != 0)
        return false;
    *out = *first;
    io_uring_cqe_seen(ring, first);
    return true;
}

/* Call for what is there now. What comes meanwhile is for the next turn, or
 * what is started here would never be submitted. */
static void complete_all(struct uring *uring)
{
    unsigned ready = io_uring_cq_ready(&uring->ring);
    struct io_uring_cqe cqe;
    while (ready-- > 0 && !uring->stopped &&
           take_completion(&uring->ring, &cqe)) {
        struct uring_op *op = io_uring_cqe_get_data(&cqe);
        op->done(uring, op, cqe.res, cqe.flags);
    }
}

/* EBUSY, EAGAIN: the kernel wants its completions taken, or memory, first. */
static bool passes(int err)
{
    return err == -EINTR || err == -EAGAIN || err == -EBUSY;
}

int uring_run(struct uring *uring)
{
    uring->stopped = false;
    while (!uring->stopped) {
        int submitted = io_uring_submit_and_wait(&uring->ring, 1);
        if (submitted < 0 && !passes(submitted))
            return submitted;
        complete_all(uring);
    }
    return 0;
}

void uring_stop(struct uring *uring)
{
    uring->stopped = true;
}
