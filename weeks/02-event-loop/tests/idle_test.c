/*
 * idle_test.c: week 02, step 8, in virtual time but for the program.
 */
#include "clock.h"
#include "echo_program_client.h"
#include "fault.h"
#include "stage.h"
#include "steps.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define IDLE_MS 1000
#define LEEWAY_MS (IDLE_MS / 10) /* that it may take longer */

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
    lab_note("%d ms pass", LEEWAY_MS + 2);
    clock_advance((LEEWAY_MS + 2) * CLOCK_MILLISECOND);
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
    lab_note("then it is silent, for 999 ms, and for %d more", LEEWAY_MS + 2);
    pass_ms(&s, 999);
    lab_check(!stage_has_ended(&c),
              "the client is connected after 999 of them");
    clock_advance((LEEWAY_MS + 2) * CLOCK_MILLISECOND);
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
    lab_note("its last byte moved 1,101 ms ago");
    pass_ms(&s, LEEWAY_MS + 2);
    lab_equal(fault_calls("close") - closed, 1, "descriptors that are closed");
    net_close(&c);
    stage_close(&s);
}

/* More than a loop writes to wake itself up, which is counted as well. */
#define SENT_BYTES_MIN 1000

/* Read on until the server has sent some more, or there is nothing left. */
static size_t take_until_it_sends(struct stage *s, struct net_client *c,
                                  size_t offset)
{
    uint64_t sent = fault_bytes(FAULT_OUTPUT);
    size_t taken = 0;
    while (offset + taken < c->offset &&
           fault_bytes(FAULT_OUTPUT) < sent + SENT_BYTES_MIN) {
        size_t left = c->offset - offset - taken;
        size_t part = left < 16384 ? left : 16384;
        stage_take(s, c, offset + taken, part);
        taken += part;
        run_until_quiet(s->loop);
    }
    return taken;
}

/* One that takes its bytes slowly does move some. */
STEP_TEST(slow_reader_stays)
{
    struct stage s;
    struct net_client c;

    stage_open(&s, IDLE_MS);
    stage_connect(&s, &c, "slow client");
    size_t offset = c.offset;
    stage_fill(&s, &c);
    lab_note("each 900 ms it reads until the server can send some more");
    while (offset < c.offset) {
        pass_ms(&s, 900);
        offset += take_until_it_sends(&s, &c, offset);
    }
    net_close(&c);
    run_until_quiet(s.loop);
    stage_close(&s);
}

/* A callback that takes a tenth of a second in each turn, while the server
 * sends a byte in each. */
struct slow_turns {
    const struct net_client *client;
    int bytes, turns;
};

static void take_a_while(struct loop *loop, int fd, unsigned events, void *user)
{
    struct slow_turns *slow = user;
    int arrived = 0;
    (void)fd;
    (void)events;
    clock_advance(100 * CLOCK_MILLISECOND);
    lab_sys(ioctl(slow->client->fd, FIONREAD, &arrived));
    if (arrived >= slow->bytes || ++slow->turns > 2 * slow->bytes)
        loop_stop(loop);
}

/* A byte that is sent moves, too, also when nothing is read for long. */
STEP_TEST(client_that_is_sent_to_stays)
{
    struct stage s;
    struct net_client c;
    struct slow_turns slow = {.client = &c, .bytes = 64};
    int fds[2];
    unsigned char data[64];

    stage_open(&s, IDLE_MS);
    stage_connect(&s, &c, "client");
    lab_sys(pipe2(fds, O_CLOEXEC));
    lab_sys(write(fds[1], "x", 1));
    lab_ok(loop_add(s.loop, fds[0], LOOP_READABLE, take_a_while, &slow));
    lab_note("the client sends 64 bytes; each send to it takes 1 byte, and "
             "each turn of the loop 100 ms");
    fault_cut_every(FAULT_OUTPUT, 1, 1);
    net_pattern(c.stream, c.offset, data, sizeof data);
    net_send(&c, data, sizeof data);
    lab_ok(loop_run(s.loop));
    net_expect(&c, data, sizeof data);
    fault_reset();
    lab_ok(loop_remove(s.loop, fds[0]));
    close(fds[0]);
    close(fds[1]);
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
    lab_note("20 clients, one after the other, come and leave");
    for (int i = 0; i < 20; i++) {
        stage_connect_quietly(&s, &c, "client");
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

/* `echo-loop -i 100 0`, in real time: no client of it is silent for ever. */
STEP_TEST(program_closes_idle_clients)
{
    struct echo_program e;
    struct net_client c;

    echo_program_start(&e, "echo-loop", "-i", "100", "0");
    net_connect(&c, "silent client", e.host, e.port);
    net_expect_end(&c);
    net_close(&c);
    echo_program_stop(&e, SIGTERM);
}

void idle_step(void)
{
    lab_step("idle");
    lab_test(silent_client_is_closed);
    lab_test(busy_client_stays);
    lab_test(deaf_client_is_closed);
    lab_test(slow_reader_stays);
    lab_test(client_that_is_sent_to_stays);
    lab_test(client_leaves_before_its_time);
    lab_test(zero_is_never);
    lab_test(program_closes_idle_clients);
}
