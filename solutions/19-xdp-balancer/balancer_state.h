/*
 * balancer_state.h: what the process tells the program in the kernel, in memory
 * that both see: global variables of balancer.bpf.c, and the map `tables`, both
 * of which the process has mapped.
 *
 *     endpoints    address, port, protocol --> service, and on which side
 *     services     by number --> its address, and which table is in use
 *     tables       two for each service --> the number of a backend
 *     backends     by number --> address; where its MAC is; whether it lives
 *
 * How a change is never half seen: eight bytes are written and read at once. So
 * what belongs together stands in one such word (struct link, struct in_use),
 * and what does not fit into one is written where nobody looks yet: a backend's
 * address before the first table names it, a table before the service does.
 */
#ifndef BALANCER_STATE_H
#define BALANCER_STATE_H

#include "endpoints.h"

/* How a service's packets go: one word. */
union in_use {
    __u64 word;
    struct {
        __u32 table; /* 0 or 1 of its two */
        __u32 mode;  /* enum service_mode */
    };
};

struct service {
    struct packet_address address;
    union in_use in_use;
};

/* How to reach somebody: one word. `age` counts who has had a backend's number:
 * a connection remembers it, so that it does not follow the number to a
 * stranger. */
union link {
    __u64 word;
    struct {
        __u8 mac[6];
        __u8 state; /* enum backend_state */
        __u8 age;
    };
};

struct backend {
    struct packet_address address;
    union link link;
};

struct maglev_table {
    __u16 backends[MAGLEV_ENTRIES];
    __u16 unused[3]; /* to a multiple of 8 bytes, as maps have it */
};

/* What a connection remembers of its backend: 24 bits, and never 0, as an age
 * is never 0. */
#define BACKEND_ID(number, age) ((__u32)(age) << 16 | (number))
#define BACKEND_NUMBER(id) ((__u16)(id))
#define BACKEND_AGE(id) ((__u8)((id) >> 16))

/* Connections that can be in one place: connections.h. The process makes room
 * for four times as many as it is asked for: sets fill by chance, and at this
 * load one connection in 10,000 finds its set full. */
#define CONNECTION_WAYS 8
#define CONNECTION_ROOM 4

struct connection_set {
    __u64 entries[CONNECTION_WAYS];
};

_Static_assert(sizeof(union link) == 8, "read and written at once");
_Static_assert(sizeof(union in_use) == 8, "read and written at once");
_Static_assert(BALANCER_BACKENDS_MAX <= MAGLEV_NONE, "numbers fit a table");

#endif
