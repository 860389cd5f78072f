/*
 * serve_test.c: week 01, steps 6 and 7: the whole server.
 *
 * Expectations that hold while a server runs are asked of its process from
 * outside; at the end each server is made to return (echo_server_finish), so
 * that the sanitizer of the step has its say.
 */
#include "echo_client.h"
#include "echo_server.h"
#include "echo_steps.h"
#include "fault.h"

#include <sys/socket.h>

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

/* When they have left, no descriptor, thread or stack of theirs remains. */
STEP_TEST(crowd_leaves_nothing_behind)
{
    struct echo_server s;
    echo_server_many(&s);
    echo_server_settle(&s);
    echo_client_crowd(ECHO_HOST, s.port, 32, 1);
    echo_server_expect_empty(&s);
    long pages = echo_server_pages(&s);
    for (int i = 0; i < 3; i++)
        echo_client_crowd(ECHO_HOST, s.port, 32, 1);
    echo_server_expect_empty(&s);
    echo_server_expect_stacks_freed(&s, pages, 3 * 32);
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
    lab_until(fault_calls(FAULT_ACCEPT) > calls ||
                  proc_count_fds(&s.proc) == -1,
              "the server accepts it");
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

/* accept(2) may fail because of one client, as its page lists under "Error
 * handling"; the next is served. */
STEP_TEST(accept_fails_for_one_client)
{
    static const int errors[] = {ECONNABORTED, EPROTO,      EINTR,
                                 ENETDOWN,     ENETUNREACH, EHOSTDOWN,
                                 EHOSTUNREACH, ENONET,      ENOPROTOOPT};
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

/* When it is the listener that is at fault, trying again does not help. */
STEP_TEST(broken_listener_ends_the_server)
{
    char port[NET_PORT_BYTES];

    lab_note("echo_serve() gets a socket that does not listen");
    echo_server_expect_broken((int)lab_sys(socket(AF_INET, SOCK_STREAM, 0)),
                              EINVAL);

    int fd = net_listen(ECHO_HOST, port);
    lab_note("its listener has been shut down");
    lab_sys(shutdown(fd, SHUT_RDWR));
    echo_server_expect_broken(fd, EINVAL);

    lab_note("echo_serve() gets a datagram socket, which accepts nobody");
    echo_server_expect_broken((int)lab_sys(socket(AF_INET, SOCK_DGRAM, 0)),
                              EOPNOTSUPP);
}

/* 2,000 connections, ended in every way, leave nothing. */
STEP_TEST(two_thousand_clients_leave_nothing)
{
    struct echo_server s;

    echo_server_many(&s);
    echo_server_settle(&s);
    echo_client_passers_by(ECHO_HOST, s.port, 500);
    echo_server_expect_empty(&s);
    long pages = echo_server_pages(&s);
    echo_client_passers_by(ECHO_HOST, s.port, 1500);
    echo_server_expect_empty(&s);
    echo_server_expect_stacks_freed(&s, pages, 1500);
    proc_expect_no_leaks(&s.proc);
    echo_server_finish(&s);
}

/* ---- The list ---- */

void many_clients_step(void)
{
    lab_step("many-clients");
    lab_test(silent_client_holds_nobody_up);
    lab_test(crowd_is_served_at_once);
    lab_test(clients_come_and_go);
    lab_test(crowd_leaves_nothing_behind);
}

void rude_clients_step(void)
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
