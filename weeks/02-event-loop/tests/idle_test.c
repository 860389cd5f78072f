/*
 * idle_test.c: week 02, step 8, in virtual time.
 */
#include "clock.h"
#include "fault.h"
#include "stage.h"
#include "steps.h"

#define IDLE_MS 1000

static void pass_ms(struct stage *s, uint64_t ms)
{
    clock_advance(ms * CLOCK_MILLISECOND);
    run_until_quiet(s->loop);
}

/* Silent for the whole time: closed, at its end and not before. */
STEP_TEST(silent_client_is_closed)
{
    struct stage s;
    struct net_client c;

    stage_open(&s, IDLE_MS);
    stage_connect(&s, &c, "client");
    lab_note("999 ms pass");
    pass_ms(&s, IDLE_MS - 1);
    lab_check(!stage_has_ended(&c), "the client is still connected");
    lab_note("2 ms pass");
    clock_advance(2 * CLOCK_MILLISECOND);
    stage_until_ended(&s, &c);
    net_close(&c);
    stage_close(&s);
}

/* Each byte begins the time anew. */
STEP_TEST(busy_client_stays)
{
    struct stage s;
    struct net_client c, silent;

    stage_open(&s, IDLE_MS);
    stage_connect(&s, &c, "client");
    stage_connect(&s, &silent, "silent client");
    lab_note("a message each 600 ms, 20 times");
    for (int i = 0; i < 20; i++) {
        pass_ms(&s, 600);
        stage_round_trip(&s, &c, 10);
    }
    lab_check(stage_has_ended(&silent), "the silent client is closed by now");
    lab_note("then it is silent for 1,001 ms");
    pass_ms(&s, 999);
    lab_check(!stage_has_ended(&c),
              "the client is connected after 999 of them");
    clock_advance(2 * CLOCK_MILLISECOND);
    stage_until_ended(&s, &c);
    net_close(&c);
    net_close(&silent);
    stage_close(&s);
}

/* A client that does not take its bytes moves none. */
STEP_TEST(deaf_client_is_closed)
{
    struct stage s;
    struct net_client c;

    stage_open(&s, IDLE_MS);
    stage_connect(&s, &c, "deaf client");
    stage_fill(&s, &c);
    pass_ms(&s, IDLE_MS - 1);
    unsigned long closed = fault_calls("close");
    lab_note("1,001 ms pass since its last byte moved");
    pass_ms(&s, 2);
    lab_equal(fault_calls("close") - closed, 1, "descriptors that are closed");
    net_close(&c);
    stage_close(&s);
}

/* One that takes its bytes slowly does move some. */
STEP_TEST(slow_reader_stays)
{
    struct stage s;
    struct net_client c;
    size_t read = 0;

    stage_open(&s, IDLE_MS);
    stage_connect(&s, &c, "slow client");
    size_t len = stage_fill(&s, &c);
    lab_note("it reads 64 KiB each 900 ms");
    while (len - read > 0) {
        size_t part = len - read < 65536 ? len - read : 65536;
        stage_take(&s, &c, c.offset - len + read, part);
        read += part;
        pass_ms(&s, 900);
        lab_check(read == len || !stage_has_ended(&c),
                  "the client is connected");
    }
    net_close(&c);
    run_until_quiet(s.loop);
    stage_close(&s);
}

/* A client that has left takes its timer along. */
STEP_TEST(client_leaves_before_its_time)
{
    struct stage s;
    struct net_client c;

    stage_open(&s, IDLE_MS);
    for (int i = 0; i < 20; i++) {
        stage_connect(&s, &c, "client");
        net_close(&c);
        pass_ms(&s, 100);
    }
    pass_ms(&s, 2 * IDLE_MS);
    stage_connect(&s, &c, "client");
    lab_note("the server is closed with a client inside");
    loop_echo_close(s.echo);
    s.echo = NULL;
    pass_ms(&s, 2 * IDLE_MS);
    net_close(&c);
    stage_close(&s);
}

/* Without the option nobody is closed, however long it takes. */
STEP_TEST(zero_is_never)
{
    struct stage s;
    struct net_client c;

    stage_open(&s, 0);
    stage_connect(&s, &c, "client");
    lab_note("a day passes");
    pass_ms(&s, 86400000);
    stage_round_trip(&s, &c, 10);
    net_close(&c);
    run_until_quiet(s.loop);
    stage_close(&s);
}

void idle_step(void)
{
    lab_step("idle");
    lab_test(silent_client_is_closed);
    lab_test(busy_client_stays);
    lab_test(deaf_client_is_closed);
    lab_test(slow_reader_stays);
    lab_test(client_leaves_before_its_time);
    lab_test(zero_is_never);
}
