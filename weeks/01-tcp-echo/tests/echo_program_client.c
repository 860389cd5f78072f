/*
 * echo_program_client.c: see echo_program_client.h.
 */
#include "echo_program_client.h"

#include "echo_client.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Starts ---- */

/* "listening on 127.0.0.1 port 40123" */
static void read_address(struct lab_where where, struct echo_program *e,
                         const char *name)
{
    char expected[128];
    const char *line = proc_expect_line_at(where, &e->proc);
    e->name = name;
    e->host[0] = e->port[0] = '\0';
    sscanf(line, "listening on %63s port %7s", e->host, e->port);
    snprintf(expected, sizeof expected, "listening on %s port %s",
             e->host[0] ? e->host : "ADDRESS", e->port[0] ? e->port : "PORT");
    lab_same_text_at(where, line, expected,
                     "the first line of its standard output");
}

static void run_with(struct lab_where where, struct proc *p, const char *name,
                     const char *const words[ECHO_PROGRAM_WORDS_MAX])
{
    const char *const run[] = {lab_program(name), words[0], words[1], words[2],
                               NULL};
    static_assert(sizeof run / sizeof *run == ECHO_PROGRAM_WORDS_MAX + 2,
                  "a name before them, NULL behind them");
    proc_start_at(where, p, run);
}

void echo_program_start_at(struct lab_where where, struct echo_program *e,
                           const char *name,
                           const char *const words[ECHO_PROGRAM_WORDS_MAX])
{
    run_with(where, &e->proc, name, words);
    read_address(where, e, name);
}

void echo_program_start_anywhere_at(struct lab_where where,
                                    struct echo_program *e, const char *name)
{
    static const char *const anywhere[ECHO_PROGRAM_WORDS_MAX] = {"0"};
    echo_program_start_at(where, e, name, anywhere);
    lab_same_text_at(where, e->host, "127.0.0.1", "the address without a HOST");
}

void echo_program_start_on_ipv6_at(struct lab_where where,
                                   struct echo_program *e, const char *name)
{
    static const char *const ipv6[ECHO_PROGRAM_WORDS_MAX] = {"::1", "0"};
    if (!net_has_ipv6())
        lab_cannot_run("no IPv6 on this machine",
                       "sysctl net.ipv6.conf.lo.disable_ipv6=0");
    echo_program_start_at(where, e, name, ipv6);
    lab_same_text_at(where, e->host, "::1", "the address that it listens on");
}

void echo_program_start_without_input_at(struct lab_where where,
                                         struct echo_program *e,
                                         const char *name)
{
    const char *const run[] = {lab_program(name), "0", NULL};
    lab_note("with its standard input closed:");
    proc_start_without_input_at(where, &e->proc, run);
    read_address(where, e, name);
}

void echo_program_start_at_terminal_at(struct lab_where where,
                                       struct echo_program *e, const char *name)
{
    const char *const run[] = {lab_program(name), "0", NULL};
    lab_note("at a terminal, where each line is seen at once:");
    proc_start_at_terminal_at(where, &e->proc, run);
    read_address(where, e, name);
}

/* ---- Ends ---- */

void echo_program_end_by_at(struct lab_where where, struct echo_program *e,
                            int signal)
{
    proc_expect_alive_at(where, &e->proc);
    proc_signal_at(where, &e->proc, signal);
    proc_wait_at(where, &e->proc);
    proc_expect_no_more_output_at(where, &e->proc);
    proc_release(&e->proc);
}

/* The first line of what it wrote to standard error is enough to tell. */
static void expect_no_words(struct lab_where where,
                            const struct echo_program *e)
{
    char what[64], first[200] = "an empty line";
    if (e->proc.err_len == 0)
        return;
    sscanf(e->proc.err_text, "%199[^\n]", first);
    snprintf(what, sizeof what, "what %s writes to its standard error",
             e->name);
    lab_differ_at(where, what, "nothing", first);
}

void echo_program_stop_at(struct lab_where where, struct echo_program *e,
                          int signal)
{
    proc_expect_alive_at(where, &e->proc);
    proc_signal_at(where, &e->proc, signal);
    proc_expect_exit_at(where, &e->proc, 0);
    proc_expect_no_more_output_at(where, &e->proc);
    expect_no_words(where, e);
    proc_release(&e->proc);
}

void echo_program_stop_with_clients_at(struct lab_where where,
                                       struct echo_program *e, int signal)
{
    struct net_client idle, deaf;

    net_connect_at(where, &idle, "idle client", e->host, e->port);
    net_connect_at(where, &deaf, "deaf client", e->host, e->port);
    echo_client_round_trip_at(where, &idle, 1000);
    net_send_until_stuck_at(where, &deaf, &e->proc);
    lab_note("the program gets SIG%s", sigabbrev_np(signal));
    echo_program_stop_at(where, e, signal);
    net_expect_end_at(where, &idle);
    net_close(&idle);
    net_close(&deaf);
}

/* ---- What is asked of every one of them ---- */

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

static void need_netcat(struct lab_where where)
{
    struct proc p;
    const char *const ask[] = {"sh", "-c", "nc -h 2>&1 | grep -q OpenBSD",
                               NULL};
    proc_start_at(where, &p, ask);
    if (proc_wait_at(where, &p) != 0)
        lab_cannot_run("the OpenBSD nc is not here",
                       "apt-get install netcat-openbsd");
    proc_release(&p);
}

/* Its arguments: host, port, file, count. */
static const char run_netcats[] =
    "for i in $(seq \"$3\"); do"
    " nc -N \"$0\" \"$1\" <\"$2\" >\"$2.$i\" & pids=\"$pids $!\"; "
    "done; "
    "for pid in $pids; do wait \"$pid\" || exit; done; "
    "for i in $(seq \"$3\"); do cmp \"$2\" \"$2.$i\" || exit; done";

void echo_program_netcats_at(struct lab_where where,
                             const struct echo_program *e, int count,
                             size_t len)
{
    struct proc p;
    char sent[512], times[16];

    need_netcat(where);
    snprintf(sent, sizeof sent, "%s/sent", lab_tmp());
    snprintf(times, sizeof times, "%d", count);
    make_file(sent, len);
    const char *const run[] = {"sh",    "-c", run_netcats, e->host,
                               e->port, sent, times,       NULL};
    proc_start_at(where, &p, run);
    proc_expect_exit_at(where, &p, 0);
    proc_release(&p);
}

/* It ends with this status, and has said why on standard error alone: in words
 * with `word` in them. */
static void expect_refused(struct lab_where where, struct proc *p, int status,
                           const char *word)
{
    char line[64];
    proc_expect_exit_at(where, p, status);
    snprintf(line, sizeof line, "a line with \"%s\"", word);
    if (strstr(p->err_text, word) == NULL)
        lab_differ_at(where, "standard error", line,
                      p->err_text[0] ? p->err_text : "nothing");
    proc_expect_no_more_output_at(where, p);
    proc_release(p);
}

void echo_program_expect_usage_at(
    struct lab_where where, const char *name,
    const char *const words[ECHO_PROGRAM_WORDS_MAX])
{
    struct proc p;
    run_with(where, &p, name, words);
    expect_refused(where, &p, 2, "usage");
}

void echo_program_expect_taken_at(struct lab_where where, const char *name,
                                  const char *port)
{
    const char *const words[ECHO_PROGRAM_WORDS_MAX] = {port};
    struct proc p;
    run_with(where, &p, name, words);
    expect_refused(where, &p, 1, port);
}
