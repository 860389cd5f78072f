/*
 * loop_server.h: loop_echo.c as a server in a process of its own, in real
 * time, for clients that wait.
 *
 * It listens on 127.0.0.1 on a socket of the test's, and stops when the test
 * says so; then it must have given back every descriptor and all memory.
 *
 * A client that waits for what can't come any more fails at once (stuck.h).
 */
#ifndef LOOP_SERVER_H
#define LOOP_SERVER_H

#include "net.h"
#include "proc.h"

#define SERVER_HOST "127.0.0.1"

struct loop_server {
    struct proc proc;
    char port[NET_PORT_BYTES];
    int stop_fd;
    int fds; /* open in it with nobody inside; see loop_server_settle */
};

#define loop_server_start(s) loop_server_start_at(LAB_HERE, (s))
void loop_server_start_at(struct lab_where where, struct loop_server *s);

/* In a process that may open `room` descriptors more than the server needs
 * when nobody is inside. */
#define loop_server_start_cramped(s, room) \
    loop_server_start_cramped_at(LAB_HERE, (s), (room))
void loop_server_start_cramped_at(struct lab_where where, struct loop_server *s,
                                  int room);

/* What it sends to a client fills the kernel's buffer soon. */
#define loop_server_start_narrow(s) loop_server_start_narrow_at(LAB_HERE, (s))
void loop_server_start_narrow_at(struct lab_where where, struct loop_server *s);

/* Learn how many descriptors it has when nobody is inside. */
void loop_server_settle(struct loop_server *s);

/* Wait until nobody is inside. Requires: loop_server_settle(). */
#define loop_server_expect_empty(s) loop_server_expect_empty_at(LAB_HERE, (s))
void loop_server_expect_empty_at(struct lab_where where, struct loop_server *s);

/* Stop it. It ends with status 0, also in the eyes of the sanitizer. */
#define loop_server_stop(s) loop_server_stop_at(LAB_HERE, (s))
void loop_server_stop_at(struct lab_where where, struct loop_server *s);

#endif
