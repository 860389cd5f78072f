/*
 * health.h: does somebody accept connections? Asked again and again, on week
 * 02's loop. Given.
 *
 * A check connects, and closes at once. After `fall` checks in a row that
 * failed a backend is down, after `rise` that did not it is up.
 */
#ifndef HEALTH_H
#define HEALTH_H

#include "event_loop.h"
#include "packet_headers.h"

#include <stdbool.h>

struct health_options {
    int every_ms;   /* from check to check */
    int timeout_ms; /* after which one has failed */
    int fall, rise;
};

struct health_check;

/* up: what it is from now on. It may stop this check. */
typedef void health_fn(void *user, bool up);

/*
 * Begin to check; it counts as down until it is found to be up, at the first
 * success.
 *   loop      borrowed until health_stop()
 *   options   borrowed likewise
 *   fn        called when it changes, with user
 *   check     out: owned by the caller; release with health_stop()
 * Returns 0.
 * Errors: -ENOMEM, those of loop_timer_start().
 */
struct health_target {
    int version;
    struct packet_address address;
    int port;
};
int health_start(struct loop *loop, const struct health_options *options,
                 const struct health_target *target, health_fn *fn, void *user,
                 struct health_check **check);

/* Check no more. NULL is allowed. */
void health_stop(struct health_check *check);

#endif
