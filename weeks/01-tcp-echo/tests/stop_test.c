/*
 * stop_test.c: week 01, steps 9 and 10: an orderly stop, and a full house.
 */
#include "echo_client.h"
#include "echo_server.h"
#include "echo_steps.h"
#include "fault.h"

#include <poll.h>
#include <stdio.h>
#include <time.h>

#define KIB 1024

/* ---- 9 stop ---- */

static void until_refused(const struct echo_server *s)
{
    struct net_client late;
    struct lab_patience patience;
    lab_note("new clients come until they are refused");
    lab_patience_start(&patience);
    while (net_try_connect(&late, "late client", ECHO_HOST, s->port) !=
           -ECONNREFUSED) {
        late.quiet = true;
        net_reset(&late);
        if (!lab_patience_left(&patience))
            lab_differ_at(LAB_HERE, "a client that comes after the stop",
                          "it is refused (ECONNREFUSED)",
                          "it is let in: the listener is still open");
    }
}

/* After the stop nobody comes in, those inside finish, and then it returns,
 * long before the deadline. */
STEP_TEST(stop_lets_those_inside_finish)
{
    struct echo_server s;
    struct net_client first, second;

    echo_server_until(&s, ECHO_FAR_MS);
    net_connect(&first, "client 1", ECHO_HOST, s.port);
    net_connect(&second, "client 2", ECHO_HOST, s.port);
    echo_client_round_trip(&first, 1000);
    echo_client_round_trip(&second, 1000);
    echo_server_stop(&s);
    until_refused(&s);
    echo_client_round_trip(&first, 256 * KIB);
    net_close(&first);
    echo_client_round_trip(&second, 256 * KIB);
    proc_expect_alive(&s.proc);
    net_shutdown_write(&second);
    net_expect_eof(&second);
    net_close(&second);
    echo_server_expect_done(&s);
}

/* Who does not leave by himself is cut off at the deadline. */
STEP_TEST(deadline_cuts_off_the_others)
{
    struct echo_server s;
    struct net_client idle, deaf;

    echo_server_until(&s, 50);
    net_connect(&idle, "idle client", ECHO_HOST, s.port);
    net_connect(&deaf, "deaf client", ECHO_HOST, s.port);
    echo_client_round_trip(&idle, 1000);
    net_send_until_stuck(&deaf, &s.proc);
    echo_server_stop(&s);
    net_expect_end(&idle);
    echo_server_expect_done(&s);
    net_expect_end(&deaf);
    net_close(&idle);
    net_close(&deaf);
}

/* Nobody is inside: it returns at once, however long the deadline. */
STEP_TEST(stop_of_an_empty_server)
{
    struct echo_server s;

    echo_server_until(&s, ECHO_FAR_MS);
    echo_client_passers_by(ECHO_HOST, s.port, 20);
    echo_server_stop(&s);
    echo_server_expect_done(&s);

    echo_server_until(&s, ECHO_FAR_MS);
    echo_server_hang_up(&s);
    echo_server_expect_done(&s);
}

/* It is echo_serve() in everything else. */
STEP_TEST(stoppable_server_is_no_weaker)
{
    struct echo_server s;

    echo_server_until(&s, ECHO_FAR_MS);
    echo_client_crowd(ECHO_HOST, s.port, 64, 2);
    lab_note("the next calls of accept(2) fail with ECONNABORTED, EINTR, "
             "ENETUNREACH");
    fault_fail(FAULT_ACCEPT, 1, ECONNABORTED);
    fault_fail(FAULT_ACCEPT, 2, EINTR);
    fault_fail(FAULT_ACCEPT, 3, ENETUNREACH);
    echo_client_lines(ECHO_HOST, s.port);
    lab_note("the next pthread_create() fails with EAGAIN");
    fault_fail("pthread_create", 1, EAGAIN);
    struct net_client c;
    net_connect(&c, "client", ECHO_HOST, s.port);
    net_expect_end(&c);
    net_close(&c);
    long pages = echo_server_pages(&s);
    echo_client_passers_by(ECHO_HOST, s.port, 300);
    echo_client_reset_when_full(ECHO_HOST, s.port);
    echo_server_expect_stacks_freed(&s, pages, 300);
    echo_server_stop(&s);
    echo_server_expect_done(&s);
}

/*
 * A client that poll(2) has announced is gone when accept(2) comes to it, and
 * nobody is behind it: an accept that waits there does not hear the stop.
 */
STEP_TEST(stop_is_heard_after_a_client_that_is_gone)
{
    struct echo_server s;
    struct net_client c;

    echo_server_until(&s, ECHO_FAR_MS);
    lab_note("the next client is gone from the queue before accept(2) looks");
    fault_lose_client(1);
    net_connect(&c, "client", ECHO_HOST, s.port);
    lab_until(fault_hits(FAULT_ACCEPT) == 1, "the server calls accept(2)");
    net_close(&c);
    echo_server_stop(&s);
    echo_server_expect_done(&s);
}

/*
 * A client leaves at the moment of the stop. Between the close of its
 * descriptor and whatever its thread does next, that number is nobody's, or
 * somebody else's: who is cut off must not be looked up by it.
 */
STEP_TEST(who_leaves_is_not_cut_off)
{
    struct echo_server s;
    struct net_client c;

    echo_server_until(&s, 0);
    net_connect(&c, "client", ECHO_HOST, s.port);
    echo_client_round_trip(&c, 1000);
    lab_note("the server's next close(2) closes, and returns late");
    fault_hold_close(1);
    net_shutdown_write(&c);
    net_expect_eof(&c);
    proc_until_asleep(&s.proc);
    echo_server_stop(&s);
    proc_until_asleep(&s.proc);
    lab_note("close(2) returns");
    fault_release();
    echo_server_expect_done(&s);
    net_close(&c);
}

/* A listener that does not listen is an error, not a stop. */
STEP_TEST(broken_listener_is_no_stop)
{
    struct echo_server s;
    struct net_client inside, knocking;

    echo_server_until_error(&s, EINVAL);
    net_connect(&inside, "client", ECHO_HOST, s.port);
    echo_client_round_trip(&inside, 1000);
    lab_note("the listener breaks: accept(2) fails with EINVAL from now on");
    fault_fail_every(FAULT_ACCEPT, 1, EINVAL);
    if (net_try_connect(&knocking, "knocking client", ECHO_HOST, s.port) == 0)
        knocking.quiet = true;
    lab_note("the deadline for those inside is ten minutes away, but is that "
             "of a stop");
    net_expect_end(&inside);
    echo_server_expect_done(&s);
    net_close(&inside);
    net_close(&knocking);
}

/* ---- 10 full-house ---- */

#define ROOM 8     /* descriptors that the server may open */
#define INSIDE 4   /* clients that surely find room */
#define OUTSIDE 12 /* more than the rest */
#define ROUND_TRIPS 1000

/* One client's attempt, by hand: the server may still turn it away. */
static bool is_served(const struct echo_server *s)
{
    struct net_client c;
    char answer[16];

    net_connect_quietly(&c, "new client", ECHO_HOST, s->port);
    struct pollfd wanted = {.fd = c.fd, .events = POLLIN};
    bool served = send(c.fd, "hello\n", 6, MSG_NOSIGNAL) == 6 &&
                  poll(&wanted, 1, LAB_PATIENCE_MS) == 1 &&
                  recv(c.fd, answer, sizeof answer, MSG_DONTWAIT) == 6;
    net_close(&c);
    return served;
}

static intmax_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (intmax_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * While nobody finds room, those inside are served, and accept is not called
 * in a loop. Two things are counted. Calls that fail after a failed one without
 * a sleep in between: on a busy machine a loop turns slowly, and still never
 * sleeps. And calls in all: a sleep of a millisecond is not shorter, whatever
 * the machine does. Both leave room for a spare descriptor, which is given up
 * to call once more, and turns away whoever waits.
 */
static void expect_rests(struct net_client *inside)
{
    lab_note("%s makes 1,000 round trips", inside->name);
    intmax_t began = now_ms();
    unsigned long before = fault_calls(FAULT_ACCEPT);
    unsigned long restless_before = fault_restless();
    inside->quiet = true;
    for (int i = 0; i < ROUND_TRIPS; i++)
        echo_client_round_trip(inside, 100);
    inside->quiet = false;
    unsigned long restless = fault_restless() - restless_before;
    unsigned long calls = fault_calls(FAULT_ACCEPT) - before;
    intmax_t most = 2 * (now_ms() - began + 2 + OUTSIDE);
    lab_at_most(restless, calls / 2 + 2,
                "calls of accept(2), of %s during 1,000 round trips, that "
                "found no room right after another had found none, without a "
                "sleep in between",
                lab_number((intmax_t)calls));
    lab_at_most(calls, most,
                "calls of accept(2) during 1,000 round trips, with a rest of a "
                "millisecond or more after each that found no room");
}

static void until_served(const struct echo_server *s)
{
    lab_note("clients come until one is served");
    lab_until(is_served(s), "once there is room, new clients are served");
}

struct house {
    struct net_client inside[INSIDE], outside[OUTSIDE];
};

static void fill(struct echo_server *s, struct house *house)
{
    char name[32];

    echo_server_settle(s);
    for (int i = 0; i < INSIDE; i++) {
        snprintf(name, sizeof name, "client %d", i + 1);
        net_connect(&house->inside[i], name, ECHO_HOST, s->port);
        echo_client_round_trip(&house->inside[i], 1000);
    }
    lab_note("%d more clients connect: the server may have %d descriptors",
             OUTSIDE, ROOM);
    for (int i = 0; i < OUTSIDE; i++)
        net_connect_quietly(&house->outside[i], "waiting client", ECHO_HOST,
                            s->port);
    expect_rests(&house->inside[0]);
}

/* All but the first of those inside. */
static void leave(struct house *house)
{
    lab_note("everybody but client 1 leaves");
    for (int i = 1; i < INSIDE; i++)
        net_close(&house->inside[i]);
    for (int i = 0; i < OUTSIDE; i++)
        net_close(&house->outside[i]);
}

/* No descriptor is left, and then there are some again. */
STEP_TEST(no_descriptor_left)
{
    struct echo_server s;
    struct house house;

    echo_server_cramped(&s, ROOM);
    fill(&s, &house);
    leave(&house);
    lab_until(proc_count_fds(&s.proc) <= s.fds + 1,
              "the server closes the descriptors of those who have left");
    lab_note("there is room again");
    until_served(&s);
    echo_client_round_trip(&house.inside[0], 1000);
    net_close(&house.inside[0]);
    echo_server_finish(&s);
}

/* The same for memory and the whole system: it is a lack for a time, and no
 * fault of the listener. */
STEP_TEST(shortage_is_no_end)
{
    static const int errors[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM};
    struct echo_server s;

    echo_server_many(&s);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        lab_note("the next two calls of accept(2) fail with %s",
                 lab_errno_text(errors[i]));
        fault_fail(FAULT_ACCEPT, 1, errors[i]);
        fault_fail(FAULT_ACCEPT, 2, errors[i]);
        until_served(&s);
        lab_until(fault_hits(FAULT_ACCEPT) == 2 * (i + 1),
                  "the server calls accept(2) again after each error");
        until_served(&s);
    }
    echo_server_finish(&s);
}

/* A longer one, which no descriptor that is given up can end. */
STEP_TEST(shortage_gives_time_to_rest)
{
    static const int errors[] = {ENFILE, ENOBUFS, ENOMEM};
    struct echo_server s;
    struct net_client inside, knocking;

    echo_server_many(&s);
    net_connect(&inside, "client 1", ECHO_HOST, s.port);
    echo_client_round_trip(&inside, 1000);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        lab_note("accept(2) fails with %s from now on, and a client waits",
                 lab_errno_text(errors[i]));
        fault_fail_every(FAULT_ACCEPT, 1, errors[i]);
        net_connect_quietly(&knocking, "waiting client", ECHO_HOST, s.port);
        expect_rests(&inside);
        fault_reset();
        lab_note("there is room again");
        until_served(&s);
        net_close(&knocking);
    }
    net_close(&inside);
    echo_server_finish(&s);
}

/* echo_serve_until() goes through the same, if it is written; and a house that
 * is full hears the stop. */
STEP_TEST(full_house_hears_the_stop)
{
    struct echo_server s;
    struct house house;

    if (!echo_server_has_until())
        return;
    echo_server_cramped_until(&s, ROOM);
    fill(&s, &house);
    echo_server_stop(&s);
    net_expect_end(&house.inside[0]);
    echo_server_expect_done(&s);
    leave(&house);
    net_close(&house.inside[0]);

    echo_server_cramped_until(&s, ROOM);
    fill(&s, &house);
    leave(&house);
    until_served(&s);
    net_close(&house.inside[0]);
    echo_server_stop(&s);
    echo_server_expect_done(&s);
}

/* ---- The list ---- */

void stop_step(void)
{
    lab_step("stop");
    lab_test(stop_lets_those_inside_finish);
    lab_test(deadline_cuts_off_the_others);
    lab_test(stop_of_an_empty_server);
    lab_test(stoppable_server_is_no_weaker);
    lab_test(stop_is_heard_after_a_client_that_is_gone);
    lab_test(who_leaves_is_not_cut_off);
    lab_test(broken_listener_is_no_stop);
    stop_memory_tests();
    program_stop_tests();
}

void full_house_step(void)
{
    lab_step("full-house");
    lab_test(no_descriptor_left);
    lab_test(shortage_is_no_end);
    lab_test(shortage_gives_time_to_rest);
    lab_test(full_house_hears_the_stop);
}
