/*
 * uring_echo.c: an echo server as a machine of completions.
 *
 * A client has up to three operations in flight, each with its own completion:
 *
 *     receive   multishot: one for the client's whole life, unless the kernel
 *               ends it (no buffer) or we do (the client does not read)
 *     send      one at a time, or bytes would overtake each other
 *     cancel    of the receive
 *
 * and its bytes are in one of three places:
 *
 *     ring's buffer --> waiting --> outgoing --> the kernel
 *                                   in flight
 *
 * Invariants
 *  1. What is in flight does not move: `outgoing` is neither resized nor freed
 *     before its send is done. `waiting` is in no operation and may grow.
 *  2. A client is freed when it has ended and nothing of it is in flight: so
 *     no completion finds a client that is gone.
 *  3. A buffer of the ring stays with us beyond the completion that brought it
 *     only as `outgoing`, and at most half of all do. So there always are
 *     buffers to come, however many clients take nothing.
 *  4. Whatever completes, go_on() then starts what should be in flight and is
 *     not: it alone decides.
 *
 * Threads: the ring's.
 */
#include "uring_echo.h"

#include "buffer_ring.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NO_BUFFER (-1)

/* What waits is given so much memory first. */
#define FIRST_BYTES 4096

struct bytes {
    unsigned char *data;
    size_t len, size; /* used, allocated */
};

struct client {
    struct uring_echo *echo;
    struct client *next, **link; /* link: what points at this one */
    int fd;
    struct uring_op receive, send, cancel;
    bool receiving, sending, cancelling; /* in flight */
    bool ended;                          /* no byte will come any more */
    bool broken;                         /* and none is to be sent */
    struct bytes outgoing;               /* in flight while sending */
    size_t outgoing_sent;
    int outgoing_buffer; /* whose data is outgoing's, or NO_BUFFER */
    struct bytes waiting;
};

struct uring_echo {
    struct uring *uring;
    int listener;
    struct buffer_ring *buffers;
    unsigned buffers_count;
    struct uring_op accept, pause, cancel;
    bool accepting, pausing, cancelling; /* in flight */
    bool closing;
    struct client *clients;
    struct __kernel_timespec pause_time;
};

static void stop_if_over(struct uring_echo *echo);

/* ---- The end of a client ---- */

static void release_outgoing(struct client *c)
{
    if (c->outgoing_buffer != NO_BUFFER)
        buffer_ring_give_back(c->echo->buffers, (unsigned)c->outgoing_buffer);
    else
        free(c->outgoing.data);
    c->outgoing = (struct bytes){0};
    c->outgoing_buffer = NO_BUFFER;
    c->outgoing_sent = 0;
}

/* Requires: nothing of it is in flight. */
static void client_free(struct client *c)
{
    release_outgoing(c);
    free(c->waiting.data);
    close(c->fd);
    *c->link = c->next;
    if (c->next != NULL)
        c->next->link = c->link;
    stop_if_over(c->echo);
    free(c);
}

/*
 * The connection is of no use any more. shutdown(2) makes the kernel end what
 * is in flight; the completions of that are still to come, and the client is
 * freed after the last of them.
 */
static void give_up(struct client *c)
{
    c->ended = c->broken = true;
    shutdown(c->fd, SHUT_RDWR);
}

/* ---- Step 5: bytes that wait ---- */

static bool make_room(struct bytes *bytes, size_t len)
{
    size_t size = bytes->size > 0 ? bytes->size : FIRST_BYTES;
    while (size < bytes->len + len)
        size *= 2;
    if (size == bytes->size)
        return true;
    unsigned char *data = realloc(bytes->data, size);
    if (data == NULL)
        return false;
    bytes->data = data;
    bytes->size = size;
    return true;
}

/* Copy it behind what waits already. */
static void wait_with_copy(struct client *c, const void *data, size_t len)
{
    if (!make_room(&c->waiting, len)) {
        give_up(c);
        return;
    }
    memcpy(c->waiting.data + c->waiting.len, data, len);
    c->waiting.len += len;
}

static size_t pending_bytes(const struct client *c)
{
    return c->waiting.len + c->outgoing.len - c->outgoing_sent;
}

/* ---- For speed alone ---- */

/*
 * Where nothing is before it a message is sent out of the buffer that it came
 * in, and not copied. A client that takes nothing keeps that buffer, so this
 * is done with half of them only.
 */
static bool send_in_place(struct client *c, unsigned number, size_t len)
{
#ifdef PLAIN
    (void)c, (void)number, (void)len;
    return false;
#else
    struct uring_echo *echo = c->echo;
    if (pending_bytes(c) > 0 ||
        buffer_ring_taken(echo->buffers) > echo->buffers_count / 2)
        return false;
    c->outgoing.data = buffer_ring_data(echo->buffers, number);
    c->outgoing.len = len;
    c->outgoing_buffer = (int)number;
    return true;
#endif
}

/* ---- Steps 2 to 5: what a client has in flight ---- */

static void start_receive(struct client *c)
{
    struct io_uring_sqe what = {0};
    io_uring_prep_recv_multishot(&what, c->fd, NULL, 0, 0);
    what.flags |= IOSQE_BUFFER_SELECT;
    what.buf_group = buffer_ring_group(c->echo->buffers);
    c->receiving = uring_start(c->echo->uring, &c->receive, &what) == 0;
    if (!c->receiving)
        give_up(c);
}

/* MSG_NOSIGNAL: week 01, step 7. */
static void start_send(struct client *c)
{
    struct io_uring_sqe what = {0};
    io_uring_prep_send(&what, c->fd, c->outgoing.data + c->outgoing_sent,
                       c->outgoing.len - c->outgoing_sent, MSG_NOSIGNAL);
    c->sending = uring_start(c->echo->uring, &c->send, &what) == 0;
    if (!c->sending)
        give_up(c);
}

static void start_cancel(struct client *c)
{
    struct io_uring_sqe what = {0};
    io_uring_prep_cancel(&what, &c->receive, 0);
    c->cancelling = uring_start(c->echo->uring, &c->cancel, &what) == 0;
    if (!c->cancelling)
        give_up(c);
}

static void go_on_sending(struct client *c)
{
    if (c->outgoing.len == 0) { /* next is what waits, all of it at once */
        c->outgoing = c->waiting;
        c->waiting = (struct bytes){0};
    }
    if (c->outgoing.len > 0)
        start_send(c);
}

static void go_on_receiving(struct client *c)
{
    bool full = pending_bytes(c) >= URING_ECHO_PENDING_BYTES;
    if (c->cancelling)
        return;
    if (!c->receiving && !full)
        start_receive(c);
    else if (c->receiving && full)
        start_cancel(c);
}

static void go_on(struct client *c)
{
    if (!c->sending && !c->broken)
        go_on_sending(c);
    if (!c->ended)
        go_on_receiving(c);
    if (c->ended && !c->receiving && !c->sending && !c->cancelling)
        client_free(c);
}

/* ---- Steps 2 to 5: completions ---- */

/* Takes the buffer. */
static void on_message(struct client *c, unsigned number, size_t len)
{
    struct buffer_ring *buffers = c->echo->buffers;
    if (!c->broken && send_in_place(c, number, len))
        return;
    if (!c->broken && len > 0)
        wait_with_copy(c, buffer_ring_data(buffers, number), len);
    buffer_ring_give_back(buffers, number);
}

/* The receive has ended, and the connection has not: another may follow. */
static bool is_passing(int result)
{
    return result == -ENOBUFS || result == -ECANCELED || result == -EINTR ||
           result == -EAGAIN;
}

static void on_receive(struct uring *uring, struct uring_op *op, int result,
                       unsigned flags)
{
    struct client *c = op->user;
    (void)uring;
    c->receiving = flags & IORING_CQE_F_MORE;
    if (flags & IORING_CQE_F_BUFFER)
        on_message(c, buffer_ring_take(c->echo->buffers, flags),
                   result > 0 ? (size_t)result : 0);
    if (result == 0)
        c->ended = true;
    else if (result < 0 && !is_passing(result))
        give_up(c);
    go_on(c);
}

/* A short count is no error: go_on() sends the rest. */
static void on_send(struct uring *uring, struct uring_op *op, int result,
                    unsigned flags)
{
    struct client *c = op->user;
    (void)uring;
    (void)flags;
    c->sending = false;
    if (result >= 0)
        c->outgoing_sent += (size_t)result;
    else if (!is_passing(result))
        give_up(c);
    if (c->outgoing_sent == c->outgoing.len)
        release_outgoing(c);
    go_on(c);
}

static void on_cancel(struct uring *uring, struct uring_op *op, int result,
                      unsigned flags)
{
    struct client *c = op->user;
    (void)uring;
    (void)result; /* it may have come too late */
    (void)flags;
    c->cancelling = false;
    go_on(c);
}

/* ---- Steps 2 and 4: clients come in ---- */

/* Takes fd. A client for whom there is no memory is closed. */
static void admit(struct uring_echo *echo, int fd)
{
    struct client *c = calloc(1, sizeof *c);
    if (c == NULL) {
        close(fd);
        return;
    }
    c->echo = echo;
    c->fd = fd;
    c->outgoing_buffer = NO_BUFFER;
    c->receive = (struct uring_op){on_receive, c};
    c->send = (struct uring_op){on_send, c};
    c->cancel = (struct uring_op){on_cancel, c};
    c->next = echo->clients;
    c->link = &echo->clients;
    if (c->next != NULL)
        c->next->link = &c->next;
    echo->clients = c;
    go_on(c);
}

static int start_accept(struct uring_echo *echo)
{
    struct io_uring_sqe what = {0};
    io_uring_prep_multishot_accept(&what, echo->listener, NULL, NULL,
                                   SOCK_CLOEXEC);
    int err = uring_start(echo->uring, &echo->accept, &what);
    echo->accepting = err == 0;
    return err;
}

static int start_pause(struct uring_echo *echo)
{
    struct io_uring_sqe what = {0};
    echo->pause_time.tv_nsec = URING_ECHO_PAUSE_MS * 1000000L;
    io_uring_prep_timeout(&what, &echo->pause_time, 0, 0);
    int err = uring_start(echo->uring, &echo->pause, &what);
    echo->pausing = err == 0;
    return err;
}

static void on_pause(struct uring *uring, struct uring_op *op, int result,
                     unsigned flags)
{
    struct uring_echo *echo = op->user;
    (void)uring;
    (void)result;
    (void)flags;
    echo->pausing = false;
    if (!echo->closing)
        start_accept(echo);
    stop_if_over(echo);
}

/* The kernel has ended the multishot accept, with this result. */
static void accept_again(struct uring_echo *echo, int result)
{
    switch (-result) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: /* the same would come back at once */
        start_pause(echo);
        break;
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
    case EOPNOTSUPP: /* the listener itself; those inside go on */
        break;
    default:
        start_accept(echo);
    }
}

static void on_accept(struct uring *uring, struct uring_op *op, int result,
                      unsigned flags)
{
    struct uring_echo *echo = op->user;
    (void)uring;
    echo->accepting = flags & IORING_CQE_F_MORE;
    if (result >= 0 && echo->closing)
        close(result);
    else if (result >= 0)
        admit(echo, result);
    if (!echo->accepting && !echo->closing)
        accept_again(echo, result);
    stop_if_over(echo);
}

/* ---- Step 7: close, with everything in flight ---- */

static void on_echo_cancel(struct uring *uring, struct uring_op *op, int result,
                           unsigned flags)
{
    struct uring_echo *echo = op->user;
    (void)uring;
    (void)result;
    (void)flags;
    echo->cancelling = false;
    stop_if_over(echo);
}

/* uring_echo_close() waits for this. */
static bool is_over(const struct uring_echo *echo)
{
    return echo->clients == NULL && !echo->accepting && !echo->pausing &&
           !echo->cancelling;
}

static void stop_if_over(struct uring_echo *echo)
{
    if (echo->closing && is_over(echo))
        uring_stop(echo->uring);
}

static int cancel_accepting(struct uring_echo *echo)
{
    struct io_uring_sqe what = {0};
    io_uring_prep_cancel(&what, echo->pausing ? &echo->pause : &echo->accept,
                         0);
    int err = uring_start(echo->uring, &echo->cancel, &what);
    echo->cancelling = err == 0;
    return err;
}

int uring_echo_open(struct uring *uring, int listener, unsigned buffers,
                    struct uring_echo **out)
{
    struct uring_echo *echo = calloc(1, sizeof *echo);
    if (echo == NULL)
        return -ENOMEM;
    echo->uring = uring;
    echo->listener = listener;
    echo->buffers_count = buffers;
    echo->accept = (struct uring_op){on_accept, echo};
    echo->pause = (struct uring_op){on_pause, echo};
    echo->cancel = (struct uring_op){on_echo_cancel, echo};
    int err = buffer_ring_open(uring_ring(uring), buffers,
                               URING_ECHO_BUFFER_BYTES, &echo->buffers);
    if (err == 0)
        err = start_accept(echo);
    if (err < 0) {
        buffer_ring_close(echo->buffers);
        free(echo);
        return err;
    }
    *out = echo;
    return 0;
}

int uring_echo_close(struct uring_echo *echo)
{
    int err = 0;
    if (echo == NULL)
        return 0;
    echo->closing = true;
    for (struct client *c = echo->clients; c != NULL; c = c->next)
        give_up(c);
    if (echo->accepting || echo->pausing)
        err = cancel_accepting(echo);
    while (err == 0 && !is_over(echo)) /* another's stop is not for us */
        err = uring_run(echo->uring);
    if (err < 0)
        return err;
    buffer_ring_close(echo->buffers);
    free(echo);
    return 0;
}
