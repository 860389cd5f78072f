/*
 * serve_test.c: week 01, steps 6, 7, 9 and 10: the whole server.
 *
 * Expectations that hold while a server runs are asked of its process from
 * outside; at the end each server is made to return (echo_server_finish), so
 * that the sanitizer of the step has its say.
 */
#include "serve_test.h"

#include "echo_client.h"
#include "echo_server.h"
#include "fault.h"
#include "program_test.h"
#include "tcp_echo.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KIB 1024

/* ---- 6 many-clients ---- */

/* 128 clients are inside at once, and all are answered. */
STEP_TEST(crowd_is_served_at_once)
{
    struct echo_server s;
    echo_server_many(&s);
    echo_client_crowd(ECHO_HOST, s.port, 128, 3);
    echo_server_finish(&s);
}

/* A client that is connected and silent holds nobody up. */
STEP_TEST(silent_client_holds_nobody_up)
{
    struct echo_server s;
    struct net_client silent, busy;

    echo_server_many(&s);
    net_connect(&silent, "silent client", ECHO_HOST, s.port);
    net_connect(&busy, "busy client", ECHO_HOST, s.port);
    echo_client_round_trip(&busy, 1000);
    net_close(&busy);
    lab_note("the silent client speaks after all");
    echo_client_round_trip(&silent, 1000);
    net_close(&silent);
    echo_server_finish(&s);
}

/* Clients come faster than threads start, and each gets its own bytes. */
STEP_TEST(clients_come_and_go)
{
    struct echo_server s;
    echo_server_many(&s);
    echo_client_passers_by(ECHO_HOST, s.port, 200);
    echo_server_finish(&s);
}

/* When they have left, no descriptor and no thread of theirs remains. */
STEP_TEST(crowd_leaves_nothing_behind)
{
    struct echo_server s;
    echo_server_many(&s);
    echo_server_settle(&s);
    echo_client_crowd(ECHO_HOST, s.port, 32, 1);
    echo_server_expect_empty(&s);
    echo_server_finish(&s);
}

/* ---- 7 rude-clients ---- */

/* A client resets while the server sends to it: its thread ends, no more. */
STEP_TEST(reset_in_mid_transfer)
{
    struct echo_server s;
    echo_server_many(&s);
    echo_server_settle(&s);
    echo_client_reset_when_full(ECHO_HOST, s.port);
    echo_server_expect_empty(&s);
    echo_client_lines(ECHO_HOST, s.port);
    echo_server_finish(&s);
}

/* A client has sent, ended and reset before the server reads: the first write
 * to it is an EPIPE, and raises SIGPIPE where nobody prevents it. */
STEP_TEST(client_that_has_vanished)
{
    struct echo_server s;

    echo_server_many(&s);
    echo_server_settle(&s);
    echo_server_freeze(&s);
    unsigned long calls = fault_calls(FAULT_ACCEPT);
    echo_client_vanish(ECHO_HOST, s.port);
    echo_server_thaw(&s);
    lab_until(fault_calls(FAULT_ACCEPT) > calls, "the server accepts it");
    echo_server_expect_empty(&s);
    echo_client_lines(ECHO_HOST, s.port);
    echo_server_finish(&s);
}

/* A client that never reads fills its connection; the others do not notice. */
STEP_TEST(deaf_client_holds_nobody_up)
{
    struct echo_server s;
    echo_server_many(&s);
    echo_client_deaf(ECHO_HOST, s.port, 16);
    echo_server_finish(&s);
}

/* accept(2) may fail because of one client; the next is served. */
STEP_TEST(accept_fails_for_one_client)
{
    static const int errors[] = {ECONNABORTED, EPROTO, EINTR};
    struct echo_server s;

    echo_server_many(&s);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        lab_note("the next two calls of accept(2) fail with %s",
                 lab_errno_text(errors[i]));
        fault_fail(FAULT_ACCEPT, 1, errors[i]);
        fault_fail(FAULT_ACCEPT, 2, errors[i]);
        echo_client_lines(ECHO_HOST, s.port);
        echo_client_lines(ECHO_HOST, s.port);
    }
    echo_server_finish(&s);
}

/* No thread can be had: that client is closed, and the next is served. */
STEP_TEST(client_without_a_thread_is_closed)
{
    struct echo_server s;
    struct net_client c;

    echo_server_many(&s);
    echo_server_settle(&s);
    for (int i = 1; i <= 8; i++) {
        lab_note("the next pthread_create() fails with EAGAIN");
        fault_fail("pthread_create", 1, EAGAIN);
        net_connect(&c, "client", ECHO_HOST, s.port);
        net_expect_end(&c);
        net_close(&c);
    }
    echo_server_expect_empty(&s);
    echo_client_lines(ECHO_HOST, s.port);
    proc_expect_no_leaks(&s.proc);
    echo_server_finish(&s);
}

static int serve(void *listener)
{
    return echo_serve(*(int *)listener);
}

static void expect_serve_error(int listener, const char *error)
{
    struct proc p;
    proc_call(&p, "echo_serve", serve, &listener);
    proc_expect_exit(&p, 1);
    lab_check(strstr(p.err_text, error) != NULL,
              "echo_serve() returned %s; it says: %s", error, p.err_text);
    proc_release(&p);
}

/* When it is the listener that is at fault, trying again does not help. */
STEP_TEST(broken_listener_ends_the_server)
{
    char port[NET_PORT_BYTES];

    int fd = (int)lab_sys(socket(AF_INET, SOCK_STREAM, 0));
    lab_note("echo_serve() gets a socket that does not listen");
    expect_serve_error(fd, "EINVAL");
    close(fd);

    fd = net_listen(ECHO_HOST, port);
    lab_note("its listener has been shut down");
    lab_sys(shutdown(fd, SHUT_RDWR));
    expect_serve_error(fd, "EINVAL");
    close(fd);
}

/* Pages of virtual memory: a thread that nobody joins or detaches keeps its
 * stack, 2048 of them. */
static long pages_of(const struct proc *p)
{
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)p->pid);
    FILE *file = fopen(path, "r");
    lab_check(file != NULL && fscanf(file, "%ld", &pages) == 1,
              "the server runs, so that %s can be read", path);
    fclose(file);
    return pages;
}

/* 2,000 connections, ended in every way, leave nothing. */
STEP_TEST(two_thousand_clients_leave_nothing)
{
    struct echo_server s;

    echo_server_many(&s);
    echo_server_settle(&s);
    echo_client_passers_by(ECHO_HOST, s.port, 500);
    echo_server_expect_empty(&s);
    long pages = pages_of(&s.proc);
    echo_client_passers_by(ECHO_HOST, s.port, 1500);
    echo_server_expect_empty(&s);
    lab_note("looks at the server's virtual memory");
    lab_at_most(pages_of(&s.proc) - pages, 1500L * 2048 / 4,
                "pages of virtual memory that 1,500 clients have left behind "
                "(a thread's stack is about 2,048; see pthread_detach)");
    proc_expect_no_leaks(&s.proc);
    echo_server_finish(&s);
}

/* ---- 9 stop ---- */

static void until_refused(const struct echo_server *s)
{
    struct net_client late;
    struct lab_patience patience;
    lab_note("new clients come until they are refused");
    lab_patience_start(&patience);
    while (net_try_connect(&late, "late client", ECHO_HOST, s->port) !=
           -ECONNREFUSED) {
        net_reset(&late);
        lab_check(lab_patience_left(&patience),
                  "new clients are refused (-ECONNREFUSED) after the stop");
    }
}

/* After the stop nobody comes in, those inside finish, and then it returns,
 * long before the deadline. */
STEP_TEST(stop_lets_those_inside_finish)
{
    struct echo_server s;
    struct net_client first, second;

    echo_server_until(&s, 600000);
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
    net_send_until_full(&deaf);
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

    echo_server_until(&s, 600000);
    echo_client_passers_by(ECHO_HOST, s.port, 20);
    echo_server_stop(&s);
    echo_server_expect_done(&s);

    echo_server_until(&s, 600000);
    echo_server_hang_up(&s);
    echo_server_expect_done(&s);
}

/* It is echo_serve() in everything else. */
STEP_TEST(stoppable_server_is_no_weaker)
{
    struct echo_server s;

    echo_server_until(&s, 600000);
    echo_client_crowd(ECHO_HOST, s.port, 64, 2);
    lab_note("the next calls of accept(2) fail with ECONNABORTED, EINTR");
    fault_fail(FAULT_ACCEPT, 1, ECONNABORTED);
    fault_fail(FAULT_ACCEPT, 2, EINTR);
    echo_client_lines(ECHO_HOST, s.port);
    lab_note("the next pthread_create() fails with EAGAIN");
    fault_fail("pthread_create", 1, EAGAIN);
    struct net_client c;
    net_connect(&c, "client", ECHO_HOST, s.port);
    net_expect_end(&c);
    net_close(&c);
    echo_client_passers_by(ECHO_HOST, s.port, 300);
    echo_client_reset_when_full(ECHO_HOST, s.port);
    echo_server_stop(&s);
    echo_server_expect_done(&s);
}

static int serve_until(void *listener)
{
    int stop[2];
    lab_sys(pipe2(stop, O_CLOEXEC));
    return echo_serve_until(*(int *)listener, stop[0], 600000);
}

/* A listener that does not listen is an error, not a stop. */
STEP_TEST(broken_listener_is_no_stop)
{
    struct proc p;
    int fd = (int)lab_sys(socket(AF_INET, SOCK_STREAM, 0));
    lab_note("echo_serve_until() gets a socket that does not listen");
    proc_call(&p, "echo_serve_until", serve_until, &fd);
    proc_expect_exit(&p, 1);
    lab_check(strstr(p.err_text, "EINVAL") != NULL,
              "echo_serve_until() returned -EINVAL; it says: %s", p.err_text);
    proc_release(&p);
    close(fd);
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

/*
 * While no descriptor is left, those inside are served, and accept is not
 * called in a loop. How often it may be is counted against the round trips of
 * one client, and no clock is asked: a pause of some milliseconds makes one
 * call in hundreds of them, a loop without a pause makes ten calls in each.
 */
STEP_TEST(no_descriptor_left)
{
    struct echo_server s;
    struct net_client inside[INSIDE], outside[OUTSIDE];
    char name[32];

    echo_server_cramped(&s, ROOM);
    echo_server_settle(&s);
    for (int i = 0; i < INSIDE; i++) {
        snprintf(name, sizeof name, "client %d", i + 1);
        net_connect(&inside[i], name, ECHO_HOST, s.port);
        echo_client_round_trip(&inside[i], 1000);
    }
    lab_note("%d more clients connect: the server may have %d descriptors",
             OUTSIDE, ROOM);
    for (int i = 0; i < OUTSIDE; i++)
        net_connect_quietly(&outside[i], "waiting client", ECHO_HOST, s.port);

    lab_note("client 1 makes %d round trips", ROUND_TRIPS);
    unsigned long before = fault_calls(FAULT_ACCEPT);
    inside[0].quiet = true;
    for (int i = 0; i < ROUND_TRIPS; i++)
        echo_client_round_trip(&inside[0], 100);
    lab_at_most(fault_calls(FAULT_ACCEPT) - before, ROUND_TRIPS,
                "calls of accept(2) during %d round trips", ROUND_TRIPS);

    lab_note("everybody but client 1 leaves");
    for (int i = 1; i < INSIDE; i++)
        net_close(&inside[i]);
    for (int i = 0; i < OUTSIDE; i++)
        net_close(&outside[i]);
    lab_until(proc_count_fds(&s.proc) <= s.fds + 1,
              "the server closes the descriptors of those who have left");
    lab_note("there is room again: clients come until one is served");
    lab_until(is_served(&s), "once there is room, new clients are served");
    echo_client_round_trip(&inside[0], 1000);
    net_close(&inside[0]);
    echo_server_finish(&s);
}

/* The same for memory: it is a lack for a time, and no fault of the listener.
 */
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
        for (int client = 0; client < 3; client++)
            echo_client_lines(ECHO_HOST, s.port);
    }
    echo_server_finish(&s);
}

/* ---- The list ---- */

static void many_clients_step(void)
{
    lab_step("many-clients");
    lab_test(silent_client_holds_nobody_up);
    lab_test(crowd_is_served_at_once);
    lab_test(clients_come_and_go);
    lab_test(crowd_leaves_nothing_behind);
}

static void rude_clients_step(void)
{
    lab_step("rude-clients");
    lab_test(client_that_has_vanished);
    lab_test(reset_in_mid_transfer);
    lab_test(deaf_client_holds_nobody_up);
    lab_test(accept_fails_for_one_client);
    lab_test(client_without_a_thread_is_closed);
    lab_test(broken_listener_ends_the_server);
    lab_test(two_thousand_clients_leave_nothing);
}

static void stop_step(void)
{
    lab_step("stop");
    lab_test(stop_lets_those_inside_finish);
    lab_test(deadline_cuts_off_the_others);
    lab_test(stop_of_an_empty_server);
    lab_test(stoppable_server_is_no_weaker);
    lab_test(broken_listener_is_no_stop);
    program_stop_tests();
}

static void full_house_step(void)
{
    lab_step("full-house");
    lab_test(no_descriptor_left);
    lab_test(shortage_is_no_end);
}

void serve_steps(void)
{
    many_clients_step();
    rude_clients_step();
    program_step();
    stop_step();
    full_house_step();
}
