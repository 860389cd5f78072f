/*
 * echo_program_client.h: a program that echoes, started by a test: `echo`, and
 * those of later weeks, which are called as it is and print what it prints.
 *
 *   name   for lab_program(): "echo", "echo-loop"; borrowed until e has ended
 *
 * A failure is reported at the line of the test that called.
 */
#ifndef ECHO_PROGRAM_CLIENT_H
#define ECHO_PROGRAM_CLIENT_H

#include "net.h"
#include "proc.h"

struct echo_program {
    struct proc proc;
    const char *name;
    char host[64], port[NET_PORT_BYTES]; /* where it says that it listens */
};

/* Arguments that a command line has at most; NULL ends fewer. */
#define ECHO_PROGRAM_WORDS_MAX 3

/* ---- Starts ---- */

/* Start it with these arguments, and read its line:
 * echo_program_start(&e, "echo", "::1", "0"). */
#define echo_program_start(e, name, ...) \
    echo_program_start_at(               \
        LAB_HERE, (e), (name),           \
        (const char *const[ECHO_PROGRAM_WORDS_MAX]){__VA_ARGS__})
void echo_program_start_at(struct lab_where where, struct echo_program *e,
                           const char *name,
                           const char *const words[ECHO_PROGRAM_WORDS_MAX]);

/* Start it on 127.0.0.1, where it listens when nobody says where, and a port
 * that the kernel picks. */
#define echo_program_start_anywhere(e, name) \
    echo_program_start_anywhere_at(LAB_HERE, (e), (name))
void echo_program_start_anywhere_at(struct lab_where where,
                                    struct echo_program *e, const char *name);

/* The same on ::1; where there is no IPv6 the test ends as not run. */
#define echo_program_start_on_ipv6(e, name) \
    echo_program_start_on_ipv6_at(LAB_HERE, (e), (name))
void echo_program_start_on_ipv6_at(struct lab_where where,
                                   struct echo_program *e, const char *name);

/* As a daemon starts: with standard input closed, so that descriptor 0 is free
 * and is the first that socket(2) gives. */
#define echo_program_start_without_input(e, name) \
    echo_program_start_without_input_at(LAB_HERE, (e), (name))
void echo_program_start_without_input_at(struct lab_where where,
                                         struct echo_program *e,
                                         const char *name);

/* At a terminal, where what it prints is seen line by line. */
#define echo_program_start_at_terminal(e, name) \
    echo_program_start_at_terminal_at(LAB_HERE, (e), (name))
void echo_program_start_at_terminal_at(struct lab_where where,
                                       struct echo_program *e,
                                       const char *name);

/* ---- Ends ---- */

/* It still runs; this signal ends it, with whatever status. Its one line was
 * all that it wrote to standard output. */
#define echo_program_end_by(e, signal) \
    echo_program_end_by_at(LAB_HERE, (e), (signal))
void echo_program_end_by_at(struct lab_where where, struct echo_program *e,
                            int signal);

/* The same, with status 0, and it has written nothing to standard error. */
#define echo_program_stop(e, signal) \
    echo_program_stop_at(LAB_HERE, (e), (signal))
void echo_program_stop_at(struct lab_where where, struct echo_program *e,
                          int signal);

/* The same, with clients inside: one is idle, one does not read. */
#define echo_program_stop_with_clients(e, signal) \
    echo_program_stop_with_clients_at(LAB_HERE, (e), (signal))
void echo_program_stop_with_clients_at(struct lab_where where,
                                       struct echo_program *e, int signal);

/* ---- What is asked of every one of them ---- */

/* So many nc at once send a file of len bytes, half-close (-N), and get it
 * back. Without the OpenBSD nc the test ends as not run. */
#define echo_program_netcats(e, count, len) \
    echo_program_netcats_at(LAB_HERE, (e), (count), (len))
void echo_program_netcats_at(struct lab_where where,
                             const struct echo_program *e, int count,
                             size_t len);

/* Started with arguments that make no sense: a line with "usage" on standard
 * error, nothing on standard output, exit status 2. */
#define echo_program_expect_usage(name, words) \
    echo_program_expect_usage_at(LAB_HERE, (name), (words))
void echo_program_expect_usage_at(
    struct lab_where where, const char *name,
    const char *const words[ECHO_PROGRAM_WORDS_MAX]);

/* Started on a port that is taken: a line that names the port on standard
 * error, nothing on standard output, exit status 1. */
#define echo_program_expect_taken(name, port) \
    echo_program_expect_taken_at(LAB_HERE, (name), (port))
void echo_program_expect_taken_at(struct lab_where where, const char *name,
                                  const char *port);

#endif
