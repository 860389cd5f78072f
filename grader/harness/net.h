/*
 * net.h: TCP clients with patience, for tests of servers.
 *
 * A client is plain: a blocking test reads like a conversation. Each call is
 * noted in the transcript in words ("client 2 sends 5 bytes"), each failure is
 * reported at the calling test's line with both values.
 *
 *  1. No call waits longer than LAB_PATIENCE_MS without a byte of progress;
 *     then the test fails with what came so far. A slow machine passes.
 *  2. Host and port are parameters everywhere: the same client drives a
 *     server on this machine or one inside an emulator.
 *  3. Bytes sent by net_exchange and net_send_until_full are a seeded stream
 *     of the client's own, which goes on from call to call; so a lost or
 *     doubled byte, and one of another client's, is told from its place.
 *
 * Threads: one client is used by one thread at a time.
 */
#ifndef NET_H
#define NET_H

#include "lab.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define NET_PORT_BYTES 8 /* a port as text, "65535", with room */

struct net_client {
    int fd;          /* -1 when closed; blocking, for use by hand */
    char name[32];   /* "client", "client 2": for transcript and messages */
    bool quiet;      /* nothing that it does is noted */
    uint64_t stream; /* for net_pattern; follows from the name */
    size_t offset;   /* bytes of the stream that it has sent */
};

/* ---- Sockets of the test's own ---- */

/*
 * A listening socket of the test's own on host, with a port that the kernel
 * picks, for steps that come before the member has one.
 *   port   out: the port as text
 * Returns a descriptor, close-on-exec; owned by the caller.
 */
#define net_listen(host, port) net_listen_at(LAB_HERE, (host), (port))
int net_listen_at(struct lab_where where, const char *host,
                  char port[NET_PORT_BYTES]);

/* The local port of a socket, as a number in host byte order; 0 if it has
 * none or is no internet socket. */
int net_local_port(int fd);

/* A connected pair of TCP sockets over 127.0.0.1 (no socketpair: real TCP, so
 * that RST, FIN and buffers are real): fds[0] was accepted, fds[1] connected.
 * Both are blocking, close-on-exec, and owned by the caller. */
#define net_pair(fds) net_pair_at(LAB_HERE, (fds))
void net_pair_at(struct lab_where where, int fds[2]);

/* Whether this machine can listen on ::1. */
bool net_has_ipv6(void);

/* ---- Without hope ---- */

/*
 * Ask, now and then while a client waits, whether anything can still come. If
 * not, and if nothing has, its patience ends at once.
 *   why    returns why not, in words; NULL while something can. NULL for
 *          `why`: nobody is asked
 *   user   handed to it, borrowed until the next call
 */
void net_give_up_when(const char *(*why)(void *user), void *user);

/*
 * Whether nothing is under way between sockets: each byte, opening and end of
 * a connection that was sent has arrived. Of all sockets of this network
 * namespace; so outside of the sandbox somebody else's may be under way.
 */
bool net_at_rest(void);

/* ---- A client ---- */

/*
 * Connect. Fails if nobody accepts the connection.
 *   name        copied; how transcript and messages call the client
 *   host, port  numeric address and port as text; borrowed for the call
 */
#define net_connect(c, name, host, port) \
    net_connect_at(LAB_HERE, (c), (name), (host), (port))
void net_connect_at(struct lab_where where, struct net_client *c,
                    const char *name, const char *host, const char *port);

/* As net_connect, but neither this nor what the client does later is noted:
 * for crowds, of which the test says in one line what they do. */
#define net_connect_quietly(c, name, host, port) \
    net_connect_quietly_at(LAB_HERE, (c), (name), (host), (port))
void net_connect_quietly_at(struct lab_where where, struct net_client *c,
                            const char *name, const char *host,
                            const char *port);

/* Make a client of a connected socket, one of net_pair's for instance. fd is
 * taken. */
void net_adopt(struct net_client *c, const char *name, int fd);

/* Try to connect once. Returns 0 with *c connected, or -errno with *c closed:
 * for servers that should refuse. Notes nothing. */
int net_try_connect(struct net_client *c, const char *name, const char *host,
                    const char *port);

/* Send all of it. */
#define net_send(c, data, len) net_send_at(LAB_HERE, (c), (data), (len))
void net_send_at(struct lab_where where, struct net_client *c, const void *data,
                 size_t len);

/*
 * Send the client's stream until the connection has taken nothing for a tenth
 * of a second: buffers on both sides are full, because the peer does not read.
 * Returns the count of bytes sent. Fails if 64 MiB fit, or on a reset.
 */
#define net_send_until_full(c) net_send_until_full_at(LAB_HERE, (c))
size_t net_send_until_full_at(struct lab_where where, struct net_client *c);

/*
 * The same, and then the process that reads can do no more either: it sleeps,
 * as its send does not return, and there is no room for a byte of that, nor
 * will there be. However slow the machine, it stands in that send. Where
 * patience ends before that, it is full for want of anything better. peer   the
 * process, which the test started; it rests where nothing comes. It is stopped
 * and continued on the way (SIGSTOP, SIGCONT)
 */
struct proc;
#define net_send_until_stuck(c, peer) \
    net_send_until_stuck_at(LAB_HERE, (c), (peer))
size_t net_send_until_stuck_at(struct lab_where where, struct net_client *c,
                               struct proc *peer);

/* Exactly these bytes arrive next. */
#define net_expect(c, data, len) net_expect_at(LAB_HERE, (c), (data), (len))
void net_expect_at(struct lab_where where, struct net_client *c,
                   const void *data, size_t len);

/* Text both ways: net_expect_text(c, "hello\n"). */
#define net_send_text(c, text) net_send_text_at(LAB_HERE, (c), (text))
void net_send_text_at(struct lab_where where, struct net_client *c,
                      const char *text);
#define net_expect_text(c, text) net_expect_text_at(LAB_HERE, (c), (text))
void net_expect_text_at(struct lab_where where, struct net_client *c,
                        const char *text);

/* The next line, with its newline, into line. Fails if it is longer than
 * size - 1 bytes, or at the end. Requires: size >= 2. */
#define net_expect_line(c, line, size) \
    net_expect_line_at(LAB_HERE, (c), (line), (size))
void net_expect_line_at(struct lab_where where, struct net_client *c,
                        char *line, size_t size);

/* The peer closes, and sends nothing before (an RST fails: it is named). */
#define net_expect_eof(c) net_expect_eof_at(LAB_HERE, (c))
void net_expect_eof_at(struct lab_where where, struct net_client *c);

/* The peer closes or resets, whatever it sends before. */
#define net_expect_end(c) net_expect_end_at(LAB_HERE, (c))
void net_expect_end_at(struct lab_where where, struct net_client *c);

/* Nothing has arrived up to now (does not wait). */
#define net_expect_quiet(c) net_expect_quiet_at(LAB_HERE, (c))
void net_expect_quiet_at(struct lab_where where, struct net_client *c);

/*
 * Send len bytes of the seeded stream and read them back at the same time, as
 * a client must that neither wants to deadlock; every byte is compared.
 *   chunk   bytes offered to one send; 0 for a seeded mix of sizes
 */
#define net_exchange(c, len, chunk) \
    net_exchange_at(LAB_HERE, (c), (len), (chunk))
void net_exchange_at(struct lab_where where, struct net_client *c, size_t len,
                     size_t chunk);

/* Shut down the writing side: the peer reads end of file. */
#define net_shutdown_write(c) net_shutdown_write_at(LAB_HERE, (c))
void net_shutdown_write_at(struct lab_where where, struct net_client *c);

/* Close with RST (SO_LINGER 0), as a crashed client's kernel would. */
void net_reset(struct net_client *c);

/* Close. A closed client may be closed again. */
void net_close(struct net_client *c);

/* ---- The seeded stream by itself ---- */

/* Fill data with the bytes from offset on of the stream with this number.
 * Streams with other numbers differ at once. */
void net_pattern(uint64_t stream, size_t offset, void *data, size_t len);

#endif
