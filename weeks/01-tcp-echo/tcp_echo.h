/*
 * tcp_echo.h: the contract of week 01, a TCP echo server.
 *
 * You write these functions in echo.c; main.c makes the program `echo` of
 * them. Later weeks call tcp_listen() and tcp_write_all() as they stand here.
 *
 * Four rules hold for every function:
 *  1. It returns 0, or a descriptor where that is said, or -errno: the error
 *     of the call that failed first. What errno holds afterwards means nothing.
 *  2. It never returns -EINTR: a call that a signal interrupted is made again.
 *  3. After an error it leaves nothing behind: no descriptor, no memory.
 *  4. It prints nothing and never ends the process. Only main does that.
 *
 * Descriptors are blocking ones. -ENOSYS means: not written yet.
 */
#ifndef TCP_ECHO_H
#define TCP_ECHO_H

#include <stddef.h>

#define ECHO_GREETING "hello from week 01\n"

/*
 * Accept one client, send it the bytes of ECHO_GREETING (without a '\0'), end
 * the connection.
 *   listener   a listening TCP socket, borrowed for the call
 * The client reads the greeting, then end of file; from step 5 on also a
 * client that has sent bytes of its own, which nobody wants: they are read and
 * dropped until it closes, so that no reset overtakes the greeting.
 * Returns 0.
 * Errors: those of accept(2) and send(2); -ECONNRESET, -EPIPE the client went
 * away first.
 * Source: handout steps 1 and 5; RFC 9293 §3.6.1.
 */
int echo_hello(int listener);

/*
 * Make a socket that listens on this address and port.
 *   host   a numeric address, "127.0.0.1" or "::1"; NULL is every IPv4 address
 *          of the machine at least. Short forms that getaddrinfo(3) knows, as
 *          "127.1", may be taken or refused. Borrowed for the call
 *   port   decimal digits and nothing else, "0" to "65535"; "0" lets the kernel
 *          pick a free one. Borrowed for the call
 * The socket is blocking, close-on-exec, has SO_REUSEADDR and a queue for 128
 * clients or more that nobody has accepted yet.
 * Returns the descriptor, owned by the caller; release with close(2).
 * Errors: -EINVAL host is no numeric address or port no such number;
 * -EADDRINUSE somebody listens there; -EACCES not allowed to (a port below
 * 1024); -EADDRNOTAVAIL not an address of this machine; others of socket(2),
 * bind(2) and listen(2).
 * Source: handout step 2; getaddrinfo(3), socket(7).
 */
int tcp_listen(const char *host, const char *port);

/*
 * Serve one client: every byte that it sends comes back, in order, as soon as
 * it is here, until it closes or shuts down its writing side. After its last
 * byte the client reads end of file.
 *   fd   a connected TCP socket, taken: it is closed when this returns, also
 *        after an error
 * Returns 0 after the client's end of file.
 * Errors: -ECONNRESET, -EPIPE the client went away; others of recv(2) and
 * send(2).
 * Source: handout steps 3 and 5; RFC 862.
 */
int echo_connection(int fd);

/*
 * Send all of it, in as many calls as that takes.
 *   fd          a connected, blocking TCP socket, borrowed for the call
 *   data, len   borrowed for the call; len may be 0
 * Returns 0 when the kernel has taken every byte; that the peer has read them
 * it does not mean.
 * Errors: -EPIPE, -ECONNRESET the peer went away; others of send(2). How much
 * was sent before is not known then.
 * A program that calls this without echo_serve() ignores SIGPIPE itself: where
 * you deal with that signal is your choice (step 7).
 * Source: handout step 4; write(2), "RETURN VALUE".
 */
int tcp_write_all(int fd, const void *data, size_t len);

/*
 * Serve every client, each in a thread of its own, so that none waits for
 * another. Whatever a client does, and wherever it stops, the others and the
 * process go on: a reset, a client that never reads, a connection that is gone
 * before accept(2) returns it (-ECONNABORTED, -EPROTO and the network errors
 * that its page lists), a thread that could not be had (that client is closed).
 * It may ignore SIGPIPE for the process.
 *   listener   a listening TCP socket, borrowed for the call
 * Returns only when the listener itself is at fault, so that no later call
 * could succeed; clients that are being served then go on.
 * Errors: -EBADF, -EINVAL (not listening, or shut down), -ENOTSOCK,
 * -EOPNOTSUPP (which accept(2) counts among the errors of one client, but a
 * socket that cannot accept at all gives it for ever).
 * From step 10 (stretch) on, the lack of descriptors or memory (-EMFILE,
 * -ENFILE, -ENOBUFS, -ENOMEM) is no such fault either: those inside go on,
 * new clients wait or are closed, and after an accept(2) that found no room it
 * sleeps a millisecond or more; a spare descriptor, if it has one, may be given
 * up for one more call before that. Once there is room again, new clients are
 * served within a second or so; the first of them may still be closed.
 * Source: handout steps 6, 7 and 10; accept(2), "Error handling".
 */
int echo_serve(int listener);

/*
 * Like echo_serve(), until it is told to stop (stretch, step 9). Then new
 * clients are refused, those inside are served on until they close, and
 * whoever is left when deadline_ms have passed is cut off. What step 10 asks
 * of echo_serve() holds here too, and a stop is heard also while there is no
 * room.
 *   listener      a listening TCP socket, taken: closed as soon as it stops
 *   stop_fd       readable, or at end of file, means stop; borrowed for the
 *                 call, nothing is read from it
 *   deadline_ms   for those inside at that moment; 0 or more, 0 cuts at once
 * Returns 0 after a stop. Each thread that it has started is joined then
 * (pthread_join(3) or a variant of it; a detached one cannot be waited for),
 * and every descriptor and all memory is given back.
 * Errors: -ENOSYS not written, listener still open (main.c then calls
 * echo_serve); those of echo_serve(), once accept(2) has said them: then
 * everybody inside is cut off at once, whatever deadline_ms is, and all is
 * given back as after a stop. A socket that never becomes ready, as a datagram
 * one, may be waited for until the stop.
 * Source: handout step 9.
 */
int echo_serve_until(int listener, int stop_fd, int deadline_ms);

#endif
