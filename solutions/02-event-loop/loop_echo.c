/*
 * loop_echo.c: an echo server that one thread runs on a loop.
 *
 * A client is in one of two states:
 *
 *                      the kernel did not take all
 *               +------------------------------------------+
 *               |                                          v
 *            READING                                   DRAINING
 *   waits for LOOP_READABLE                   waits for LOOP_WRITABLE
 *   nothing is pending                        `pending` is to be sent
 *               ^                                          |
 *               +------------------------------------------+
 *                           all of it is sent
 *
 * Invariants
 *  1. While something is owed to a client nothing is read from it: so bytes
 *     keep their order, it costs us one read's worth at most, and TCP stops
 *     whoever does not take his answers.
 *  2. End of file is read in READING only, so nothing is pending then, and the
 *     close that follows loses nothing.
 *  3. A client leaves the loop before its descriptor is closed, and nothing
 *     touches it after client_close().
 *
 * Threads: the loop's.
 */
#include "loop_echo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How many clients are answered together at most. */
#define ANSWERS_MAX 512

/* So long nobody is accepted when there was no memory for a client. */
#define ACCEPT_PAUSE (100 * LOOP_MILLISECOND)

/* With less room than this in the chunk it is emptied before the next read. */
#define READ_BYTES_MIN 2048

struct client {
    struct loop_echo *echo;
    struct client *next, **link; /* link: what points at this one */
    int fd;
    struct answer *answer;  /* what it gets at the end of this turn, or NULL */
    unsigned char *pending; /* read and not sent; NULL in READING */
    size_t pending_len, pending_sent;
    uint64_t moved_at;   /* when a byte last moved */
    uint64_t idle_timer; /* its handle, or 0 */
};

/* Bytes of the chunk that are to be sent back. */
struct answer {
    struct client *client; /* NULL: it has been closed since */
    const unsigned char *data;
    size_t len;
};

struct loop_echo {
    struct loop *loop;
    int listener;
    int spare_fd; /* given up for a moment when there is no other; step 7 */
    uint64_t pause_timer; /* its handle, or 0: accepting */
    uint64_t idle;
    struct client *clients;
    /* One for all: what is read leaves it in the same turn. */
    unsigned char chunk[LOOP_ECHO_BUFFER_BYTES];
    size_t chunk_used;
    struct answer answers[ANSWERS_MAX];
    int answers_count;
    uint64_t answers_timer; /* its handle, or 0 */
};

static void client_close(struct client *c)
{
    if (c->answer != NULL)
        c->answer->client = NULL;
    loop_timer_cancel(c->echo->loop, c->idle_timer);
    loop_remove(c->echo->loop, c->fd);
    close(c->fd);
    *c->link = c->next;
    if (c->next != NULL)
        c->next->link = c->link;
    free(c->pending);
    free(c);
}

/* ---- Step 8: idle clients ---- */

/*
 * The timer is not moved when a byte moves, which would cost two changes of
 * the heap a message. It looks, when it is due, whether it came too early.
 */
static void on_idle(struct loop *loop, uint64_t at, void *user)
{
    struct client *c = user;
    (void)at;
    c->idle_timer = 0;
    uint64_t idle_at = c->moved_at + c->echo->idle;
    if (idle_at <= loop_now(loop) ||
        loop_timer_start(loop, idle_at, on_idle, c, &c->idle_timer) < 0)
        client_close(c);
}

static int watch_idleness(struct client *c)
{
    struct loop_echo *echo = c->echo;
    c->moved_at = loop_now(echo->loop);
    if (echo->idle == 0)
        return 0;
    return loop_timer_start(echo->loop, c->moved_at + echo->idle, on_idle, c,
                            &c->idle_timer);
}

/* ---- Steps 2 and 3: one client ---- */

static bool is_for_later(ssize_t result)
{
    return result < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Send some, without waiting. Returns the count, 0 if it is for later, or
 * -errno. MSG_NOSIGNAL: week 01, step 7. */
static ssize_t send_some(struct client *c, const void *data, size_t len)
{
    ssize_t n = send(c->fd, data, len, MSG_NOSIGNAL);
    if (n >= 0)
        c->moved_at = loop_now(c->echo->loop);
    else
        n = is_for_later(n) ? 0 : -errno;
    return n;
}

/* From READING to DRAINING. data is copied. */
static int begin_draining(struct client *c, const void *data, size_t len)
{
    c->pending = malloc(len);
    if (c->pending == NULL)
        return -ENOMEM;
    memcpy(c->pending, data, len);
    c->pending_len = len;
    c->pending_sent = 0;
    return loop_modify(c->echo->loop, c->fd, LOOP_WRITABLE);
}

/* DRAINING: send what is pending; when all of it is sent, read again. */
static int drain(struct client *c)
{
    ssize_t n = send_some(c, c->pending + c->pending_sent,
                          c->pending_len - c->pending_sent);
    if (n < 0)
        return (int)n;
    c->pending_sent += (size_t)n;
    if (c->pending_sent < c->pending_len)
        return 0;
    free(c->pending);
    c->pending = NULL;
    return loop_modify(c->echo->loop, c->fd, LOOP_READABLE);
}

/* From READING: send what was read; what the kernel does not take now is for
 * DRAINING. */
static int send_back(struct client *c, const unsigned char *data, size_t len)
{
    ssize_t n = send_some(c, data, len);
    if (n < 0)
        return (int)n;
    size_t sent = (size_t)n;
    return sent == len ? 0 : begin_draining(c, data + sent, len - sent);
}

/* ---- For speed alone ---- */

/*
 * All that a batch of clients has sent is read first, and then all is sent
 * back. Nearly all the time goes into the kernel's TCP, whose receiving and
 * whose sending half each find their code still in the processor's cache then.
 * Compiled with -DPLAIN each client is answered as soon as it is read.
 */
static void send_answers(struct loop_echo *echo)
{
    for (int i = 0; i < echo->answers_count; i++) {
        struct answer *answer = &echo->answers[i];
        struct client *c = answer->client;
        if (c == NULL)
            continue;
        c->answer = NULL;
        if (send_back(c, answer->data, answer->len) < 0)
            client_close(c);
    }
    echo->answers_count = 0;
    echo->chunk_used = 0;
}

#ifndef PLAIN
/* A timer for now is due at the end of this very batch; and, unlike a deferred
 * call, it can be cancelled when the server is closed. */
static void on_batch_end(struct loop *loop, uint64_t at, void *user)
{
    struct loop_echo *echo = user;
    (void)loop;
    (void)at;
    echo->answers_timer = 0;
    send_answers(echo);
}

/* Answer at the end of the batch. data is in the chunk. */
static int answer(struct client *c, const unsigned char *data, size_t len)
{
    struct loop_echo *echo = c->echo;
    if (echo->answers_timer == 0 &&
        loop_timer_start(echo->loop, loop_now(echo->loop), on_batch_end, echo,
                         &echo->answers_timer) < 0)
        return send_back(c, data, len);
    c->answer = &echo->answers[echo->answers_count++];
    *c->answer = (struct answer){c, data, len};
    echo->chunk_used += len;
    return 0;
}

#else
static int answer(struct client *c, const unsigned char *data, size_t len)
{
    return send_back(c, data, len);
}
#endif

/* ---- Steps 2 and 3: one client, continued ---- */

static void make_room(struct loop_echo *echo)
{
    if (echo->answers_count == ANSWERS_MAX ||
        sizeof echo->chunk - echo->chunk_used < READ_BYTES_MIN)
        send_answers(echo);
}

/*
 * READING: one read, and no more, however much there is: the loop tells us
 * again, and others have their turn in between.
 * Returns 0, or -errno; -ESHUTDOWN at end of file.
 */
static int echo_some(struct client *c)
{
    struct loop_echo *echo = c->echo;
    make_room(echo);
    unsigned char *data = echo->chunk + echo->chunk_used;
    ssize_t n = recv(c->fd, data, sizeof echo->chunk - echo->chunk_used, 0);
    if (n == 0)
        return -ESHUTDOWN;
    if (n < 0)
        return is_for_later(n) ? 0 : -errno;
    c->moved_at = loop_now(echo->loop);
    return answer(c, data, (size_t)n);
}

/* events are not looked at: the state says what to do, and a connection that
 * has ended says so to the call that is made. */
static void on_client(struct loop *loop, int fd, unsigned events, void *user)
{
    struct client *c = user;
    (void)loop;
    (void)fd;
    (void)events;
    if (c->answer != NULL)
        return; /* a stop came between; we are told again */
    if ((c->pending == NULL ? echo_some(c) : drain(c)) < 0)
        client_close(c);
}

/* ---- Step 2: clients come in ---- */

/* Takes fd. A client for whom there is no memory is closed. */
static void admit(struct loop_echo *echo, int fd)
{
    struct client *c = calloc(1, sizeof *c);
    if (c == NULL ||
        loop_add(echo->loop, fd, LOOP_READABLE, on_client, c) < 0) {
        free(c);
        close(fd);
        return;
    }
    c->echo = echo;
    c->fd = fd;
    c->next = echo->clients;
    c->link = &echo->clients;
    if (c->next != NULL)
        c->next->link = &c->next;
    echo->clients = c;
    if (watch_idleness(c) < 0)
        client_close(c);
}

static int open_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void on_pause_over(struct loop *loop, uint64_t at, void *user)
{
    struct loop_echo *echo = user;
    (void)at;
    echo->pause_timer = 0;
    loop_modify(loop, echo->listener, LOOP_READABLE);
}

/* No client can be taken just now, not even to be turned away: it stays in the
 * queue, and the listener readable. Look away for a while. */
static void pause_accepting(struct loop_echo *echo)
{
    uint64_t at = loop_now(echo->loop) + ACCEPT_PAUSE;
    if (loop_timer_start(echo->loop, at, on_pause_over, echo,
                         &echo->pause_timer) == 0)
        loop_modify(echo->loop, echo->listener, 0);
}

/*
 * Step 7: without a descriptor for it a client stays in the queue, the listener
 * stays readable, and the loop turns at full speed. So one is kept for this:
 * give it up, accept the client, close the client, take it back. (libev's
 * manual, "special problem of accept()ing when you can't".) Returns whether
 * there was one.
 */
static bool turn_away(struct loop_echo *echo)
{
    if (echo->spare_fd >= 0)
        close(echo->spare_fd);
    int fd = accept4(echo->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0)
        close(fd);
    else if (errno != EAGAIN) /* somebody else was faster */
        pause_accepting(echo);
    echo->spare_fd = open_spare();
    return fd >= 0;
}

/* Whether another accept may go better; errno is that of the last. */
static bool may_accept_again(struct loop_echo *echo)
{
    switch (errno) {
    case EAGAIN:
        return false;
    case EMFILE:
    case ENFILE:
        return turn_away(echo);
    case ENOBUFS:
    case ENOMEM:
        pause_accepting(echo);
        return false;
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
    case EOPNOTSUPP: /* the listener's own fault: no more clients */
        loop_remove(echo->loop, echo->listener);
        return false;
    default: /* one client's end, or EINTR; week 01, step 7 */
        return true;
    }
}

/* SOCK_NONBLOCK: on Linux a client does not inherit it from the listener
 * (accept(2)). */
static void on_listener(struct loop *loop, int fd, unsigned events, void *user)
{
    struct loop_echo *echo = user;
    (void)loop;
    (void)events;
    for (;;) {
        int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client >= 0)
            admit(echo, client);
        else if (!may_accept_again(echo))
            return;
    }
}

/* ---- Open and close ---- */

int loop_echo_open(struct loop *loop, int listener, int idle_ms,
                   struct loop_echo **out)
{
    struct loop_echo *echo = calloc(1, sizeof *echo);
    if (echo == NULL)
        return -ENOMEM;
    echo->loop = loop;
    echo->listener = listener;
    echo->idle = (uint64_t)idle_ms * LOOP_MILLISECOND;
    echo->spare_fd = open_spare();
    int err = echo->spare_fd < 0 ? -errno : 0;
    if (err == 0 && fcntl(listener, F_SETFL, O_NONBLOCK) < 0)
        err = -errno;
    if (err == 0)
        err = loop_add(loop, listener, LOOP_READABLE, on_listener, echo);
    if (err == 0) {
        *out = echo;
        return 0;
    }
    if (echo->spare_fd >= 0)
        close(echo->spare_fd);
    free(echo);
    return err;
}

void loop_echo_close(struct loop_echo *echo)
{
    if (echo == NULL)
        return;
    loop_remove(echo->loop, echo->listener); /* -ENOENT where it had failed */
    loop_timer_cancel(echo->loop, echo->pause_timer);
    loop_timer_cancel(echo->loop, echo->answers_timer);
    for (struct client *c = echo->clients, *next; c != NULL; c = next) {
        next = c->next;
        client_close(c);
    }
    if (echo->spare_fd >= 0)
        close(echo->spare_fd);
    free(echo);
}
