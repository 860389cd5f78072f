/*
 * traffic.h: clients and the server behind, in one thread: each client opens a
 * connection to the VIP, sends a byte, gets it back, sees the end, closes, and
 * begins anew. The server closes first, so clients do not run out of ports.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include "network.h"

#include <stdint.h>

struct traffic {
    int epoll;
    uint64_t done;   /* connections, from open to close */
    uint64_t failed; /* refused, reset or ended too soon */
};

/*
 * Open the server's listening socket and, once somebody answers at the VIP, the
 * first clients. The thread is in the client's host afterwards.
 * Returns 0; -ETIMEDOUT nobody does, after 10 s; or another -errno.
 */
int traffic_open(struct traffic *traffic, const struct network *network);

/* Go on until then, as measure_now() tells it. 0 or -errno. */
int traffic_run(struct traffic *traffic, int64_t until);

#endif
