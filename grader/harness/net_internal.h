/*
 * net_internal.h: what the files of net.h share; not for tests.
 */
#ifndef NET_INTERNAL_H
#define NET_INTERNAL_H

#include "net.h"

#define NET_SHOWN_BYTES 40 /* of text, in a line of the transcript */

/* Once bytes are wrong, the rest is awaited only to be shown. */
#define NET_AFTERMATH_MS 100

/* So long a connection must take nothing to be full; the tests change it. */
extern int net_full_ms;

/* How a wait for bytes, or for room to send them, ended. */
enum net_end {
    NET_GOES_ON, /* it did not end */
    NET_FIN,     /* the peer closed, or shut its writing side */
    NET_RST,
    NET_SILENCE, /* nothing moved for the whole patience */
    NET_ERROR    /* another errno */
};

struct net_step {
    size_t len; /* bytes moved */
    enum net_end end;
    int error; /* of NET_RST and NET_ERROR */
};

/* A line of the transcript that begins with the client's name. */
void net_note(const struct net_client *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* poll(2) until an event or the end of patience, or until it is hopeless.
 * Returns the events, or 0. */
int net_wait(int fd, short events, int patience_ms);

/* Why the last net_wait() was hopeless; NULL if it was not. */
const char *net_why_gave_up(void);

/* One send or recv of 1 to len bytes, after a wait of at most patience_ms. */
struct net_step net_send_some(struct net_client *c, const void *data,
                              size_t len, int patience_ms);
struct net_step net_receive_some(struct net_client *c, void *data, size_t len,
                                 int patience_ms);

/* Send the client's stream until the connection has taken nothing for so long;
 * *sent grows. Fails if it takes too much. */
void net_fill(struct lab_where where, struct net_client *c, size_t *sent,
              int silence_ms);

/* What errno says after a send or recv that returned -1. */
struct net_step net_step_failed(int error);

/* "1 byte", "8,388,608 bytes". */
struct net_count {
    char text[40];
};
struct net_count net_count_of(size_t bytes);

/* `: "hello\n"` for short text, nothing for other bytes. */
struct net_quote {
    char text[4 * NET_SHOWN_BYTES + 16];
};
struct net_quote net_quote_of(const void *data, size_t len);

/* "then end of file (FIN)", and so on. */
struct net_ending {
    char text[160];
};
struct net_ending net_ending_of(const struct net_step *step);

#endif
