/*
 * endpoints.h: what stands at an address, port and protocol. Both sides use it:
 * the process writes, the program in the kernel looks up, once or twice for
 * each packet.
 *
 * For speed alone: a hash map of the kernel's does the same, at the price of a
 * call and some 30 ns a lookup; PLAIN takes it. Here the table is memory that
 * both sides have in sight. A key belongs into one bucket of eight slots; the
 * table has 15 slots for each key that there can be, so that a bucket runs over
 * about once in ten million tables.
 *
 * A slot is in use while its word is not 0; the key is written before it.
 */
#ifndef ENDPOINTS_H
#define ENDPOINTS_H

#include "balancer_maps.h"

/* What an endpoint is; the same with port 0 stands for all ports of it, for
 * fragments, which do not tell theirs. */
enum endpoint_role {
    ENDPOINT_SERVICE = 1, /* clients send to it */
    ENDPOINT_BACKEND = 2, /* it sends to clients */
};

union endpoint {
    __u64 word;
    struct {
        __u32 roles; /* bits of enum endpoint_role; 0: there is none */
        __u32 service;
    };
};

/* Each with its port and with port 0. */
#define ENDPOINTS_MAX (2 * (BALANCER_SERVICES_MAX + BALANCER_BACKENDS_MAX))

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

_Static_assert(ENDPOINT_BUCKETS *ENDPOINT_SLOTS > 15 * ENDPOINTS_MAX,
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

#endif
