/*
 * multishot_test.c: week 03, step 4: one operation, many completions.
 */
#include "echo_client.h"
#include "steps.h"
#include "uring_echo.h"
#include "uring_server.h"

#include <stdio.h>
#include <time.h>

#define CLIENTS 100
#define MESSAGES 200
#define FEW 4 /* times that the kernel may end one for its own reasons */

static void start(struct uring_server *s)
{
    uring_server_start(s, .rules = WATCH_FLIGHT);
}

static void connect_many(const struct uring_server *s,
                         struct net_client *clients, int count)
{
    char name[32];
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "client %d", i + 1);
        net_connect_quietly(&clients[i], name, SERVER_HOST, s->port);
    }
}

static void close_many(struct net_client *clients, int count)
{
    for (int i = 0; i < count; i++)
        net_close(&clients[i]);
}

/* One accept brings all of them. */
STEP_TEST(one_accept_brings_all_clients)
{
    struct uring_server s;
    struct net_client clients[CLIENTS];

    start(&s);
    lab_note("%d clients connect, then each sends a message", CLIENTS);
    connect_many(&s, clients, CLIENTS);
    for (int i = 0; i < CLIENTS; i++)
        echo_client_round_trip(&clients[i], 100);
    lab_at_least(watch_accepts(), 1, "accepts that were started");
    lab_at_most(watch_accepts(), FEW,
                "accepts that were started for %d clients", CLIENTS);
    close_many(clients, CLIENTS);
    uring_server_expect_empty(&s);
    uring_server_stop(&s);
}

/* One receive brings all that a client says. */
STEP_TEST(one_receive_brings_all_messages)
{
    struct uring_server s;
    struct net_client c;

    start(&s);
    net_connect(&c, "client", SERVER_HOST, s.port);
    c.quiet = true;
    lab_note("it sends %d messages, each when the one before is back",
             MESSAGES);
    for (int i = 0; i < MESSAGES; i++)
        echo_client_round_trip(&c, 100);
    lab_at_least(watch_receives(), 1, "receives that were started");
    lab_at_most(watch_receives(), FEW,
                "receives that were started for %d messages", MESSAGES);
    net_close(&c);
    uring_server_expect_empty(&s);
    uring_server_stop(&s);
}

static void expect_nothing_left(struct uring_server *s)
{
    uring_server_expect_empty(s);
    proc_until_asleep(&s->proc);
    proc_expect_no_leaks(&s->proc);
    lab_equal(watch_buffers_taken(), 0,
              "buffers that were taken and not given back, with nobody inside");
}

/* A receive goes on while bytes are being sent, and nothing is lost. */
STEP_TEST(messages_come_while_others_are_sent)
{
    struct uring_server s;
    lab_note("clients of this server get the smallest send buffer there is");
    uring_server_start(&s, .rules = WATCH_FLIGHT, .small_sends = true);
    echo_client_lines(SERVER_HOST, s.port);
    echo_client_bytes(SERVER_HOST, s.port);
    uring_server_talk(&s, 12);
    echo_client_half_close(SERVER_HOST, s.port, 32 * 1024);
    echo_client_crowd(SERVER_HOST, s.port, 64, 3);
    expect_nothing_left(&s);
    uring_server_stop(&s);
}

/* It ends with its client, wherever that was. */
STEP_TEST(receive_ends_with_its_client)
{
    struct uring_server s;
    struct net_client c;
    uring_server_start(&s, .rules = WATCH_FLIGHT, .small_sends = true);
    echo_client_passers_by(SERVER_HOST, s.port, 200);
    for (int i = 0; i < 8; i++) {
        uring_server_connect_narrow(&s, &c, "rude client");
        uring_server_fill(&s, &c);
        net_reset(&c);
    }
    expect_nothing_left(&s);
    echo_client_lines(SERVER_HOST, s.port);
    uring_server_stop(&s);
}

/* ---- When there is no descriptor left ---- */

#define ROOM 8
#define OUTSIDE 4

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void start_cramped(struct uring_server *s)
{
    uring_server_start(s, .rules = WATCH_FLIGHT, .room = ROOM);
}

/* Fill the room, and let further ones wait outside. */
static void fill_room(struct uring_server *s, struct net_client inside[ROOM],
                      struct net_client outside[OUTSIDE])
{
    lab_note("%d clients come in, and no descriptor is left; %d more connect",
             ROOM, OUTSIDE);
    connect_many(s, inside, ROOM);
    for (int i = 0; i < ROOM; i++)
        echo_client_round_trip(&inside[i], 100);
    connect_many(s, outside, OUTSIDE);
}

/* -EMFILE ends the accept: whoever waits is let in when there is room again. */
STEP_TEST(accept_goes_on_when_there_is_room)
{
    struct uring_server s;
    struct net_client inside[ROOM], outside[OUTSIDE];

    start_cramped(&s);
    fill_room(&s, inside, outside);
    lab_note("those inside are served");
    for (int i = 0; i < ROOM; i++)
        for (int k = 0; k < 10; k++)
            echo_client_round_trip(&inside[i], 100);
    lab_note("%d of them leave: those outside come in", OUTSIDE);
    close_many(inside, OUTSIDE);
    for (int i = 0; i < OUTSIDE; i++)
        echo_client_round_trip(&outside[i], 100);
    close_many(inside, ROOM);
    close_many(outside, OUTSIDE);
    uring_server_expect_empty(&s);
    echo_client_lines(SERVER_HOST, s.port);
    uring_server_stop(&s);
}

/* Accepting rests meanwhile, and does not turn for nothing. */
STEP_TEST(accept_rests_without_descriptors)
{
    struct uring_server s;
    struct net_client inside[ROOM], outside[OUTSIDE];

    start_cramped(&s);
    int64_t begin = now_ms();
    fill_room(&s, inside, outside);
    lab_note("client 1 makes round trips for a while");
    for (int i = 0; i < 2000; i++)
        echo_client_round_trip(&inside[0], 100);
    unsigned long accepts = watch_accepts();
    int64_t passed = now_ms() - begin;
    lab_at_most(accepts, FEW + passed / URING_ECHO_PAUSE_MS,
                "accepts that were started, with URING_ECHO_PAUSE_MS of rest "
                "between two");
    close_many(inside, ROOM);
    for (int i = 0; i < OUTSIDE; i++)
        echo_client_round_trip(&outside[i], 100);
    close_many(outside, OUTSIDE);
    uring_server_expect_empty(&s);
    uring_server_stop(&s);
}

void multishot_step(void)
{
    lab_step("multishot");
    lab_test(one_accept_brings_all_clients);
    lab_test(one_receive_brings_all_messages);
    lab_test(messages_come_while_others_are_sent);
    lab_test(receive_ends_with_its_client);
    lab_test(accept_goes_on_when_there_is_room);
    lab_test(accept_rests_without_descriptors);
    multishot_crowd_tests();
}
