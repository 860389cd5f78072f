/*
 * buffer_ring.c: a ring of buffers that is shared with the kernel. Given.
 *
 * The ring is an array of descriptions (address, length, number) with a tail
 * that we move and a head that only the kernel knows. It holds as many as
 * there are buffers, so it cannot overflow.
 *
 * Source: io_uring_register(2), IORING_REGISTER_PBUF_RING.
 */
#include "buffer_ring.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define GROUPS_MAX 65536

struct buffer_ring {
    struct io_uring *ring;
    struct io_uring_buf_ring *shared; /* with the kernel */
    unsigned char *data;
    bool *yours;
    unsigned count, bytes, taken;
    unsigned short group;
};

static _Noreturn void mistake(unsigned number, const char *what)
{
    fprintf(stderr, "buffer_ring: buffer %u %s\n", number, what);
    abort();
}

static size_t shared_bytes(unsigned count)
{
    return count * sizeof(struct io_uring_buf);
}

static void *map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

/* Under the first number that nobody uses on this ring. */
static int register_group(struct buffer_ring *buffers)
{
    struct io_uring_buf_reg what = {
        .ring_addr = (uintptr_t)buffers->shared,
        .ring_entries = buffers->count,
    };
    int err = -EEXIST;
    for (unsigned group = 0; group < GROUPS_MAX && err == -EEXIST; group++) {
        what.bgid = (unsigned short)group;
        err = io_uring_register_buf_ring(buffers->ring, &what, 0);
    }
    buffers->group = what.bgid;
    return err;
}

static void release(struct buffer_ring *buffers)
{
    if (buffers->shared != NULL)
        munmap(buffers->shared, shared_bytes(buffers->count));
    if (buffers->data != NULL)
        munmap(buffers->data, (size_t)buffers->count * buffers->bytes);
    free(buffers->yours);
    free(buffers);
}

static void lend(struct buffer_ring *buffers, unsigned number)
{
    buffers->yours[number] = false;
    io_uring_buf_ring_add(buffers->shared, buffer_ring_data(buffers, number),
                          buffers->bytes, (unsigned short)number,
                          io_uring_buf_ring_mask(buffers->count), 0);
    io_uring_buf_ring_advance(buffers->shared, 1);
}

int buffer_ring_open(struct io_uring *ring, unsigned count, unsigned bytes,
                     struct buffer_ring **out)
{
    if (count == 0 || count > 32768 || (count & (count - 1)) != 0)
        return -EINVAL;
    struct buffer_ring *buffers = calloc(1, sizeof *buffers);
    if (buffers == NULL)
        return -ENOMEM;
    buffers->ring = ring;
    buffers->count = count;
    buffers->bytes = bytes;
    buffers->yours = calloc(count, sizeof *buffers->yours);
    buffers->shared = map(shared_bytes(count));
    buffers->data = map((size_t)count * bytes);
    int err = -ENOMEM;
    if (buffers->yours != NULL && buffers->shared != NULL &&
        buffers->data != NULL)
        err = register_group(buffers);
    if (err < 0) {
        release(buffers);
        return err;
    }
    io_uring_buf_ring_init(buffers->shared);
    for (unsigned number = 0; number < count; number++)
        lend(buffers, number);
    *out = buffers;
    return 0;
}

void buffer_ring_close(struct buffer_ring *buffers)
{
    if (buffers == NULL)
        return;
    io_uring_unregister_buf_ring(buffers->ring, buffers->group);
    release(buffers);
}

unsigned short buffer_ring_group(const struct buffer_ring *buffers)
{
    return buffers->group;
}

unsigned buffer_ring_take(struct buffer_ring *buffers, unsigned flags)
{
    unsigned number = flags >> IORING_CQE_BUFFER_SHIFT;
    if (number >= buffers->count || !(flags & IORING_CQE_F_BUFFER))
        mistake(number, "is in no completion");
    if (buffers->yours[number])
        mistake(number, "was taken twice");
    buffers->yours[number] = true;
    buffers->taken++;
    return number;
}

unsigned char *buffer_ring_data(const struct buffer_ring *buffers,
                                unsigned number)
{
    return buffers->data + (size_t)number * buffers->bytes;
}

void buffer_ring_give_back(struct buffer_ring *buffers, unsigned number)
{
    if (number >= buffers->count)
        mistake(number, "does not exist");
    if (!buffers->yours[number])
        mistake(number, "was given back twice, or never taken");
    buffers->taken--;
    lend(buffers, number);
}

unsigned buffer_ring_taken(const struct buffer_ring *buffers)
{
    return buffers->taken;
}
