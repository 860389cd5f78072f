/*
 * health.c: one check at a time, each a connect(2) that does not wait.
 *
 *     resting --timer--> connecting --writable: success or failure--> resting
 *                                    --timer: failure-->
 */
#include "health.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NONE (-1)

struct health_check {
    struct loop *loop;
    const struct health_options *options;
    health_fn *fn;
    void *user;
    struct sockaddr_storage address;
    socklen_t address_len;
    int fd;         /* connecting, or NONE */
    uint64_t timer; /* until the next check, or for this one's end */
    bool up, ever;  /* ever: there has been a success */
    int in_a_row;   /* checks whose result was not what it is now */
};

static void begin(struct loop *loop, uint64_t at, void *user);

static void rest(struct health_check *c)
{
    uint64_t every = (uint64_t)c->options->every_ms * LOOP_MILLISECOND;
    loop_timer_start(c->loop, loop_now(c->loop) + every, begin, c, &c->timer);
}

static void end_connection(struct health_check *c)
{
    if (c->fd == NONE)
        return;
    loop_remove(c->loop, c->fd);
    close(c->fd);
    c->fd = NONE;
}

/* The next check is started before fn is called, which may stop this one. */
static void finish(struct health_check *c, bool success)
{
    loop_timer_cancel(c->loop, c->timer);
    end_connection(c);
    rest(c);
    c->in_a_row = success == c->up ? 0 : c->in_a_row + 1;
    int needed = success ? (c->ever ? c->options->rise : 1) : c->options->fall;
    c->ever = c->ever || success;
    if (c->in_a_row < needed)
        return;
    c->up = success;
    c->in_a_row = 0;
    c->fn(c->user, success);
}

static void on_timeout(struct loop *loop, uint64_t at, void *user)
{
    (void)loop, (void)at;
    finish(user, false);
}

static void on_connected(struct loop *loop, int fd, unsigned events, void *user)
{
    int error = 0;
    socklen_t len = sizeof error;
    (void)loop, (void)events;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        error = errno;
    finish(user, error == 0);
}

/* Closed with a reset: no TIME_WAIT for a connection that carried nothing. */
static int open_socket(int family)
{
    struct linger reset = {.l_onoff = 1};
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    return fd;
}

static void begin(struct loop *loop, uint64_t at, void *user)
{
    struct health_check *c = user;
    uint64_t timeout = (uint64_t)c->options->timeout_ms * LOOP_MILLISECOND;
    (void)at;
    c->timer = 0;
    c->fd = open_socket(c->address.ss_family);
    if (c->fd < 0 ||
        loop_add(loop, c->fd, LOOP_WRITABLE, on_connected, c) < 0) {
        if (c->fd >= 0)
            close(c->fd);
        c->fd = NONE;
        rest(c); /* our own lack of descriptors says nothing of the backend */
        return;
    }
    loop_timer_start(loop, loop_now(loop) + timeout, on_timeout, c, &c->timer);
    if (connect(c->fd, (struct sockaddr *)&c->address, c->address_len) < 0 &&
        errno != EINPROGRESS)
        finish(c, false);
}

static void set_address(struct health_check *c,
                        const struct health_target *target)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&c->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&c->address;
    if (target->version == 4) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)target->port);
        memcpy(&v4->sin_addr, &target->address, 4);
        c->address_len = sizeof *v4;
    } else {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)target->port);
        memcpy(&v6->sin6_addr, &target->address, 16);
        c->address_len = sizeof *v6;
    }
}

int health_start(struct loop *loop, const struct health_options *options,
                 const struct health_target *target, health_fn *fn, void *user,
                 struct health_check **check)
{
    struct health_check *c = calloc(1, sizeof *c);
    if (c == NULL)
        return -ENOMEM;
    c->loop = loop;
    c->options = options;
    c->fn = fn;
    c->user = user;
    c->fd = NONE;
    set_address(c, target);
    int err = loop_timer_start(loop, loop_now(loop), begin, c, &c->timer);
    if (err < 0) {
        free(c);
        return err;
    }
    *check = c;
    return 0;
}

void health_stop(struct health_check *check)
{
    if (check == NULL)
        return;
    loop_timer_cancel(check->loop, check->timer);
    end_connection(check);
    free(check);
}
