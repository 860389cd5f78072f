/*
 * program_test.c: week 01, step 8: the program `echo`, from outside.
 *
 * Any executable may stand in its place (--program=…), so nothing is asked
 * here but what the handout says of the program.
 */
#include "echo_client.h"
#include "echo_steps.h"
#include "proc.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KIB 1024
#define MIB (1024 * KIB)

/* A running program, and where it says that it listens. */
struct echo_program {
    struct proc proc;
    char host[64], port[NET_PORT_BYTES];
};

/* "listening on 127.0.0.1 port 40123" */
static void read_address(struct echo_program *e)
{
    char expected[128];
    const char *line = proc_expect_line(&e->proc);
    e->host[0] = e->port[0] = '\0';
    sscanf(line, "listening on %63s port %7s", e->host, e->port);
    snprintf(expected, sizeof expected, "listening on %s port %s",
             e->host[0] ? e->host : "ADDRESS", e->port[0] ? e->port : "PORT");
    lab_same_text(line, expected, "the first line of its standard output");
}

/* Start `echo [HOST] PORT`; without a host, NULL. */
static void start_program(struct echo_program *e, const char *host,
                          const char *port)
{
    const char *const without[] = {lab_program("echo"), port, NULL};
    const char *const with[] = {lab_program("echo"), host, port, NULL};
    proc_start(&e->proc, host == NULL ? without : with);
    read_address(e);
}

/* One line of standard output was all; standard error is for its messages. */
static void end_program_by(struct echo_program *e, int signal)
{
    proc_expect_alive(&e->proc);
    proc_signal(&e->proc, signal);
    proc_wait(&e->proc);
    proc_expect_no_more_output(&e->proc);
    proc_release(&e->proc);
}

static void end_program(struct echo_program *e)
{
    end_program_by(e, SIGKILL);
}

/* `echo 0` picks a port, says so, and serves every kind of client. */
STEP_TEST(program_serves_clients)
{
    struct echo_program e;
    start_program(&e, NULL, "0");
    lab_same_text(e.host, "127.0.0.1", "the address without a HOST");
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
    start_program(&e, "127.0.0.1", "0");
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
    const char *const run[] = {lab_program("echo"), "0", NULL};
    lab_note("at a terminal, where each line is seen at once:");
    proc_start_at_terminal(&e.proc, run);
    read_address(&e);
    echo_client_passers_by(e.host, e.port, 200);
    echo_client_lines(e.host, e.port);
    end_program(&e);
}

/* `echo ::1 0` */
STEP_TEST(program_listens_on_ipv6)
{
    struct echo_program e;
    if (!net_has_ipv6())
        lab_cannot_run("no IPv6 on this machine",
                       "sysctl net.ipv6.conf.lo.disable_ipv6=0");
    start_program(&e, "::1", "0");
    lab_same_text(e.host, "::1", "the address that it listens on");
    echo_client_lines(e.host, e.port);
    end_program(&e);
}

static void make_file(const char *path, size_t len)
{
    unsigned char *data = malloc(len);
    net_pattern(1, 0, data, len);
    int fd = (int)lab_sys(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    lab_equal(write(fd, data, len), len, "bytes that the test writes to %s",
              path);
    close(fd);
    free(data);
}

static void expect_same_file(const char *path, const char *expected_path)
{
    struct proc p;
    const char *const cmp[] = {"cmp", path, expected_path, NULL};
    proc_start(&p, cmp);
    proc_expect_exit(&p, 0);
    proc_release(&p);
}

static void need_netcat(void)
{
    struct proc p;
    const char *const ask[] = {"sh", "-c", "nc -h 2>&1 | grep -q OpenBSD",
                               NULL};
    proc_start(&p, ask);
    if (proc_wait(&p) != 0)
        lab_cannot_run("the OpenBSD nc is not here",
                       "apt-get install netcat-openbsd");
    proc_release(&p);
}

/* nc sends a file, half-closes (-N), and gets the same file back. */
STEP_TEST(netcat_gets_its_file_back)
{
    struct echo_program e;
    struct proc nc;
    char sent[512], back[512];

    need_netcat();
    start_program(&e, NULL, "0");
    snprintf(sent, sizeof sent, "%s/sent", lab_tmp());
    snprintf(back, sizeof back, "%s/back", lab_tmp());
    make_file(sent, 1 * MIB);
    const char *const run[] = {
        "sh",   "-c",   "exec nc -N \"$0\" \"$1\" < \"$2\" > \"$3\"",
        e.host, e.port, sent,
        back,   NULL};
    proc_start(&nc, run);
    proc_expect_exit(&nc, 0);
    proc_release(&nc);
    expect_same_file(back, sent);
    end_program(&e);
}

/* Arguments that make no sense: a usage line, exit 2, nothing on output. */
STEP_TEST(wrong_arguments_get_the_usage_line)
{
    static const char *const wrong[][3] = {{NULL},
                                           {"127.0.0.1", "0", "more"},
                                           {"http"},
                                           {"65536"},
                                           {"not-an-address", "0"}};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct proc p;
        const char *const run[] = {lab_program("echo"), wrong[i][0],
                                   wrong[i][1], wrong[i][2], NULL};
        proc_start(&p, run);
        proc_expect_exit(&p, 2);
        if (strstr(p.err_text, "usage") == NULL)
            lab_differ_at(LAB_HERE, "standard error", "a line with \"usage\"",
                          p.err_text[0] ? p.err_text : "nothing");
        proc_expect_no_more_output(&p);
        proc_release(&p);
    }
}

/* Somebody listens there: a message that names the port, and exit 1. */
STEP_TEST(taken_port_gets_a_message)
{
    struct echo_program first;
    struct proc second;

    start_program(&first, NULL, "0");
    const char *const run[] = {lab_program("echo"), first.port, NULL};
    proc_start(&second, run);
    proc_expect_exit(&second, 1);
    if (strstr(second.err_text, first.port) == NULL)
        lab_differ_at(LAB_HERE, "standard error", "a line that names the port",
                      second.err_text[0] ? second.err_text : "nothing");
    proc_expect_no_more_output(&second);
    proc_release(&second);
    end_program(&first);
}

/* Killed with a client inside and started again, it has the same port. */
STEP_TEST(program_restarts_on_its_port)
{
    struct echo_program e;
    struct net_client c;
    char port[NET_PORT_BYTES];

    start_program(&e, NULL, "0");
    memcpy(port, e.port, sizeof port);
    net_connect(&c, "client", e.host, e.port);
    echo_client_round_trip(&c, 1000);
    lab_note("the program is killed");
    proc_kill(&e.proc);
    proc_release(&e.proc);
    net_expect_end(&c);
    net_close(&c);

    start_program(&e, NULL, port);
    lab_same_text(e.port, port, "the port after the restart");
    echo_client_lines(e.host, e.port);
    end_program(&e);
}

/* As a daemon starts: standard input closed, so descriptor 0 is free and is
 * the first that socket(2) gives. */
STEP_TEST(program_without_standard_input)
{
    struct echo_program e;
    const char *const run[] = {lab_program("echo"), "0", NULL};
    lab_note("with its standard input closed:");
    proc_start_without_input(&e.proc, run);
    read_address(&e);
    echo_client_lines(e.host, e.port);
    end_program(&e);
}

/* Ctrl-C ends it, with whatever status. */
STEP_TEST(interrupt_ends_the_program)
{
    struct echo_program e;
    start_program(&e, NULL, "0");
    end_program_by(&e, SIGINT);
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
        start_program(&e, NULL, "0");
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
