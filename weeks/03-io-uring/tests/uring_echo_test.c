/*
 * uring_echo_test.c: week 03, step 2: a machine of completions.
 */
#include "echo_client.h"
#include "steps.h"
#include "uring_server.h"

#include <stdio.h>

#define KIB 1024
#define CROWD 64

/* The conversations of week 01. */
STEP_TEST(one_client_gets_its_bytes_back)
{
    struct uring_server s;
    uring_server_start(&s);
    echo_client_lines(SERVER_HOST, s.port);
    echo_client_bytes(SERVER_HOST, s.port);
    echo_client_half_close(SERVER_HOST, s.port, 0);
    echo_client_half_close(SERVER_HOST, s.port, 32 * KIB);
    uring_server_stop(&s);
}

/* Silent ones hold nobody up, and nobody gets another's bytes. */
STEP_TEST(crowd_is_served_at_once)
{
    struct uring_server s;
    uring_server_start(&s);
    echo_client_crowd(SERVER_HOST, s.port, 128, 3);
    uring_server_stop(&s);
}

/* What one client says is not where another's words are. */
STEP_TEST(messages_that_are_there_at_once)
{
    struct uring_server s;
    struct net_client c[CROWD];
    uring_server_start(&s);
    for (int i = 0; i < CROWD; i++) {
        char name[32];
        snprintf(name, sizeof name, "client %d", i + 1);
        net_connect_quietly(&c[i], name, SERVER_HOST, s.port);
        echo_client_round_trip(&c[i], 100);
    }
    lab_note("the server is kept from the kernel until %d clients have sent a "
             "message of their own",
             CROWD);
    watch_close_gate();
    net_send_text(&c[0], "client 1\n");
    watch_until_at_gate();
    for (int i = 1; i < CROWD; i++)
        net_send_text(&c[i], c[i].name);
    watch_open_gate();
    net_expect_text(&c[0], "client 1\n");
    for (int i = 1; i < CROWD; i++)
        net_expect_text(&c[i], c[i].name);
    for (int i = 0; i < CROWD; i++)
        net_close(&c[i]);
    uring_server_stop(&s);
}

/* Of all sizes, and one after the other. */
STEP_TEST(messages_of_all_sizes_come_back)
{
    struct uring_server s;
    uring_server_start(&s);
    uring_server_talk(&s, 200);
    uring_server_stop(&s);
}

/* A send that takes a part leaves the rest to another. */
STEP_TEST(short_sends_lose_nothing)
{
    struct uring_server s;
    struct net_client c;
    unsigned char data[32 * KIB];
    lab_note("sends of this server take as little as there can be");
    uring_server_start(&s, .small_sends = true);
    for (int i = 0; i < 8; i++) {
        uring_server_connect_narrow(&s, &c, "slow client");
        net_pattern(c.stream, c.offset, data, sizeof data);
        net_send(&c, data, sizeof data);
        proc_until_asleep(&s.proc);
        net_expect(&c, data, sizeof data);
        net_close(&c);
    }
    uring_server_stop(&s);
}

/* A send that has no room is in flight for long. More bytes come meanwhile, to
 * those that wait already, and each time that a part of them has gone. */
STEP_TEST(bytes_that_come_during_a_send)
{
    static unsigned char data[128 * KIB];
    const size_t ahead = 48 * KIB, piece = 8 * KIB;
    struct uring_server s;
    struct net_client c;
    lab_note("sends of this server take as little as there can be");
    uring_server_start(&s, .small_sends = true);
    uring_server_connect_narrow(&s, &c, "slow client");
    net_pattern(c.stream, 0, data, sizeof data);
    net_send(&c, data, ahead);
    for (size_t came = 0; came < sizeof data; came += piece) {
        proc_until_asleep(&s.proc);
        net_expect(&c, data + came, piece);
        proc_until_asleep(&s.proc);
        if (came + ahead < sizeof data)
            net_send(&c, data + came + ahead, piece);
    }
    net_close(&c);
    uring_server_stop(&s);
}

/* Who says nothing costs nothing: the server sleeps. */
STEP_TEST(silent_client_lets_it_sleep)
{
    struct uring_server s;
    struct net_client c;
    uring_server_start(&s);
    net_connect(&c, "client", SERVER_HOST, s.port);
    echo_client_round_trip(&c, 100);
    proc_until_asleep(&s.proc);
    echo_client_round_trip(&c, 100);
    net_close(&c);
    uring_server_stop(&s);
}

/* A client that is gone before it is accepted concerns nobody else. */
STEP_TEST(client_gone_before_it_is_accepted)
{
    struct uring_server s;
    struct net_client first, gone[8];
    uring_server_start(&s);
    net_connect(&first, "first client", SERVER_HOST, s.port);
    echo_client_round_trip(&first, 100);
    watch_close_gate();
    lab_note("the server is kept from the kernel; 8 clients connect and reset");
    net_send_text(&first, "wake up\n");
    watch_until_at_gate();
    for (int i = 0; i < 8; i++) {
        net_connect_quietly(&gone[i], "gone client", SERVER_HOST, s.port);
        net_reset(&gone[i]);
    }
    watch_open_gate();
    net_expect_text(&first, "wake up\n");
    net_close(&first);
    echo_client_lines(SERVER_HOST, s.port);
    uring_server_expect_empty(&s);
    uring_server_stop(&s);
}

/* Close, half-close, reset: all of them leave nothing behind. */
STEP_TEST(clients_that_leave_leave_nothing)
{
    struct uring_server s;
    uring_server_start(&s);
    echo_client_passers_by(SERVER_HOST, s.port, 300);
    uring_server_expect_empty(&s);
    proc_expect_no_leaks(&s.proc);
    echo_client_lines(SERVER_HOST, s.port);
    uring_server_stop(&s);
}

void accept_recv_send_step(void)
{
    lab_step("accept-recv-send");
    lab_test(one_client_gets_its_bytes_back);
    lab_test(crowd_is_served_at_once);
    lab_test(silent_client_lets_it_sleep);
    lab_test(messages_that_are_there_at_once);
    lab_test(messages_of_all_sizes_come_back);
    lab_test(short_sends_lose_nothing);
    lab_test(bytes_that_come_during_a_send);
    lab_test(client_gone_before_it_is_accepted);
    lab_test(clients_that_leave_leave_nothing);
}
