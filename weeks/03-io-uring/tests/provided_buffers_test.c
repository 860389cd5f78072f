/*
 * provided_buffers_test.c: week 03, step 5: fewer buffers than clients, and
 * clients that never read.
 */
#include "echo_client.h"
#include "steps.h"
#include "uring_echo.h"
#include "uring_server.h"

#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define BUFFERS 8
#define CROWD 64
#define DEAF 12 /* more than there are buffers */
#define MESSAGE 1000
#define PIECE URING_ECHO_BUFFER_BYTES

/* uring_echo.h, at URING_ECHO_PENDING_BYTES. */
#define HELD_MAX \
    (URING_ECHO_PENDING_BYTES + 2 * BUFFERS * URING_ECHO_BUFFER_BYTES)

static void start(struct uring_server *s)
{
    lab_note("the server has %d buffers", BUFFERS);
    uring_server_start(s, .rules = WATCH_FLIGHT, .buffers = BUFFERS);
}

static void start_with_small_sends(struct uring_server *s)
{
    lab_note("the server has %d buffers, and its sends take little", BUFFERS);
    uring_server_start(s, .rules = WATCH_FLIGHT, .buffers = BUFFERS,
                       .small_sends = true);
}

static void expect_nothing_left(struct uring_server *s)
{
    uring_server_expect_empty(s);
    proc_until_asleep(&s->proc);
    proc_expect_no_leaks(&s->proc);
    lab_equal(watch_buffers_taken(), 0,
              "buffers that were taken and not given back, with nobody inside");
}

static void connect_many(const struct uring_server *s, const char *what,
                         struct net_client *clients, int count)
{
    char name[32];
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%s %d", what, i + 1);
        net_connect_quietly(&clients[i], name, SERVER_HOST, s->port);
    }
}

/* The same, of which the kernel takes in little before they read. */
static void connect_narrow(const struct uring_server *s, const char *what,
                           struct net_client *clients, int count)
{
    char name[32];
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%s %d", what, i + 1);
        uring_server_connect_narrow(s, &clients[i], name);
        clients[i].quiet = true;
    }
}

static void close_many(struct net_client *clients, int count)
{
    for (int i = 0; i < count; i++)
        net_close(&clients[i]);
}

/* The next bytes of its stream, of which nothing is read yet. */
static void send_next(struct net_client *c, size_t len)
{
    unsigned char data[MESSAGE];
    net_pattern(c->stream, c->offset, data, len);
    net_send(c, data, len);
}

static void expect_next(struct net_client *c, size_t len)
{
    unsigned char *data = malloc(len + 1);
    net_pattern(c->stream, c->offset, data, len);
    net_expect(c, data, len);
    c->offset += len;
    free(data);
}

/* ---- No buffer left ---- */

/* All send while the server is not there, so that it finds it all at once. */
static void send_at_once(struct net_client *clients, int count)
{
    watch_close_gate();
    send_next(&clients[0], MESSAGE);
    watch_until_at_gate();
    for (int i = 1; i < count; i++)
        send_next(&clients[i], MESSAGE);
    watch_open_gate();
}

/* -ENOBUFS ends a receive, and nothing is lost. */
STEP_TEST(more_messages_than_buffers)
{
    struct uring_server s;
    struct net_client clients[CROWD];

    start(&s);
    connect_many(&s, "client", clients, CROWD);
    for (int i = 0; i < CROWD; i++)
        echo_client_round_trip(&clients[i], MESSAGE);
    for (int round = 1; round <= 4; round++) {
        lab_note("round %d: the server is kept from the kernel until all %d "
                 "clients have sent",
                 round, CROWD);
        send_at_once(clients, CROWD);
        for (int i = 0; i < CROWD; i++)
            expect_next(&clients[i], MESSAGE);
    }
    lab_at_least(watch_no_buffers(), 1, "receives that ended with -ENOBUFS");
    close_many(clients, CROWD);
    expect_nothing_left(&s);
    uring_server_stop(&s);
}

/* Buffers come back, whatever a client does: they are enough for ever. */
STEP_TEST(buffers_come_back)
{
    struct uring_server s;
    start(&s);
    echo_client_passers_by(SERVER_HOST, s.port, 300);
    for (int i = 0; i < 2 * BUFFERS; i++)
        echo_client_vanish(SERVER_HOST, s.port);
    for (int i = 0; i < BUFFERS; i++)
        echo_client_half_close(SERVER_HOST, s.port, 32 * 1024);
    echo_client_crowd(SERVER_HOST, s.port, CROWD, 4);
    expect_nothing_left(&s);
    uring_server_stop(&s);
}

/* Of one who sends without waiting for the answers, and reads them too. */
STEP_TEST(eight_mebibytes_come_back)
{
    struct uring_server s;
    start(&s);
    echo_client_exchange(SERVER_HOST, s.port, 8 << 20);
    expect_nothing_left(&s);
    uring_server_stop(&s);
}

/* ---- Clients that never read ---- */

static void expect_held_at_most_what_is_stated(void)
{
    lab_at_most(watch_held_most(), HELD_MAX,
                "bytes, at the most, that were received and not sent");
}

/* More than it may have pending, and more than that, which stays outside: where
 * nothing is taken any more, or as much as is enough for that. */
static size_t send_until_full(struct uring_server *s, struct net_client *c)
{
    return uring_server_offer(s, c, 3 * URING_ECHO_PENDING_BYTES);
}

#define PIECES 32 /* half as much again as may be held */

/* What there is comes piece by piece, so buffers never run out: only who ends
 * the receive stops taking it. */
STEP_TEST(full_client_is_read_no_more)
{
    struct uring_server s;
    struct net_client c;
    size_t sent = 0, taken = 1;

    start_with_small_sends(&s);
    connect_narrow(&s, "deaf client", &c, 1);
    lab_note("it sends %d pieces of %d bytes, each when the server is at rest, "
             "or as much as is taken; and reads nothing",
             PIECES, PIECE);
    for (int i = 0; i < PIECES && taken > 0; i++) {
        taken = uring_server_offer(&s, &c, PIECE);
        sent += taken;
    }
    expect_held_at_most_what_is_stated();
    lab_note("the deaf client reads after all");
    c.offset -= sent;
    expect_next(&c, sent);
    net_close(&c);
    expect_nothing_left(&s);
    uring_server_stop(&s);
}

/* What was stopped goes on: full and empty, again and again. */
STEP_TEST(reading_resumes_each_time)
{
    struct uring_server s;
    struct net_client c;

    start_with_small_sends(&s);
    connect_narrow(&s, "client", &c, 1);
    for (int round = 1; round <= 4; round++) {
        lab_note("round %d: it sends half as much again as may be pending, and "
                 "then reads",
                 round);
        size_t len =
            uring_server_offer(&s, &c, URING_ECHO_PENDING_BYTES * 3 / 2);
        c.offset -= len;
        expect_next(&c, len);
        echo_client_round_trip(&c, 500);
    }
    net_close(&c);
    expect_nothing_left(&s);
    uring_server_stop(&s);
}

/* It costs what the contract allows; and then it reads after all. */
STEP_TEST(deaf_client_costs_a_stated_amount)
{
    struct uring_server s;
    start(&s);
    echo_client_deaf(SERVER_HOST, s.port, 16);
    expect_held_at_most_what_is_stated();
    expect_nothing_left(&s);
    uring_server_stop(&s);
}

/* More of them than there are buffers: the others do not notice. */
STEP_TEST(more_deaf_clients_than_buffers)
{
    struct uring_server s;
    struct net_client deaf[DEAF];
    size_t lens[DEAF];

    start_with_small_sends(&s);
    lab_note("%d clients send until nothing is taken any more", DEAF);
    connect_narrow(&s, "deaf client", deaf, DEAF);
    for (int i = 0; i < DEAF; i++)
        lens[i] = send_until_full(&s, &deaf[i]);
    echo_client_crowd(SERVER_HOST, s.port, 16, 3);
    lab_note("the deaf clients read after all");
    for (int i = 0; i < DEAF; i++) {
        deaf[i].offset -= lens[i];
        expect_next(&deaf[i], lens[i]);
        net_close(&deaf[i]);
    }
    expect_nothing_left(&s);
    uring_server_stop(&s);
}

/* Whether all that it has sent has come to the server's kernel. */
static bool has_arrived(const struct net_client *c)
{
    int bytes = 0;
    lab_sys(ioctl(c->fd, SIOCOUTQ, &bytes));
    return bytes == 0;
}

/* Each of them has sent what one buffer holds, and no more; the kernel takes a
 * part of the answer. */
STEP_TEST(buffers_do_not_wait_for_readers)
{
    struct uring_server s;
    struct net_client first, deaf[DEAF];
    unsigned char data[PIECE];

    start_with_small_sends(&s);
    net_connect(&first, "first client", SERVER_HOST, s.port);
    connect_narrow(&s, "deaf client", deaf, DEAF);
    for (int i = 0; i < DEAF; i++)
        echo_client_round_trip(&deaf[i], 100);
    lab_note("the server is kept from the kernel; %d clients send %d bytes "
             "each, and will not read",
             DEAF, PIECE);
    watch_close_gate();
    net_send_text(&first, "wake up\n");
    watch_until_at_gate();
    for (int i = 0; i < DEAF; i++) {
        net_pattern(deaf[i].stream, deaf[i].offset, data, PIECE);
        net_send(&deaf[i], data, PIECE);
    }
    for (int i = 0; i < DEAF; i++)
        lab_until(has_arrived(&deaf[i]), "its bytes come to the server");
    watch_open_gate();
    net_expect_text(&first, "wake up\n");
    net_close(&first);
    echo_client_crowd(SERVER_HOST, s.port, 16, 3);
    lab_note("the deaf clients read after all");
    for (int i = 0; i < DEAF; i++) {
        expect_next(&deaf[i], PIECE);
        net_close(&deaf[i]);
    }
    expect_nothing_left(&s);
    uring_server_stop(&s);
}

/* Full, it ends its stream: the end comes after every byte. */
STEP_TEST(full_client_half_closes)
{
    struct uring_server s;
    struct net_client c;

    start(&s);
    net_connect(&c, "client", SERVER_HOST, s.port);
    size_t len = net_send_until_full(&c);
    net_shutdown_write(&c);
    c.offset -= len;
    expect_next(&c, len);
    net_expect_eof(&c);
    net_close(&c);
    expect_nothing_left(&s);
    uring_server_stop(&s);
}

/* Full, it resets: whatever was in flight, nothing of it stays. */
STEP_TEST(full_clients_reset_at_last)
{
    struct uring_server s;
    struct net_client c;
    start_with_small_sends(&s);
    lab_note("%d clients, one after the other, send until nothing is taken any "
             "more, and reset",
             DEAF);
    for (int i = 0; i < DEAF; i++) {
        connect_narrow(&s, "rude client", &c, 1);
        send_until_full(&s, &c);
        net_reset(&c);
    }
    expect_nothing_left(&s);
    echo_client_crowd(SERVER_HOST, s.port, CROWD, 2);
    uring_server_stop(&s);
}

/* More than the contract lets it have pending, and a reset, are there in one
 * batch: the cancel that the first calls for is in flight beyond the second. */
STEP_TEST(full_clients_reset_in_one_batch)
{
    struct uring_server s;
    struct net_client first, slow[BUFFERS / 2];
    unsigned char data[PIECE];

    uring_server_start(&s, .rules = WATCH_FLIGHT, .small_sends = true);
    net_connect(&first, "first client", SERVER_HOST, s.port);
    echo_client_round_trip(&first, 100);
    lab_note("%d clients send 56 KiB and do not read", BUFFERS / 2);
    connect_narrow(&s, "slow client", slow, BUFFERS / 2);
    for (int i = 0; i < BUFFERS / 2; i++) {
        uring_server_fill(&s, &slow[i]);
        net_pattern(slow[i].stream, slow[i].offset, data, PIECE);
        net_send(&slow[i], data, PIECE / 2);
        proc_until_asleep(&s.proc);
    }
    lab_note("the server is kept from the kernel; they send 32 KiB more, and "
             "reset");
    watch_close_gate();
    net_send_text(&first, "wake up\n");
    watch_until_at_gate();
    for (int i = 0; i < BUFFERS / 2; i++) {
        net_send(&slow[i], data, PIECE);
        net_send(&slow[i], data, PIECE);
        net_reset(&slow[i]);
    }
    watch_open_gate();
    net_expect_text(&first, "wake up\n");
    net_close(&first);
    expect_nothing_left(&s);
    uring_server_stop(&s);
}

void provided_buffers_step(void)
{
    lab_step("provided-buffers");
    lab_test(more_messages_than_buffers);
    lab_test(buffers_come_back);
    lab_test(reading_resumes_each_time);
    lab_test(eight_mebibytes_come_back);
    lab_test(full_client_is_read_no_more);
    lab_test(deaf_client_costs_a_stated_amount);
    lab_test(more_deaf_clients_than_buffers);
    lab_test(buffers_do_not_wait_for_readers);
    lab_test(full_client_half_closes);
    lab_test(full_clients_reset_at_last);
    lab_test(full_clients_reset_in_one_batch);
}
