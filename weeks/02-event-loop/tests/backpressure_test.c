/*
 * backpressure_test.c: week 02, step 3: clients that send and do not read.
 */
#include "echo_client.h"
#include "fault.h"
#include "loop_echo.h"
#include "loop_server.h"
#include "own_fds_client.h"
#include "stage.h"
#include "steps.h"

#include <stdio.h>
#include <stdlib.h>

#define DEAF 16

/* One does not read: the others are served, and it gets every byte later. */
STEP_TEST(deaf_client_holds_nobody_up)
{
    struct loop_server s;
    loop_server_start(&s);
    echo_client_deaf(SERVER_HOST, s.port, 16);
    loop_server_stop(&s);
}

/* It costs LOOP_ECHO_BUFFER_BYTES, and no turn of the loop. */
STEP_TEST(full_client_is_not_read)
{
    struct stage s;
    struct net_client deaf, other;

    stage_open(&s, 0);
    stage_connect(&s, &other, "other client");
    stage_connect(&s, &deaf, "deaf client");
    size_t len = stage_fill(&s, &deaf);
    int64_t inside = stage_bytes_inside();
    lab_note("the other client is served");
    for (int i = 0; i < 100; i++)
        stage_round_trip(&s, &other, 1000);
    lab_at_most(stage_bytes_inside() - inside, 0,
                "bytes of the deaf client that the server has read meanwhile");
    lab_note("the deaf client reads after all");
    stage_take(&s, &deaf, deaf.offset - len, len);
    stage_round_trip(&s, &deaf, 1000);
    run_until_quiet(s.loop);
    net_close(&deaf);
    net_close(&other);
    stage_close(&s);
}

/* Filled and emptied again and again, nothing is lost and nothing grows. */
STEP_TEST(reading_resumes_each_time)
{
    struct stage s;
    struct net_client c;

    stage_open(&s, 0);
    stage_connect(&s, &c, "client");
    for (int round = 1; round <= 5; round++) {
        lab_note("round %d", round);
        size_t len = stage_fill(&s, &c);
        stage_take(&s, &c, c.offset - len, len);
        stage_round_trip(&s, &c, 500);
    }
    net_close(&c);
    run_until_quiet(s.loop);
    stage_close(&s);
}

/* Many of them, each with its own buffer and its own bytes. */
STEP_TEST(many_deaf_clients)
{
    struct stage s;
    struct net_client c[DEAF];
    char name[32];
    size_t len = LOOP_ECHO_BUFFER_BYTES / 2;
    unsigned char *data = malloc(len);

    stage_open(&s, 0);
    lab_note("%d clients send, and no send to them takes more than 1 byte "
             "before one of them reads",
             DEAF);
    for (int i = 0; i < DEAF; i++) {
        snprintf(name, sizeof name, "client %d", i + 1);
        stage_connect_quietly(&s, &c[i], name);
    }
    fault_cut_every(FAULT_OUTPUT, 1, 1);
    for (int i = 0; i < DEAF; i++) {
        net_pattern(c[i].stream, c[i].offset, data, 200);
        net_send(&c[i], data, 200);
    }
    for (int i = 0; i < DEAF; i++)
        stage_take(&s, &c[i], c[i].offset, 200);
    fault_reset();
    for (int i = 0; i < DEAF; i++)
        net_close(&c[i]);
    run_until_quiet(s.loop);
    stage_close(&s);
    free(data);
}

static bool has_closed(void *fds)
{
    return own_fds_count() <=
           *(int *)fds + 2; /* the pipe that stops the loop */
}

/* Full, and its client resets: it is closed, and nothing is left of it. */
STEP_TEST(full_client_resets)
{
    struct stage s;
    struct net_client c, other;

    stage_open(&s, 0);
    stage_connect(&s, &other, "other client");
    int fds = own_fds_count();
    for (int i = 0; i < 8; i++) {
        stage_connect(&s, &c, "rude client");
        stage_fill(&s, &c);
        net_reset(&c);
        run_until(s.loop, has_closed, &fds,
                  "the server closes the client that has reset");
    }
    stage_round_trip(&s, &other, 1000);
    net_close(&other);
    run_until_quiet(s.loop);
    stage_close(&s);
}

/* Full, it ends its stream: the end comes after every byte. */
STEP_TEST(full_client_half_closes)
{
    struct stage s;
    struct net_client c;

    stage_open(&s, 0);
    stage_connect(&s, &c, "client");
    size_t len = stage_fill(&s, &c);
    lab_note("the client shuts its writing side down, then reads");
    net_shutdown_write(&c);
    run_until_quiet(s.loop);
    stage_take(&s, &c, c.offset - len, len);
    stage_until_ended(&s, &c);
    net_expect_eof(&c);
    net_close(&c);
    stage_close(&s);
}

/* Closed with bytes on their way, it gives everything back. */
STEP_TEST(close_ends_full_clients)
{
    struct loop_server s;
    struct net_client idle, deaf;

    loop_server_start(&s);
    net_connect(&idle, "idle client", SERVER_HOST, s.port);
    net_connect(&deaf, "deaf client", SERVER_HOST, s.port);
    echo_client_round_trip(&idle, 1000);
    net_send_until_stuck(&deaf, &s.proc);
    loop_server_stop(&s);
    net_expect_end(&idle);
    net_expect_end(&deaf);
    net_close(&idle);
    net_close(&deaf);
}

void backpressure_step(void)
{
    lab_step("backpressure");
    lab_test(deaf_client_holds_nobody_up);
    lab_test(full_client_is_not_read);
    lab_test(reading_resumes_each_time);
    lab_test(many_deaf_clients);
    lab_test(full_client_resets);
    lab_test(full_client_half_closes);
    lab_test(close_ends_full_clients);
}
