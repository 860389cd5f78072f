/*
 * server_main.h: what the main.c of each server is made of. Given.
 *
 * Such a program is called `NAME [HOST] PORT`. It prints one line, "listening
 * on 127.0.0.1 port 40123", and serves until SIGINT (Ctrl-C) or SIGTERM.
 * Without a HOST it listens on 127.0.0.1 alone; PORT 0 lets the kernel pick
 * one. Its exit status is
 *
 *     0   stopped by a signal
 *     1   could not listen or serve; standard error says why
 *     2   wrong arguments; standard error says which are right
 *
 * An int function returns 0 or a descriptor, or -errno.
 */
#ifndef SERVER_MAIN_H
#define SERVER_MAIN_H

/* What [HOST] PORT are: the last lines of a usage text. */
#define SERVER_MAIN_USAGE                                 \
    "  HOST  a numeric address, 127.0.0.1 if not given\n" \
    "  PORT  0 to 65535; 0 lets the kernel pick one\n"

/*
 * Listen where the command line says.
 *   count, words   [HOST] PORT: what is left of argv behind name and options;
 *                  borrowed for the call
 * Returns the listener, owned by the caller; release with close(2).
 * Errors: -EINVAL these words make no sense, and the caller tells the usage;
 * others of tcp_listen(), which standard error has been told.
 */
int server_main_listen(int count, char **words);

/* Print the program's one line, with the address that the kernel knows: where
 * port 0 was asked for, only now is it known. */
int server_main_print_address(int listener);

/* The soft limit of open files is 1,024 for the sake of select(2), which no
 * server here uses: ask for all that we may have. */
void server_main_raise_file_limit(void);

/* What a client of this listener is sent is sent at once, and does not wait for
 * the acknowledgement of what was before (TCP_NODELAY, tcp(7)). */
void server_main_send_at_once(int listener);

/*
 * Make of SIGINT and SIGTERM a descriptor: readable once one of them has come,
 * which then does nothing else.
 * Requires: no other thread has been started; those that are get the mask too.
 * Returns the descriptor, owned by the caller; release with close(2).
 * Source: signalfd(2).
 */
int server_main_open_signals(void);

#endif
