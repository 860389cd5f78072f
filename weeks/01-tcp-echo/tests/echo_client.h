/*
 * echo_client.h: conversations with an echo server, wherever it stands.
 *
 * Each function takes a host and a port and knows nothing else of the server:
 * it may be a process here, a program in another language, or an operating
 * system in an emulator, as in week 26. What is expected is RFC 862, and the
 * manners that tcp_echo.h asks of echo_connection() and echo_serve().
 *
 * A failure is reported at the line of the test that called.
 */
#ifndef ECHO_CLIENT_H
#define ECHO_CLIENT_H

#include "net.h"

#define ECHO_CROWD_MAX 256

/* Lines, one after the other: each is back before the next is sent. */
#define echo_client_lines(host, port) \
    echo_client_lines_at(LAB_HERE, (host), (port))
void echo_client_lines_at(struct lab_where where, const char *host,
                          const char *port);

/* Bytes that are no text, '\0' among them; then single ones without a newline,
 * of which each is back before the next is sent. */
#define echo_client_bytes(host, port) \
    echo_client_bytes_at(LAB_HERE, (host), (port))
void echo_client_bytes_at(struct lab_where where, const char *host,
                          const char *port);

/* len bytes of the seeded stream, sent and read back at the same time. */
#define echo_client_exchange(host, port, len) \
    echo_client_exchange_at(LAB_HERE, (host), (port), (len))
void echo_client_exchange_at(struct lab_where where, const char *host,
                             const char *port, size_t len);

/*
 * Send all, shut the writing side down, and only then read: every byte comes
 * back, then end of file.
 *   len   what the buffers of both ends hold: 32 KiB are safe on Linux
 */
#define echo_client_half_close(host, port, len) \
    echo_client_half_close_at(LAB_HERE, (host), (port), (len))
void echo_client_half_close_at(struct lab_where where, const char *host,
                               const char *port, size_t len);

/*
 * `count` clients connected at once. In each round all of them send, then all
 * read, in an order drawn from the seed: who serves one client after the other
 * never gets to the first answer that is awaited.
 *   count   at most ECHO_CROWD_MAX
 */
#define echo_client_crowd(host, port, count, rounds) \
    echo_client_crowd_at(LAB_HERE, (host), (port), (count), (rounds))
void echo_client_crowd_at(struct lab_where where, const char *host,
                          const char *port, int count, int rounds);

/* One after the other, each with bytes of its own, ending in a way drawn from
 * the seed: close, half-close, reset, or leaving without reading. */
#define echo_client_passers_by(host, port, count) \
    echo_client_passers_by_at(LAB_HERE, (host), (port), (count))
void echo_client_passers_by_at(struct lab_where where, const char *host,
                               const char *port, int count);

/* Send until the server takes no more, having read nothing; then reset. */
#define echo_client_reset_when_full(host, port) \
    echo_client_reset_when_full_at(LAB_HERE, (host), (port))
void echo_client_reset_when_full_at(struct lab_where where, const char *host,
                                    const char *port);

/* Send, shut the writing side down, reset: the answer meets a connection of
 * which this end has gone, and the second write to it is an EPIPE. */
#define echo_client_vanish(host, port) \
    echo_client_vanish_at(LAB_HERE, (host), (port))
void echo_client_vanish_at(struct lab_where where, const char *host,
                           const char *port);

/* One client sends and does not read while `others` are served; then it reads
 * after all, and gets every byte. */
#define echo_client_deaf(host, port, others) \
    echo_client_deaf_at(LAB_HERE, (host), (port), (others))
void echo_client_deaf_at(struct lab_where where, const char *host,
                         const char *port, int others);

/* The next len bytes of an open client's stream go there and come back. */
#define echo_client_round_trip(client, len) \
    echo_client_round_trip_at(LAB_HERE, (client), (len))
void echo_client_round_trip_at(struct lab_where where,
                               struct net_client *client, size_t len);

#endif
