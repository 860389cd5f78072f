/*
 * cancel_test.c: week 03, step 7 (stretch): close with everything in flight.
 *
 * The server's process closes and goes on, as uring_server_close() tells; at
 * its end nothing may be left, in the eyes of the watch and of the sanitizer.
 */
#include "echo_client.h"
#include "steps.h"
#include "uring_echo.h"
#include "uring_server.h"

#include <stdio.h>

#define CLIENTS 8
#define ROOM 4

static void start(struct uring_server *s)
{
    uring_server_start(s, .rules = WATCH_FLIGHT, .closes = true, .buffers = 16);
}

/* The ring goes on, and serves the next. */
static void expect_next_life(struct uring_server *s)
{
    uring_server_go_on(s);
    echo_client_lines(SERVER_HOST, s->port);
    uring_server_stop(s);
}

static void connect_all(const struct uring_server *s, struct net_client *c,
                        int count)
{
    char name[32];
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "client %d", i + 1);
        net_connect_quietly(&c[i], name, SERVER_HOST, s->port);
        echo_client_round_trip(&c[i], 1000);
    }
}

static void expect_all_end(struct net_client *c, int count)
{
    for (int i = 0; i < count; i++) {
        net_expect_end(&c[i]);
        net_close(&c[i]);
    }
}

/* Nobody is inside, and an accept is in flight. */
STEP_TEST(close_without_clients)
{
    struct uring_server s;
    start(&s);
    uring_server_close(&s);
    expect_next_life(&s);
}

/* A receive of each is in flight. */
STEP_TEST(close_ends_silent_clients)
{
    struct uring_server s;
    struct net_client c[CLIENTS];
    start(&s);
    lab_note("%d clients are inside, and silent", CLIENTS);
    connect_all(&s, c, CLIENTS);
    uring_server_close(&s);
    expect_all_end(c, CLIENTS);
    expect_next_life(&s);
}

/* Sends are in flight, and receives or cancels. */
STEP_TEST(close_ends_full_clients)
{
    struct uring_server s;
    struct net_client c[CLIENTS];
    uring_server_start(&s, .rules = WATCH_FLIGHT, .closes = true, .buffers = 16,
                       .small_sends = true);
    lab_note("%d clients are inside; all but two send until nothing is taken "
             "any more",
             CLIENTS);
    connect_all(&s, c, 2);
    for (int i = 2; i < CLIENTS; i++) {
        uring_server_connect_narrow(&s, &c[i], "full client");
        uring_server_offer(&s, &c[i], 3 * URING_ECHO_PENDING_BYTES);
    }
    uring_server_close(&s);
    expect_all_end(c, CLIENTS);
    expect_next_life(&s);
}

/* Messages, ends and resets are there already when it is called. */
STEP_TEST(close_meets_completions)
{
    struct uring_server s;
    struct net_client c[CLIENTS];
    start(&s);
    connect_all(&s, c, CLIENTS);
    lab_note("the server is kept from the kernel; clients send, leave, reset");
    watch_close_gate();
    net_send_text(&c[0], "wake up\n");
    watch_until_at_gate();
    for (int i = 1; i < CLIENTS; i++)
        net_send_text(&c[i], "hello\n");
    net_shutdown_write(&c[1]);
    net_close(&c[2]);
    net_reset(&c[3]);
    uring_server_close(&s);
    watch_open_gate();
    expect_all_end(c, 2);
    expect_all_end(c + 4, CLIENTS - 4);
    expect_next_life(&s);
}

/* A client comes in while it is closing: it is closed as well, or waits for
 * the next life. */
STEP_TEST(close_meets_a_client_that_comes)
{
    struct uring_server s;
    struct net_client c[CLIENTS], late[CLIENTS];
    char name[32];
    start(&s);
    connect_all(&s, c, CLIENTS);
    lab_note("the server is kept from the kernel");
    watch_close_gate();
    net_send_text(&c[0], "wake up\n");
    watch_until_at_gate();
    uring_server_close(&s);
    lab_note("%d more connect", CLIENTS);
    for (int i = 0; i < CLIENTS; i++) {
        snprintf(name, sizeof name, "late client %d", i + 1);
        net_connect_quietly(&late[i], name, SERVER_HOST, s.port);
    }
    watch_open_gate();
    expect_all_end(c, CLIENTS);
    uring_server_go_on(&s);
    echo_client_lines(SERVER_HOST, s.port);
    for (int i = 0; i < CLIENTS; i++)
        net_close(&late[i]);
    uring_server_stop(&s);
}

/* There is no descriptor left, and accepting rests. */
STEP_TEST(close_while_accepting_rests)
{
    struct uring_server s;
    struct net_client c[ROOM], outside;
    uring_server_start(&s, .rules = WATCH_FLIGHT, .closes = true, .room = ROOM);
    lab_note("%d clients come in, and no descriptor is left; one more connects",
             ROOM);
    connect_all(&s, c, ROOM);
    net_connect(&outside, "client outside", SERVER_HOST, s.port);
    echo_client_round_trip(&c[0], 1000);
    uring_server_close(&s);
    expect_all_end(c, ROOM);
    net_close(&outside);
    expect_next_life(&s);
}

/* Many at once, in all states. */
STEP_TEST(close_in_mid_transfer)
{
    struct uring_server s;
    struct net_client c[CLIENTS];
    unsigned char data[4096];
    start(&s);
    lab_note("%d clients send 64 KiB each; some read a part of it", CLIENTS);
    connect_all(&s, c, CLIENTS);
    for (int i = 0; i < CLIENTS; i++)
        for (int k = 0; k < 16; k++) {
            net_pattern(c[i].stream, c[i].offset + k * sizeof data, data,
                        sizeof data);
            net_send(&c[i], data, sizeof data);
        }
    for (int i = 0; i < CLIENTS; i += 2) {
        net_pattern(c[i].stream, c[i].offset, data, sizeof data);
        net_expect(&c[i], data, sizeof data);
    }
    uring_server_close(&s);
    expect_all_end(c, CLIENTS);
    expect_next_life(&s);
}

void cancel_step(void)
{
    lab_step("cancel");
    lab_test(close_without_clients);
    lab_test(close_ends_silent_clients);
    lab_test(close_ends_full_clients);
    lab_test(close_meets_completions);
    lab_test(close_meets_a_client_that_comes);
    lab_test(close_while_accepting_rests);
    lab_test(close_in_mid_transfer);
}
