/*
 * echo_program.h: the program `echo-uring`, started by a test.
 */
#ifndef ECHO_PROGRAM_H
#define ECHO_PROGRAM_H

#include "net.h"
#include "proc.h"

struct echo_program {
    struct proc proc;
    char host[64], port[NET_PORT_BYTES]; /* where it says that it listens */
};

/* Start it with these arguments (argv[0] is filled in; NULL ends them), and
 * read its line. */
void echo_program_start(struct echo_program *e, const char *argv[]);

/* Start it on 127.0.0.1 and a port that the kernel picks. */
void echo_program_start_anywhere(struct echo_program *e);

/* The same, without a descriptor 0. */
void echo_program_start_without_input(struct echo_program *e);

/* It still runs; send it this signal: it ends with status 0, and has written
 * no more than its one line, to standard error
 * nothing. */
#define echo_program_end(e, signal) echo_program_end_at(LAB_HERE, (e), (signal))
void echo_program_end_at(struct lab_where where, struct echo_program *e,
                         int signal);

#endif
