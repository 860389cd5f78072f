/*
 * program_test.c: week 03, step 6: the program `echo-uring`, from outside.
 *
 * Any executable may stand in its place (--program=…), so nothing is asked
 * here but what the handout says of the program.
 */
#include "echo_client.h"
#include "echo_program_client.h"
#include "steps.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KIB 1024
#define MIB (1024 * KIB)

/* It serves every kind of client, on one thread, and Ctrl-C ends it. */
STEP_TEST(program_serves_clients)
{
    struct echo_program e;
    echo_program_start_anywhere(&e, "echo-uring");
    echo_client_lines(e.host, e.port);
    echo_client_bytes(e.host, e.port);
    echo_client_half_close(e.host, e.port, 32 * KIB);
    echo_client_exchange(e.host, e.port, 4 * MIB);
    echo_client_crowd(e.host, e.port, 128, 3);
    echo_program_stop(&e, SIGINT);
}

/* Rude clients meet the program as they met the functions. */
STEP_TEST(program_survives_rude_clients)
{
    struct echo_program e;
    echo_program_start_anywhere(&e, "echo-uring");
    echo_client_deaf(e.host, e.port, 16);
    echo_client_reset_when_full(e.host, e.port);
    for (int i = 0; i < 8; i++)
        echo_client_vanish(e.host, e.port);
    echo_client_passers_by(e.host, e.port, 200);
    echo_client_lines(e.host, e.port);
    echo_program_stop(&e, SIGTERM);
}

/* `echo-uring ::1 0` */
STEP_TEST(program_listens_on_ipv6)
{
    struct echo_program e;
    echo_program_start_on_ipv6(&e, "echo-uring");
    echo_client_lines(e.host, e.port);
    echo_program_stop(&e, SIGTERM);
}

/* Eight nc at once send a file, half-close (-N), and get it back. */
STEP_TEST(netcats_get_their_files_back)
{
    struct echo_program e;
    echo_program_start_anywhere(&e, "echo-uring");
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
        {"soon"},
        {"not-an-address", "0"}};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        echo_program_expect_usage("echo-uring", wrong[i]);
}

/* Somebody listens there: a message that names the port, and exit 1. */
STEP_TEST(taken_port_gets_a_message)
{
    struct echo_program first;
    echo_program_start_anywhere(&first, "echo-uring");
    echo_program_expect_taken("echo-uring", first.port);
    echo_program_stop(&first, SIGTERM);
}

/* As a daemon starts: the first descriptor that it opens is number 0. */
STEP_TEST(program_without_standard_input)
{
    struct echo_program e;
    echo_program_start_without_input(&e, "echo-uring");
    echo_client_lines(e.host, e.port);
    echo_client_crowd(e.host, e.port, 16, 2);
    echo_program_stop(&e, SIGTERM);
}

/* ---- A machine that has no io_uring ---- */

/* Docker's default filter of system calls does this. */
static int forbid_io_uring(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
        return -errno;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1 ? -errno
                                                                      : 0;
}

static int start_without_io_uring(void *argument)
{
    (void)argument;
    int err = forbid_io_uring();
    if (err < 0)
        return err;
    execl(lab_program("echo-uring"), "echo-uring", "0", NULL);
    return -errno;
}

/* No io_uring: a message, and exit 1. */
STEP_TEST(no_io_uring_gets_a_message)
{
    struct proc p;
    lab_note("io_uring_setup(2) is forbidden: it fails with EPERM");
    proc_call(&p, "echo-uring", start_without_io_uring, NULL);
    proc_expect_exit(&p, 1);
    lab_check(strstr(p.err_text, strerror(EPERM)) != NULL,
              "standard error says \"%s\"; it says: %s", strerror(EPERM),
              p.err_text);
    lab_same_text(p.out_text, "", "standard output");
    proc_release(&p);
}

/* Stopped with clients inside, it ends them and itself. */
STEP_TEST(signal_ends_it_with_clients_inside)
{
    static const int signals[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct echo_program e;
        echo_program_start_anywhere(&e, "echo-uring");
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
    lab_test(no_io_uring_gets_a_message);
    lab_test(signal_ends_it_with_clients_inside);
}
