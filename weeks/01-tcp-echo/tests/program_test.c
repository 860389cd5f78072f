/*
 * program_test.c: week 01, step 8: the program `echo`, from outside.
 *
 * Any executable may stand in its place (--program=…), so nothing is asked
 * here but what the handout says of the program.
 */
#include "echo_client.h"
#include "echo_program_client.h"
#include "echo_steps.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIB 1024
#define MIB (1024 * KIB)

/* One line of standard output was all; standard error is for its messages. */
static void end_program(struct echo_program *e)
{
    echo_program_end_by(e, SIGKILL);
}

/* `echo 0` picks a port, says so, and serves every kind of client. */
STEP_TEST(program_serves_clients)
{
    struct echo_program e;
    echo_program_start_anywhere(&e, "echo");
    echo_client_lines(e.host, e.port);
    echo_client_bytes(e.host, e.port);
    echo_client_half_close(e.host, e.port, 32 * KIB);
    echo_client_exchange(e.host, e.port, 1 * MIB);
    echo_client_crowd(e.host, e.port, 32, 2);
    end_program(&e);
}

/* Rude clients meet the program as they met the function. */
STEP_TEST(program_survives_rude_clients)
{
    struct echo_program e;
    echo_program_start(&e, "echo", "127.0.0.1", "0");
    echo_client_reset_when_full(e.host, e.port);
    for (int i = 0; i < 8; i++)
        echo_client_vanish(e.host, e.port);
    echo_client_passers_by(e.host, e.port, 100);
    echo_client_lines(e.host, e.port);
    end_program(&e);
}

/* What is printed to a pipe may wait in a buffer of stdio's and die with it; at
 * a terminal it shows at once, or after some hundred bytes. */
STEP_TEST(program_prints_one_line)
{
    struct echo_program e;
    echo_program_start_at_terminal(&e, "echo");
    echo_client_passers_by(e.host, e.port, 200);
    echo_client_lines(e.host, e.port);
    end_program(&e);
}

/* `echo ::1 0` */
STEP_TEST(program_listens_on_ipv6)
{
    struct echo_program e;
    echo_program_start_on_ipv6(&e, "echo");
    echo_client_lines(e.host, e.port);
    end_program(&e);
}

/* nc sends a file, half-closes (-N), and gets the same file back. */
STEP_TEST(netcat_gets_its_file_back)
{
    struct echo_program e;
    echo_program_start_anywhere(&e, "echo");
    echo_program_netcats(&e, 1, 1 * MIB);
    end_program(&e);
}

/* Arguments that make no sense: a usage line, exit 2, nothing on output. */
STEP_TEST(wrong_arguments_get_the_usage_line)
{
    static const char *const wrong[][ECHO_PROGRAM_WORDS_MAX] = {
        {NULL},
        {"127.0.0.1", "0", "more"},
        {"http"},
        {"65536"},
        {"not-an-address", "0"}};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        echo_program_expect_usage("echo", wrong[i]);
}

/* Somebody listens there: a message that names the port, and exit 1. */
STEP_TEST(taken_port_gets_a_message)
{
    struct echo_program first;
    echo_program_start_anywhere(&first, "echo");
    echo_program_expect_taken("echo", first.port);
    end_program(&first);
}

/* Killed with a client inside and started again, it has the same port. */
STEP_TEST(program_restarts_on_its_port)
{
    struct echo_program e;
    struct net_client c;
    char port[NET_PORT_BYTES];

    echo_program_start_anywhere(&e, "echo");
    memcpy(port, e.port, sizeof port);
    net_connect(&c, "client", e.host, e.port);
    echo_client_round_trip(&c, 1000);
    lab_note("the program is killed");
    proc_kill(&e.proc);
    proc_release(&e.proc);
    net_expect_end(&c);
    net_close(&c);

    echo_program_start(&e, "echo", port);
    lab_same_text(e.port, port, "the port after the restart");
    echo_client_lines(e.host, e.port);
    end_program(&e);
}

/* As a daemon starts: the first descriptor that it opens is number 0. */
STEP_TEST(program_without_standard_input)
{
    struct echo_program e;
    echo_program_start_without_input(&e, "echo");
    echo_client_lines(e.host, e.port);
    end_program(&e);
}

/* Ctrl-C ends it, with whatever status. */
STEP_TEST(interrupt_ends_the_program)
{
    struct echo_program e;
    echo_program_start_anywhere(&e, "echo");
    echo_program_end_by(&e, SIGINT);
}

/* ---- Of step 9 ---- */

/* What the tests of echo_serve_until() have asked before is not asked again of
 * the program, which they cannot tell of a pthread_clockjoin_np in it. */
static void silence_thread_sanitizer(void)
{
    const char *options = getenv("TSAN_OPTIONS");
    char more[4096];
    snprintf(more, sizeof more, "%s:report_bugs=0:atexit_sleep_ms=0",
             options != NULL ? options : "");
    setenv("TSAN_OPTIONS", more, 1);
}

/* SIGTERM and SIGINT reach it through main.c: exit status 0. */
STEP_TEST(signals_stop_the_program)
{
    static const int signals[] = {SIGTERM, SIGINT};

    silence_thread_sanitizer();
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct echo_program e;
        struct net_client c;
        echo_program_start_anywhere(&e, "echo");
        net_connect(&c, "client", e.host, e.port);
        echo_client_round_trip(&c, 1000);
        lab_note("the program gets SIG%s", sigabbrev_np(signals[i]));
        proc_signal(&e.proc, signals[i]);
        echo_client_round_trip(&c, 1000);
        net_close(&c);
        proc_expect_exit(&e.proc, 0);
        proc_expect_no_more_output(&e.proc);
        proc_release(&e.proc);
    }
}

/* ---- The list ---- */

void program_step(void)
{
    lab_step("program");
    lab_test(program_serves_clients);
    lab_test(program_survives_rude_clients);
    lab_test(program_prints_one_line);
    lab_test(program_listens_on_ipv6);
    lab_test(netcat_gets_its_file_back);
    lab_test(wrong_arguments_get_the_usage_line);
    lab_test(taken_port_gets_a_message);
    lab_test(program_restarts_on_its_port);
    lab_test(program_without_standard_input);
    lab_test(interrupt_ends_the_program);
}

void program_stop_tests(void)
{
    lab_test(signals_stop_the_program);
}
