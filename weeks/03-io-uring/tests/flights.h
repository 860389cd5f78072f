/*
 * flights.h: between uring_watch.c, which counts, flights.c, which knows what
 * is in flight, and lent_buffers.c. For these three only.
 */
#ifndef FLIGHTS_H
#define FLIGHTS_H

#include "uring_watch.h"

enum flight_kind {
    FLIGHT_ACCEPT,
    FLIGHT_RECEIVE,
    FLIGHT_SEND, /* up to here clients and bytes come and go */
    FLIGHT_CANCEL,
    FLIGHT_TIMEOUT,
    FLIGHT_OTHER,
    FLIGHT_KINDS
};

struct span {
    const unsigned char *data;
    size_t len;
};
bool spans_overlap(const struct span *a, const struct span *b);

/* flights.c: all that is in flight still has its memory. What lies below
 * `frame` on the stack belongs to no function that lives. */
void flights_check(const void *frame);

/* flights.c: the name of an operation in flight that uses this memory, or that
 * takes buffers of this group; or NULL. */
const char *flights_using(const struct span *span);
const char *flights_of_group(int group);

/* flights.c: a timeout is in flight, so a wait will end by itself. */
bool flights_timed(void);

/* lent_buffers.c: it is, in part, a buffer that was given back. */
bool buffers_lent(const struct span *span);

/* uring_watch.c */
_Noreturn void watch_fail(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
bool watch_asks_for(enum watch_rules rules);
void watch_started(enum flight_kind kind);
void watch_took_buffer(int count);
void watch_completed(enum flight_kind kind, int result, size_t asked);

#endif
