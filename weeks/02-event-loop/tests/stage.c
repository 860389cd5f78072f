/*
 * stage.c: see stage.h.
 */
#include "stage.h"

#include "fault.h"
#include "sigpipe.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Of the kernel's send buffers on both sides, which would grow to megabytes. */
#define SMALL_BYTES 65536

static void make_small(int fd)
{
    const int small = SMALL_BYTES;
    lab_sys(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small));
}

/* Loopback has segments of 64 KiB, and a full window opens again by whole
 * segments only: those of an Ethernet keep a slow reader's bytes flowing. */
static void make_segments_small(int fd)
{
    const int bytes = 1400;
    lab_sys(setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &bytes, sizeof bytes));
}

void stage_open_at(struct lab_where where, struct stage *s, int idle_ms)
{
    clock_virtual_at(where);
    tell_sigpipe(where);
    s->listener = net_listen_at(where, STAGE_HOST, s->port);
    make_small(s->listener); /* what is accepted inherits both */
    make_segments_small(s->listener);
    lab_ok_at(where, loop_open(&s->loop), "loop_open(loop)");
    lab_ok_at(where, loop_echo_open(s->loop, s->listener, idle_ms, &s->echo),
              "loop_echo_open(loop, listener, idle_ms, echo)");
}

void stage_close(struct stage *s)
{
    loop_echo_close(s->echo);
    loop_close(s->loop);
    close(s->listener);
}

/* ---- Conditions ---- */

struct wanted {
    const struct net_client *client;
    int bytes;
};

static bool has_arrived(void *user)
{
    const struct wanted *wanted = user;
    int bytes = 0;
    lab_sys(ioctl(wanted->client->fd, FIONREAD, &bytes));
    return bytes >= wanted->bytes;
}

bool stage_has_ended(const struct net_client *c)
{
    char byte;
    ssize_t n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN);
}

static bool has_ended(void *user)
{
    return stage_has_ended(user);
}

void stage_until_ended_at(struct lab_where where, struct stage *s,
                          struct net_client *c)
{
    char what[64];
    snprintf(what, sizeof what, "the server closes %s", c->name);
    run_until_at(where, s->loop, has_ended, c, what);
}

/* ---- What clients do ---- */

static void let_in(struct stage *s, struct net_client *c)
{
    make_small(c->fd);
    c->quiet = true;
    stage_round_trip(s, c, 10);
}

void stage_connect(struct stage *s, struct net_client *c, const char *name)
{
    net_connect(c, name, STAGE_HOST, s->port);
    let_in(s, c);
}

void stage_connect_quietly(struct stage *s, struct net_client *c,
                           const char *name)
{
    net_connect_quietly(c, name, STAGE_HOST, s->port);
    let_in(s, c);
}

void stage_round_trip_at(struct lab_where where, struct stage *s,
                         struct net_client *c, size_t len)
{
    unsigned char data[4096];
    struct wanted wanted = {c, (int)len};
    net_pattern(c->stream, c->offset, data, len);
    net_send_at(where, c, data, len);
    run_until_at(where, s->loop, has_arrived, &wanted,
                 "the client's bytes come back");
    net_expect_at(where, c, data, len);
    c->offset += len;
}

/* The eight bytes by which a loop may wake itself are in both counts. */
int64_t stage_bytes_inside(void)
{
    return (int64_t)(fault_bytes(FAULT_INPUT) - fault_bytes(FAULT_OUTPUT));
}

/* Send until the kernel takes no more. Returns whether it took any. */
static bool send_all_it_takes(struct net_client *c)
{
    unsigned char data[4096];
    size_t before = c->offset;
    for (;;) {
        net_pattern(c->stream, c->offset, data, sizeof data);
        ssize_t n = send(c->fd, data, sizeof data, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n <= 0)
            return c->offset > before;
        c->offset += (size_t)n;
        if (c->offset - before > 64 << 20)
            lab_fail("64 MiB fit between client and server");
    }
}

/* Three times in a row the client could send nothing: it is full. Nothing is
 * owed to others meanwhile, or the bytes inside would not be its own. */
size_t stage_fill(struct stage *s, struct net_client *c)
{
    size_t before = c->offset;
    int64_t inside = 0, inside_before = stage_bytes_inside();
    for (int refused = 0; refused < 3;) {
        refused = send_all_it_takes(c) ? 0 : refused + 1;
        lab_check(c->offset - before < 64 << 20,
                  "the server stops reading from a client that does not read; "
                  "it took 64 MiB");
        run_until_quiet(s->loop);
        inside = stage_bytes_inside() - inside_before;
        lab_at_most(inside, LOOP_ECHO_BUFFER_BYTES,
                    "bytes that the server has read and not sent "
                    "(LOOP_ECHO_BUFFER_BYTES)");
    }
    lab_note("%s: %s are sent and none read; %s of them are in the server, "
             "the others in the kernel",
             c->name, lab_count((intmax_t)(c->offset - before), "byte"),
             lab_number(inside));
    return c->offset - before;
}

void stage_take(struct stage *s, struct net_client *c, size_t offset,
                size_t len)
{
    static unsigned char data[65536], expected[65536];
    while (len > 0) {
        struct wanted wanted = {c, 1};
        run_until(s->loop, has_arrived, &wanted, "more bytes come back");
        size_t most = len < sizeof data ? len : sizeof data;
        size_t n = (size_t)lab_sys(recv(c->fd, data, most, 0));
        net_pattern(c->stream, offset, expected, n);
        lab_same_bytes(data, n, expected, n, "bytes from offset %zu on",
                       offset);
        offset += n;
        len -= n;
    }
}
