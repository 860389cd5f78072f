/*
 * echo_server.h: the functions of echo.c as servers, each in a process of its
 * own, which a test can watch from outside and which may die alone.
 *
 * A server gets a listening socket of the test's on 127.0.0.1. The test itself
 * keeps no copy of it: when the server ends, its clients are reset at once, as
 * those of any dead server are.
 */
#ifndef ECHO_SERVER_H
#define ECHO_SERVER_H

#include "net.h"
#include "proc.h"

#define ECHO_HOST "127.0.0.1"

/* A deadline that no test lives to see. */
#define ECHO_FAR_MS 600000

struct echo_server {
    struct proc proc;
    char port[NET_PORT_BYTES];
    int fds;     /* open in it with nobody inside; see echo_server_settle */
    int threads; /* likewise */
    int stop_fd; /* of echo_serve_until: the end of its pipe, or -1 */
};

/* echo_hello(), `clients` times on the same listener. It checks that each call
 * closes its client and leaves the listener open, and ends with status 0. */
void echo_server_hello(struct echo_server *s, int clients);

/* Accept one client and run echo_connection(), which must return 0 and have
 * closed the descriptor; ends with status 0. */
void echo_server_one(struct echo_server *s);

/* echo_serve(). */
void echo_server_many(struct echo_server *s);

/* The same on a listener of the test's, for what must be there before the
 * server is; s->port is set by the test. listener is taken. */
void echo_server_hello_on(struct echo_server *s, int listener, int clients);
void echo_server_one_on(struct echo_server *s, int listener);

/* echo_serve() in a process that may open at most `room` descriptors more. */
void echo_server_cramped(struct echo_server *s, int room);

/*
 * echo_serve_until(), which must return 0, have joined every thread of its,
 * closed its listener and every client, and left what is in stop_fd there;
 * ends with status 0.
 */
void echo_server_until(struct echo_server *s, int deadline_ms);

/* The same, for a listener that will break: it must return -error, and has
 * ECHO_FAR_MS until its deadline. */
void echo_server_until_error(struct echo_server *s, int error);

/* The same, in a process that may open at most `room` descriptors more; it
 * cuts everybody off at once when it stops. */
void echo_server_cramped_until(struct echo_server *s, int room);

/* Whether echo_serve_until() is written; notes it where not. */
bool echo_server_has_until(void);

/* Hold it still (SIGSTOP) while clients do what it shall find done; let it go
 * on (SIGCONT). */
void echo_server_freeze(struct echo_server *s);
void echo_server_thaw(struct echo_server *s);

/* Tell it to stop, by a byte or by the end of the pipe. */
void echo_server_stop(struct echo_server *s);
void echo_server_hang_up(struct echo_server *s);

/* Learn how many descriptors and threads it has when nobody is inside. */
void echo_server_settle(struct echo_server *s);

/* Wait until nobody is inside: descriptors and threads are as they were. */
#define echo_server_expect_empty(s) echo_server_expect_empty_at(LAB_HERE, (s))
void echo_server_expect_empty_at(struct lab_where where, struct echo_server *s);

/* Wait until a server of the other functions has ended, with status 0. */
#define echo_server_expect_done(s) echo_server_expect_done_at(LAB_HERE, (s))
void echo_server_expect_done_at(struct lab_where where, struct echo_server *s);

/* echo_serve() on a listener that is at fault: it returns -error. listener is
 * taken. */
#define echo_server_expect_broken(listener, error) \
    echo_server_expect_broken_at(LAB_HERE, (listener), (error))
void echo_server_expect_broken_at(struct lab_where where, int listener,
                                  int error);

/* Pages of virtual memory that it has. Not much more are there after so many
 * clients more: no stack of theirs is left. */
long echo_server_pages(const struct echo_server *s);
#define echo_server_expect_stacks_freed(s, before, clients) \
    echo_server_expect_stacks_freed_at(LAB_HERE, (s), (before), (clients))
void echo_server_expect_stacks_freed_at(struct lab_where where,
                                        const struct echo_server *s,
                                        long before, int clients);

/*
 * End a server of echo_serve() through its listener: accept(2) fails from now
 * on with EINVAL, so it must return that. What the sanitizers have found by
 * then becomes the status of the process, and that must be 0.
 */
#define echo_server_finish(s) echo_server_finish_at(LAB_HERE, (s))
void echo_server_finish_at(struct lab_where where, struct echo_server *s);

#endif
