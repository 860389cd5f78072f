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

#include "balancer_maps.h"

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

/* ---- Endpoints: what stands at an address, port and protocol ---- */

/* What an endpoint is; the same with port 0 stands for all ports of it, for
 * fragments, which do not tell theirs. The balancer's own addresses stand for
 * all protocols too: port and protocol 0. */
enum endpoint_role {
    ENDPOINT_SERVICE = 1, /* clients send to it */
    ENDPOINT_BACKEND = 2, /* it sends to clients */
    ENDPOINT_OWN = 4,     /* the kernel's */
};

union endpoint {
    __u64 word;
    struct {
        __u32 roles; /* bits of enum endpoint_role; 0: there is none */
        __u32 service;
    };
};

/* Services and backends each with their port and with port 0. */
#define ENDPOINTS_MAX \
    (2 * (BALANCER_SERVICES_MAX + BALANCER_BACKENDS_MAX) + BALANCER_OWN_MAX)

/*
 * For speed alone: a hash map of the kernel's does the same, at the price of a
 * call and some 30 ns a lookup; PLAIN takes it. Here the table is memory that
 * both sides have in sight. A key belongs into one bucket of eight slots; the
 * table has 14 slots for each key that there can be, so that a bucket runs over
 * about once in ten million tables.
 *
 * A slot is in use while its word is not 0; the key is written before it.
 */
#define ENDPOINT_BUCKETS 4096
#define ENDPOINT_SLOTS 8

struct endpoint_slot {
    struct service_key key;
    __u32 unused;
    union endpoint endpoint;
};

struct endpoint_bucket {
    struct endpoint_slot slots[ENDPOINT_SLOTS];
};

_Static_assert(ENDPOINT_BUCKETS *ENDPOINT_SLOTS > 14 * ENDPOINTS_MAX,
               "buckets do not run over");

static __always_inline __u32 endpoint_bucket_of(const struct service_key *key)
{
    __u64 words[2];
    __u32 rest;
    __builtin_memcpy(words, &key->address, sizeof words);
    __builtin_memcpy(&rest, &key->port, sizeof rest);
    __u64 hash = (words[0] + rest) * 0x9e3779b97f4a7c15ull;
    hash = (hash ^ hash >> 32 ^ words[1]) * 0xbf58476d1ce4e5b9ull;
    return (__u32)(hash >> 52); /* of ENDPOINT_BUCKETS */
}

static __always_inline int endpoint_matches(const struct endpoint_slot *slot,
                                            const struct service_key *key)
{
    const __u32 *one = (const __u32 *)&slot->key;
    const __u32 *other = (const __u32 *)key;
    return one[0] == other[0] && one[4] == other[4] && one[1] == other[1] &&
           one[2] == other[2] && one[3] == other[3];
}

_Static_assert(sizeof(union link) == 8, "read and written at once");
_Static_assert(sizeof(union in_use) == 8, "read and written at once");
_Static_assert(BALANCER_BACKENDS_MAX <= MAGLEV_NONE, "numbers fit a table");

#endif
