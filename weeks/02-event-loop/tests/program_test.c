/*
 * program_test.c: week 02, step 6: the program `echo-loop`, from outside.
 *
 * Any executable may stand in its place (--program=…), so nothing is asked
 * here but what the handout says of the program.
 */
#include "echo_client.h"
#include "echo_program.h"
#include "steps.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIB 1024
#define MIB (1024 * KIB)

/* It serves every kind of client, on one thread, and Ctrl-C ends it. */
STEP_TEST(program_serves_clients)
{
    struct echo_program e;
    echo_program_start_anywhere(&e);
    lab_same_text(e.host, "127.0.0.1", "the address without a HOST");
    echo_client_lines(e.host, e.port);
    echo_client_bytes(e.host, e.port);
    echo_client_half_close(e.host, e.port, 32 * KIB);
    echo_client_exchange(e.host, e.port, 4 * MIB);
    echo_client_crowd(e.host, e.port, 128, 3);
    echo_program_end(&e, SIGINT);
}

/*
 * It wakes when the client has come and gone: there is something to read, and
 * nobody to send it to. What ended it then is told before another client can
 * find that it is no more.
 */
static void vanish_while_it_sleeps(struct echo_program *e)
{
    proc_signal(&e->proc, SIGSTOP);
    echo_client_vanish(e->host, e->port);
    proc_signal(&e->proc, SIGCONT);
    proc_until_asleep(&e->proc);
    proc_expect_alive(&e->proc);
}

/* Rude clients meet the program as they met the functions. */
STEP_TEST(program_survives_rude_clients)
{
    struct echo_program e;
    echo_program_start_anywhere(&e);
    vanish_while_it_sleeps(&e);
    echo_client_deaf(e.host, e.port, 16);
    echo_client_reset_when_full(e.host, e.port);
    proc_until_asleep(&e.proc);
    proc_expect_alive(&e.proc);
    for (int i = 0; i < 8; i++)
        echo_client_vanish(e.host, e.port);
    proc_until_asleep(&e.proc);
    proc_expect_alive(&e.proc);
    echo_client_passers_by(e.host, e.port, 200);
    echo_client_lines(e.host, e.port);
    echo_program_end(&e, SIGTERM);
}

/* `echo-loop ::1 0` */
STEP_TEST(program_listens_on_ipv6)
{
    struct echo_program e;
    if (!net_has_ipv6())
        lab_cannot_run("no IPv6 on this machine",
                       "sysctl net.ipv6.conf.lo.disable_ipv6=0");
    echo_program_start(&e, (const char *[]){NULL, "::1", "0", NULL});
    lab_same_text(e.host, "::1", "the address that it listens on");
    echo_client_lines(e.host, e.port);
    echo_program_end(&e, SIGTERM);
}

static void make_file(const char *path, size_t len)
{
    unsigned char *data = malloc(len);
    net_pattern(1, 0, data, len);
    FILE *file = fopen(path, "w");
    lab_check(file != NULL && fwrite(data, 1, len, file) == len &&
                  fclose(file) == 0,
              "the test can write %s", path);
    free(data);
}

static int run_to_end(const char *const argv[])
{
    struct proc p;
    proc_start(&p, argv);
    int status = proc_wait(&p);
    proc_release(&p);
    return status;
}

static void need_netcat(void)
{
    const char *const ask[] = {"sh", "-c", "nc -h 2>&1 | grep -q OpenBSD",
                               NULL};
    if (run_to_end(ask) != 0)
        lab_cannot_run("the OpenBSD nc is not here",
                       "apt-get install netcat-openbsd");
}

/* host, port, file */
static const char run_netcats[] =
    "for i in 1 2 3 4 5 6 7 8; do "
    "nc -N \"$0\" \"$1\" <\"$2\" >\"$2.$i\" & done; wait; "
    "for i in 1 2 3 4 5 6 7 8; do cmp \"$2\" \"$2.$i\" || exit 1; done";

/* Eight nc at once send a file, half-close (-N), and get it back. */
STEP_TEST(netcats_get_their_files_back)
{
    struct echo_program e;
    char sent[512];

    need_netcat();
    echo_program_start_anywhere(&e);
    snprintf(sent, sizeof sent, "%s/sent", lab_tmp());
    make_file(sent, 1 * MIB);
    const char *const run[] = {"sh",   "-c", run_netcats, e.host,
                               e.port, sent, NULL};
    lab_equal(run_to_end(run), 0, "exit status of nc and cmp");
    echo_program_end(&e, SIGTERM);
}

/* Arguments that make no sense: a usage line, exit 2, nothing on output. */
STEP_TEST(wrong_arguments_get_the_usage_line)
{
    static const char *const wrong[][3] = {{NULL},
                                           {"127.0.0.1", "0", "more"},
                                           {"65536"},
                                           {"-i", "soon", "0"},
                                           {"not-an-address", "0"}};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct proc p;
        const char *const run[] = {lab_program("echo-loop"), wrong[i][0],
                                   wrong[i][1], wrong[i][2], NULL};
        proc_start(&p, run);
        proc_expect_exit(&p, 2);
        lab_check(strstr(p.err_text, "usage") != NULL,
                  "standard error says \"usage\"; it says: %s", p.err_text);
        lab_same_text(p.out_text, "", "standard output");
        proc_release(&p);
    }
}

/* Somebody listens there: a message that names the port, and exit 1. */
STEP_TEST(taken_port_gets_a_message)
{
    struct echo_program first;
    struct proc second;

    echo_program_start_anywhere(&first);
    const char *const run[] = {lab_program("echo-loop"), first.port, NULL};
    proc_start(&second, run);
    proc_expect_exit(&second, 1);
    lab_check(strstr(second.err_text, first.port) != NULL,
              "standard error names port %s; it says: %s", first.port,
              second.err_text);
    proc_release(&second);
    echo_program_end(&first, SIGTERM);
}

/* As a daemon starts: descriptors 0, 1 and 2 may be anything, and 0 free. */
STEP_TEST(program_without_standard_input)
{
    struct echo_program e;
    const char *const run[] = {"sh", "-c", "exec \"$0\" 0 <&-",
                               lab_program("echo-loop"), NULL};
    proc_start(&e.proc, run);
    const char *line = proc_expect_line(&e.proc);
    lab_equal(sscanf(line, "listening on %63s port %7s", e.host, e.port), 2,
              "address and port in its line");
    echo_client_lines(e.host, e.port);
    echo_program_end(&e, SIGTERM);
}

/* Stopped with clients inside, it ends them and itself. */
STEP_TEST(signal_ends_it_with_clients_inside)
{
    struct echo_program e;
    struct net_client idle, deaf;

    echo_program_start_anywhere(&e);
    net_connect(&idle, "idle client", e.host, e.port);
    net_connect(&deaf, "deaf client", e.host, e.port);
    echo_client_round_trip(&idle, 1000);
    net_send_until_full(&deaf);
    lab_note("the program gets SIGTERM");
    echo_program_end(&e, SIGTERM);
    net_expect_end(&idle);
    net_close(&idle);
    net_close(&deaf);
}

void program_step(void)
{
    lab_step("program");
    lab_test(program_serves_clients);
    lab_test(program_survives_rude_clients);
    lab_test(program_listens_on_ipv6);
    lab_test(netcats_get_their_files_back);
    lab_test(wrong_arguments_get_the_usage_line);
    lab_test(taken_port_gets_a_message);
    lab_test(program_without_standard_input);
    lab_test(signal_ends_it_with_clients_inside);
}
