/*
 * lent_buffers.c: what uring_echo.c does with the buffers of a buffer_ring.
 *
 * buffer_ring.c itself knows whose a buffer is. Here it is seen whether an
 * operation uses one that is the kernel's again.
 */
#include "flights.h"

#include "buffer_ring.h"

#define GIVEN_MAX 32768

static struct span given[GIVEN_MAX]; /* back to the kernel */
static int given_count;

bool buffers_lent(const struct span *span)
{
    for (int i = 0; i < given_count; i++)
        if (spans_overlap(&given[i], span))
            return true;
    return false;
}

/* It is the server's again. */
static void forget_given(const unsigned char *data)
{
    for (int i = 0; i < given_count; i++)
        if (given[i].data == data) {
            given[i] = given[--given_count];
            return;
        }
}

static void note_given(const struct span *buffer)
{
    if (given_count < GIVEN_MAX)
        given[given_count++] = *buffer;
}

unsigned __wrap_buffer_ring_take(struct buffer_ring *buffers, unsigned flags)
{
    unsigned number = buffer_ring_take(buffers, flags);
    watch_took_buffer(1);
    forget_given(buffer_ring_data(buffers, number));
    return number;
}

void __wrap_buffer_ring_give_back(struct buffer_ring *buffers, unsigned number)
{
    struct span buffer = {buffer_ring_data(buffers, number), 0};
    buffer.len = (size_t)(buffer_ring_data(buffers, number + 1) - buffer.data);
    const char *user = flights_using(&buffer);
    if (user != NULL && watch_asks_for(WATCH_MEMORY))
        watch_fail("a buffer is given back while %s in flight uses it "
                   "(uring_echo.h, rule 3)",
                   user);
    buffer_ring_give_back(buffers, number);
    watch_took_buffer(-1);
    note_given(&buffer);
}

void __wrap_buffer_ring_close(struct buffer_ring *buffers)
{
    const char *user = NULL;
    if (buffers != NULL)
        user = flights_of_group(buffer_ring_group(buffers));
    if (user != NULL)
        watch_fail("buffer_ring_close() while %s is in flight that takes its "
                   "buffers",
                   user);
    given_count = 0;
    buffer_ring_close(buffers);
}
