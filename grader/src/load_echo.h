/*
 * load_echo.h: a closed loop of clients against an echo server.
 *
 * Each connection has `depth` messages under way. When the last byte of a
 * reply is read, the message has ended and the next of its place begins, at
 * this same moment: so a message's time holds all that it waited for, in our
 * own queue and the kernel's as well as in the server's, also when a full
 * socket keeps us from sending it. Nothing is left out because the server was
 * slow (no coordinated omission in the sense of a schedule missed). What a
 * closed loop can't tell is how the server does at a given rate of requests:
 * it always asks for as much as comes back.
 *
 * The bytes of a connection are one endless random pattern, so that any lost,
 * doubled, moved or foreign byte shows. Every byte is counted; of each read
 * the first and the last 64 are compared.
 */
#ifndef LOAD_ECHO_H
#define LOAD_ECHO_H

#include "histogram.h"

#include <sys/types.h>

#define LOAD_CONNECTIONS_MAX 10000
#define LOAD_DEPTH_MAX 64
/* Replies that one look takes. Few, so that none waits in our own hands behind
 * a crowd: with 1,024 at 1,024 clients the 99th percentile told of us. */
#define LOAD_EVENTS_MAX 64
#define LOAD_WINDOW_BYTES_MAX (1u << 20) /* message bytes × depth */

struct load_request {
    const char *host, *port; /* numeric */
    unsigned connections;
    unsigned message_bytes;
    unsigned depth;         /* messages under way, each connection */
    double warm_up_seconds; /* before anything is counted */
    double seconds;
    pid_t server_group; /* whose processor time is measured; 0: nobody's */
};

struct load_result {
    uint64_t messages;
    double seconds;  /* what they really took */
    uint64_t waits;  /* calls of epoll_wait */
    uint64_t events; /* that they gave: few a wait mean that we had time */
    uint64_t generator_ran_ns;     /* processor time within these seconds */
    uint64_t generator_held_up_ns; /* schedstat.h */
    uint64_t server_ran_ns;
    uint64_t server_held_up_ns;
    double stolen_seconds;  /* by the machine below us, of all processors */
    struct histogram times; /* of messages, in ns */
};

/*
 * Run it.
 * Returns 0 or -errno: -EBADMSG other bytes came back than were sent;
 * -ECONNRESET the server closed a connection; -EMSGSIZE a number of the
 * request is over its limit.
 */
int load_echo(const struct load_request *request, struct load_result *result);

#endif
