/*
 * crowd_test.c: week 03, steps 4, 8 and 9: many who come or send at once.
 *
 * The watch's gate makes "at once" exact: the server is kept from the kernel
 * until all have sent.
 */
#include "echo_client.h"
#include "steps.h"
#include "uring_server.h"

#include <stdio.h>
#include <stdlib.h>

#define MESSAGE 64

static struct net_client *connect_many(const struct uring_server *s, int count)
{
    struct net_client *clients = calloc((size_t)count, sizeof *clients);
    char name[32];
    lab_note("%d clients connect, and each gets a message back", count);
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "client %d", i + 1);
        net_connect_quietly(&clients[i], name, SERVER_HOST, s->port);
        echo_client_round_trip(&clients[i], MESSAGE);
    }
    return clients;
}

static void close_many(struct net_client *clients, int count)
{
    for (int i = 0; i < count; i++)
        net_close(&clients[i]);
    free(clients);
}

static void send_next(struct net_client *c)
{
    unsigned char data[MESSAGE];
    net_pattern(c->stream, c->offset, data, sizeof data);
    net_send(c, data, sizeof data);
}

static void expect_next(struct net_client *c)
{
    unsigned char data[MESSAGE];
    net_pattern(c->stream, c->offset, data, sizeof data);
    net_expect(c, data, sizeof data);
    c->offset += sizeof data;
}

/* All send, and the server finds all of it at once; then all read. */
static void round_at_once(struct net_client *clients, int count)
{
    watch_close_gate();
    send_next(&clients[0]);
    watch_until_at_gate();
    for (int i = 1; i < count; i++)
        send_next(&clients[i]);
    watch_open_gate();
    for (int i = 0; i < count; i++)
        expect_next(&clients[i]);
}

/* ---- A queue of completions that is soon full ---- */

#define ENTRIES 8 /* of the ring, and 16 of the queue of its completions */

/* They send at once, and once more; each then still has its receive. */
static void rounds_on_a_small_ring(int count, int rounds, unsigned buffers)
{
    struct uring_server s;
    lab_note("a ring of %d entries, %u buffers", ENTRIES, buffers);
    uring_server_start(&s, .rules = WATCH_FLIGHT, .entries = ENTRIES,
                       .buffers = buffers);
    struct net_client *clients = connect_many(&s, count);
    lab_note("%d rounds: all %d send at once, then all read", rounds, count);
    for (int round = 1; round <= rounds; round++)
        round_at_once(clients, count);
    lab_note("then each of them has a last message");
    for (int i = 0; i < count; i++)
        echo_client_round_trip(&clients[i], MESSAGE);
    close_many(clients, count);
    uring_server_expect_empty(&s);
    proc_until_asleep(&s.proc);
    proc_expect_no_leaks(&s.proc);
    uring_server_stop(&s);
}

/* The gate is closed, and the server stands there. */
static void keep_from_kernel(struct net_client *first)
{
    watch_close_gate();
    net_send_text(first, "wake up\n");
    watch_until_at_gate();
}

static void let_into_kernel(struct net_client *first)
{
    watch_open_gate();
    net_expect_text(first, "wake up\n");
}

/* All connect at once, and all leave at once. */
static void come_and_go_on_a_small_ring(int count, int rounds)
{
    struct uring_server s;
    struct net_client first, *crowd = calloc((size_t)count, sizeof *crowd);
    lab_note("a ring of %d entries", ENTRIES);
    uring_server_start(&s, .rules = WATCH_FLIGHT, .entries = ENTRIES);
    net_connect(&first, "first client", SERVER_HOST, s.port);
    for (int round = 1; round <= rounds; round++) {
        lab_note("round %d: the server is kept from the kernel until %d have "
                 "connected",
                 round, count);
        keep_from_kernel(&first);
        for (int i = 0; i < count; i++)
            net_connect_quietly(&crowd[i], "client", SERVER_HOST, s.port);
        let_into_kernel(&first);
        for (int i = 0; i < count; i++)
            echo_client_round_trip(&crowd[i], MESSAGE);
        lab_note("and until all of them have left");
        keep_from_kernel(&first);
        for (int i = 0; i < count; i++)
            net_close(&crowd[i]);
        let_into_kernel(&first);
    }
    net_close(&first);
    uring_server_expect_empty(&s);
    uring_server_stop(&s);
    free(crowd);
}

/* ---- Step 4 ---- */

#define MANY 64

/* A receive whose completion does not fit the queue is over: the bytes are
 * there, IORING_CQE_F_MORE is not. */
STEP_TEST(receives_end_with_bytes)
{
    rounds_on_a_small_ring(MANY, 2, 1024);
}

/* So is an accept, with its client. */
STEP_TEST(accepts_end_with_a_client)
{
    come_and_go_on_a_small_ring(MANY, 2);
}

void multishot_crowd_tests(void)
{
    lab_test(receives_end_with_bytes);
    lab_test(accepts_end_with_a_client);
}

/* ---- Step 8 ---- */

#define BATCH 64
#define ROUNDS 16
#define ENTERS_MAX 100

/* Messages that are there together cost system calls together. */
STEP_TEST(thousand_messages_cost_a_hundred_calls)
{
    struct uring_server s;
    uring_server_start(&s, .rules = WATCH_FLIGHT);
    struct net_client *clients = connect_many(&s, BATCH);
    proc_until_asleep(&s.proc);
    unsigned long before = watch_enters();
    lab_note("%d rounds: all %d send at once, then all read", ROUNDS, BATCH);
    for (int round = 1; round <= ROUNDS; round++)
        round_at_once(clients, BATCH);
    lab_at_most(watch_enters() - before, ENTERS_MAX,
                "system calls for %s messages; week 02's server makes some "
                "2,000",
                lab_number(ROUNDS * BATCH));
    close_many(clients, BATCH);
    uring_server_expect_empty(&s);
    uring_server_stop(&s);
}

void batching_step(void)
{
    lab_step("batching");
    lab_test(thousand_messages_cost_a_hundred_calls);
}

/* ---- Step 9 ---- */

#define CROWD 256

/* There is a buffer for each of them. */
STEP_TEST(more_completions_than_the_queue_holds)
{
    rounds_on_a_small_ring(CROWD, 4, 512);
}

/* There are neither places nor buffers. */
STEP_TEST(neither_places_nor_buffers)
{
    rounds_on_a_small_ring(CROWD, 4, 16);
}

/* Nor are there places for those who come, and those who leave. */
STEP_TEST(crowd_comes_and_goes_at_once)
{
    come_and_go_on_a_small_ring(CROWD / 2, 2);
}

void overflow_step(void)
{
    lab_step("overflow");
    lab_test(more_completions_than_the_queue_holds);
    lab_test(neither_places_nor_buffers);
    lab_test(crowd_comes_and_goes_at_once);
}
