/*
 * buffer_ring.h: buffers that the kernel takes when it has something to put in
 * them (given; step 4).
 *
 * With an operation for each of ten thousand silent clients, a buffer for each
 * would be memory for nothing. So the kernel is lent a ring of buffers for all:
 * a receive with IOSQE_BUFFER_SELECT names only the ring (`buf_group`), and its
 * completion says in flags which buffer was taken. It is yours until you give
 * it back. When there is none left, the receive ends with -ENOBUFS.
 *
 *      lent to the kernel  ---- a completion names it ---->  yours
 *                          <--- buffer_ring_give_back() ---
 *
 * To give back a buffer twice, or one that was not taken, is a mistake that
 * would show as foreign bytes much later: it ends the process at once, with
 * words.
 *
 * Threads: the ring's.
 */
#ifndef BUFFER_RING_H
#define BUFFER_RING_H

#include <liburing.h>

struct buffer_ring;

/*
 * Make the buffers and lend all of them to the kernel.
 *   ring    borrowed until buffer_ring_close()
 *   count   how many; a power of two up to 32,768
 *   bytes   of each
 *   out     owned by the caller; release with buffer_ring_close()
 * Returns 0.
 * Errors: -ENOMEM; -EINVAL count is no such number, or the kernel is older
 * than 5.19; others of io_uring_register(2).
 */
int buffer_ring_open(struct io_uring *ring, unsigned count, unsigned bytes,
                     struct buffer_ring **out);

/* Requires: no operation is in flight that may take one, or is given one.
 * NULL is allowed. */
void buffer_ring_close(struct buffer_ring *buffers);

/* For sqe->buf_group. */
unsigned short buffer_ring_group(const struct buffer_ring *buffers);

/* The number of the buffer that this completion has taken; now it is yours.
 * Requires: flags & IORING_CQE_F_BUFFER. */
unsigned buffer_ring_take(struct buffer_ring *buffers, unsigned flags);

/* Its bytes. */
unsigned char *buffer_ring_data(const struct buffer_ring *buffers,
                                unsigned number);

/* Lend it to the kernel again. Requires: it is yours. */
void buffer_ring_give_back(struct buffer_ring *buffers, unsigned number);

/* How many are yours now. */
unsigned buffer_ring_taken(const struct buffer_ring *buffers);

#endif
