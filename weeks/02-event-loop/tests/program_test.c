/*
 * program_test.c: week 02, step 6: the program `echo-loop`, from outside.
 *
 * Any executable may stand in its place (--program=…), so nothing is asked
 * here but what the handout says of the program.
 */
#include "echo_client.h"
#include "echo_program_client.h"
#include "steps.h"

#include <signal.h>

#define KIB 1024
#define MIB (1024 * KIB)

/* It serves every kind of client, on one thread, and Ctrl-C ends it. */
STEP_TEST(program_serves_clients)
{
    struct echo_program e;
    echo_program_start_anywhere(&e, "echo-loop");
    echo_client_lines(e.host, e.port);
    echo_client_bytes(e.host, e.port);
    echo_client_half_close(e.host, e.port, 32 * KIB);
    echo_client_exchange(e.host, e.port, 4 * MIB);
    echo_client_crowd(e.host, e.port, 128, 3);
    echo_program_stop(&e, SIGINT);
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
    echo_program_start_anywhere(&e, "echo-loop");
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
    echo_program_stop(&e, SIGTERM);
}

/* `echo-loop ::1 0` */
STEP_TEST(program_listens_on_ipv6)
{
    struct echo_program e;
    echo_program_start_on_ipv6(&e, "echo-loop");
    echo_client_lines(e.host, e.port);
    echo_program_stop(&e, SIGTERM);
}

/* Eight nc at once send a file, half-close (-N), and get it back. */
STEP_TEST(netcats_get_their_files_back)
{
    struct echo_program e;
    echo_program_start_anywhere(&e, "echo-loop");
    echo_program_netcats(&e, 8, 1 * MIB);
    echo_program_stop(&e, SIGTERM);
}

/* Arguments that make no sense: a usage line, exit 2, nothing on output. */
STEP_TEST(wrong_arguments_get_the_usage_line)
{
    static const char *const wrong[][ECHO_PROGRAM_WORDS_MAX] = {
        {NULL},
        {"127.0.0.1", "0", "more"},
        {"65536"},
        {"-i", "soon", "0"},
        {"not-an-address", "0"}};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        echo_program_expect_usage("echo-loop", wrong[i]);
}

/* Somebody listens there: a message that names the port, and exit 1. */
STEP_TEST(taken_port_gets_a_message)
{
    struct echo_program first;
    echo_program_start_anywhere(&first, "echo-loop");
    echo_program_expect_taken("echo-loop", first.port);
    echo_program_stop(&first, SIGTERM);
}

/* As a daemon starts: the first descriptor that it opens is number 0. */
STEP_TEST(program_without_standard_input)
{
    struct echo_program e;
    echo_program_start_without_input(&e, "echo-loop");
    echo_client_lines(e.host, e.port);
    echo_program_stop(&e, SIGTERM);
}

/* Stopped with clients inside, it ends them and itself. */
STEP_TEST(signal_ends_it_with_clients_inside)
{
    static const int signals[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct echo_program e;
        echo_program_start_anywhere(&e, "echo-loop");
        echo_program_stop_with_clients(&e, signals[i]);
    }
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
