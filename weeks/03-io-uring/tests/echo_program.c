/*
 * echo_program.c: see echo_program.h.
 */
#include "echo_program.h"

#include <stdio.h>

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

void echo_program_start(struct echo_program *e, const char *argv[])
{
    argv[0] = lab_program("echo-uring");
    proc_start(&e->proc, argv);
    read_address(e);
}

void echo_program_start_anywhere(struct echo_program *e)
{
    echo_program_start(e, (const char *[]){NULL, "0", NULL});
}

void echo_program_start_without_input(struct echo_program *e)
{
    const char *const run[] = {lab_program("echo-uring"), "0", NULL};
    proc_start_without_input(&e->proc, run);
    read_address(e);
}

void echo_program_end_at(struct lab_where where, struct echo_program *e,
                         int signal)
{
    proc_expect_alive_at(where, &e->proc);
    proc_signal_at(where, &e->proc, signal);
    proc_expect_exit_at(where, &e->proc, 0);
    proc_expect_no_more_output_at(where, &e->proc);
    lab_same_text_at(where, e->proc.err_text, "",
                     "what echo-uring writes to its standard error");
    proc_release(&e->proc);
}
