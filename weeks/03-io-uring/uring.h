/*
 * uring.h: the contract of week 03's first half: operations that the kernel
 * does by itself, and a function of yours that is called when one is done.
 *
 * The loop of week 02 says when a call would not block, and you make it. Here
 * you say what is to be done, and are called with what came of it. One turn is
 *
 *     submit       everything that was started since the last turn
 *     wait         until an operation is done: the same system call
 *     completions  each that is there gets one call
 *
 * You write these functions in uring.c, on liburing.
 *
 * Rules that hold for every function:
 *  1. It returns 0 or -errno, never -EINTR. It prints nothing.
 *  2. An operation is in flight from uring_start() until the call of its
 *     `done` with flags that lack IORING_CQE_F_MORE. Until then the kernel may
 *     touch what it was given: the uring_op and the memory that it reads or
 *     fills stay where they are, whatever happens to the connection.
 *  3. The kernel may do them in any order, and two at once.
 *  4. A ring belongs to the thread that opened it. No state is global.
 *  5. It does not poll: a ring that has nothing to do sleeps in the kernel,
 *     and no kernel thread works in its place (no IORING_SETUP_SQPOLL).
 *
 * -ENOSYS means: not written yet.
 */
#ifndef URING_H
#define URING_H

#include <liburing.h>

struct uring;
struct uring_op;

/*
 * What is called when an operation has come to something.
 *   result   what the system call would have returned: 0 or a count, or
 *            -errno
 *   flags    of the completion: IORING_CQE_F_MORE: there will be further ones
 *            of this operation; IORING_CQE_F_BUFFER: buffer_ring.h
 * It may start operations, this one too when it is over, and stop the ring.
 */
typedef void uring_fn(struct uring *uring, struct uring_op *op, int result,
                      unsigned flags);

/* Who is called. It is part of what the operation is about (a client, say),
 * and is owned by whoever owns that. */
struct uring_op {
    uring_fn *done;
    void *user; /* yours */
};

/*
 * Make a ring.
 *   entries   operations that it can submit at once, a power of two; more may
 *             be started in a turn, and many more be in flight
 *   uring     out: owned by the caller; release with uring_close()
 * Its descriptors are close-on-exec.
 * Returns 0.
 * Errors: -EPERM this kernel forbids io_uring; -ENOMEM, -EMFILE, -ENFILE;
 * -EINVAL entries is 0 or too many.
 * Source: handout step 1; io_uring_queue_init(3).
 */
int uring_open(unsigned entries, struct uring **uring);

/*
 * Give back the ring.
 *   uring   taken; NULL is allowed
 * Requires: nothing is in flight but operations whose memory outlives the
 * process, as the kernel ends them later, and not inside uring_run().
 */
void uring_close(struct uring *uring);

/* The ring itself, for what liburing registers with it. Borrowed until
 * uring_close(). */
struct io_uring *uring_ring(struct uring *uring);

/*
 * Start an operation: it is submitted with the next turn, or now where more
 * have been started than the ring has entries.
 *   op     borrowed while it is in flight; op->done is called when it is done
 *   what   what to do, as io_uring_prep_recv(3) and its kin make it of one
 *          that was all zeros, with flags if there are any; its user_data
 *          becomes op, by which io_uring_prep_cancel(3) finds it. Borrowed for
 *          the call; what it points at, while the operation is in flight
 * Requires: op is not in flight.
 * Returns 0.
 * Errors: those of io_uring_submit(3) where it had to submit.
 * Source: handout step 1; io_uring_get_sqe(3).
 */
int uring_start(struct uring *uring, struct uring_op *op,
                const struct io_uring_sqe *what);

/*
 * Turn until uring_stop().
 * A turn makes one system call, io_uring_enter(2), whatever is started or done
 * in it (and one more for each ring full of operations that does not fit).
 * Requires: not inside a completion of this ring.
 * Returns 0 after uring_stop(); it may be called again then, and goes on.
 * Errors: those of io_uring_enter(2) that do not pass.
 * Source: handout step 1; io_uring_submit_and_wait(3).
 */
int uring_run(struct uring *uring);

/* End uring_run() from inside a completion: no other is called before it
 * returns. Completions that are there already, and operations that were
 * started, are for the next uring_run(). */
void uring_stop(struct uring *uring);

#endif
