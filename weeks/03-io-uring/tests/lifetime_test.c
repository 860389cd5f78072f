/*
 * lifetime_test.c: week 03, step 3: memory that the kernel still uses.
 *
 * From here on the watch asks that it stays (uring_watch.h).
 */
#include "echo_client.h"
#include "fault.h"
#include "steps.h"
#include "uring_server.h"

#include <stdio.h>

#define FULL 8
#define PIECE 8192 /* more than a slow client takes in unread */

/* Sends of its clients are in flight for long. */
static void start(struct uring_server *s)
{
    lab_note("clients of this server get the smallest send buffer there is");
    uring_server_start(s, .rules = WATCH_MEMORY, .small_sends = true);
}

/* What is at rest has no memory of those who have left. */
static void expect_nothing_left(struct uring_server *s)
{
    uring_server_expect_empty(s);
    proc_until_asleep(&s->proc);
    proc_expect_no_leaks(&s->proc);
    lab_equal(fault_strays(), 0,
              "calls of close(2) and shutdown(2) with a number that was not "
              "open any more");
}

/* A receive is in flight of each client that is silent. */
STEP_TEST(silent_clients_leave)
{
    struct uring_server s;
    struct net_client c;
    start(&s);
    for (int i = 0; i < FULL; i++) {
        net_connect(&c, "silent client", SERVER_HOST, s.port);
        echo_client_round_trip(&c, 100);
        if (i % 2 == 0)
            net_reset(&c);
        else
            net_close(&c);
    }
    expect_nothing_left(&s);
    echo_client_lines(SERVER_HOST, s.port);
    uring_server_stop(&s);
}

/* A send to one who reads slowly is in flight, and a receive: it breaks. */
STEP_TEST(slow_clients_reset)
{
    struct uring_server s;
    struct net_client c;
    unsigned char data[PIECE];
    start(&s);
    for (int i = 0; i < FULL; i++) {
        uring_server_connect_narrow(&s, &c, "slow client");
        for (int k = 0; k < 3; k++) {
            net_pattern(c.stream, c.offset, data, sizeof data);
            net_send(&c, data, sizeof data);
            proc_until_asleep(&s.proc);
        }
        net_reset(&c);
    }
    expect_nothing_left(&s);
    echo_client_lines(SERVER_HOST, s.port);
    uring_server_stop(&s);
}

/* Of one who does not read a send is in flight, and it breaks. */
STEP_TEST(full_clients_reset)
{
    struct uring_server s;
    struct net_client c;
    start(&s);
    for (int i = 0; i < FULL; i++) {
        uring_server_connect_narrow(&s, &c, "rude client");
        uring_server_fill(&s, &c);
        net_reset(&c);
    }
    expect_nothing_left(&s);
    echo_client_lines(SERVER_HOST, s.port);
    uring_server_stop(&s);
}

/* Both directions, one after the other: the end comes in, then a reset. */
STEP_TEST(full_clients_half_close_and_reset)
{
    struct uring_server s;
    struct net_client c;
    start(&s);
    for (int i = 0; i < FULL; i++) {
        uring_server_connect_narrow(&s, &c, "rude client");
        uring_server_fill(&s, &c);
        net_shutdown_write(&c);
        proc_until_asleep(&s.proc);
        net_reset(&c);
    }
    expect_nothing_left(&s);
    echo_client_lines(SERVER_HOST, s.port);
    uring_server_stop(&s);
}

/* All at once, in one batch of completions, in which the receive may be over
 * before the send. */
STEP_TEST(many_reset_in_one_batch)
{
    struct uring_server s;
    struct net_client first, full[FULL];
    char name[32];
    start(&s);
    net_connect(&first, "first client", SERVER_HOST, s.port);
    echo_client_round_trip(&first, 100);
    for (int i = 0; i < FULL; i++) {
        snprintf(name, sizeof name, "client %d", i + 1);
        uring_server_connect_narrow(&s, &full[i], name);
        uring_server_fill(&s, &full[i]);
    }
    lab_note("the server is kept from the kernel; all of them send a "
             "line, and reset");
    watch_close_gate();
    net_send_text(&first, "wake up\n");
    watch_until_at_gate();
    for (int i = 0; i < FULL; i++) {
        net_send_text(&full[i], "more\n");
        net_reset(&full[i]);
    }
    watch_open_gate();
    net_expect_text(&first, "wake up\n");
    net_close(&first);
    expect_nothing_left(&s);
    uring_server_stop(&s);
}

/* Bytes that come while others are sent do not move these, nor get into them.
 */
STEP_TEST(send_keeps_its_bytes)
{
    struct uring_server s;
    struct net_client c;
    unsigned char data[PIECE];
    size_t taken = 0;
    start(&s);
    uring_server_connect_narrow(&s, &c, "slow client");
    lab_note(
        "it sends more than it reads, eight times; then it reads the rest");
    c.quiet = true;
    for (int i = 0; i < 8; i++) {
        net_pattern(c.stream, c.offset, data, sizeof data);
        net_send(&c, data, sizeof data);
        c.offset += sizeof data;
        proc_until_asleep(&s.proc);
        net_pattern(c.stream, taken, data, PIECE * 3 / 4);
        net_expect(&c, data, PIECE * 3 / 4);
        taken += PIECE * 3 / 4;
    }
    for (; taken < c.offset; taken += PIECE / 4) {
        net_pattern(c.stream, taken, data, PIECE / 4);
        net_expect(&c, data, PIECE / 4);
    }
    net_close(&c);
    echo_client_crowd(SERVER_HOST, s.port, 64, 3);
    expect_nothing_left(&s);
    uring_server_stop(&s);
}

/* Numbers of descriptors are used again at once: who has one now does not get
 * what belongs to who had it before. And no signal ends a server that sends to
 * those who have gone. */
STEP_TEST(numbers_are_used_again)
{
    struct uring_server s;
    struct net_client other;
    start(&s);
    net_connect(&other, "other client", SERVER_HOST, s.port);
    echo_client_passers_by(SERVER_HOST, s.port, 200);
    for (int i = 0; i < FULL; i++) {
        echo_client_vanish(SERVER_HOST, s.port);
        echo_client_lines(SERVER_HOST, s.port);
        echo_client_round_trip(&other, 1000);
    }
    net_close(&other);
    expect_nothing_left(&s);
    uring_server_stop(&s);
}

void lifetime_step(void)
{
    lab_step("lifetime");
    lab_test(silent_clients_leave);
    lab_test(send_keeps_its_bytes);
    lab_test(slow_clients_reset);
    lab_test(full_clients_reset);
    lab_test(full_clients_half_close_and_reset);
    lab_test(many_reset_in_one_batch);
    lab_test(numbers_are_used_again);
}
