/*
 * connections.h: which backend a connection has.
 *
 * For speed alone: the kernel's LRU hash map does the same (PLAIN), at the
 * price of a call and some 30 ns a packet, of a comparison of forty bytes, and
 * of seven times the memory. Here a connection is eight bytes, and its hash
 * says in which set of eight it can be, all in one line of the cache:
 *
 *      63            32 31      24 23                     0
 *     +----------------+----------+------------------------+
 *     | tag: its hash  | last seen| backend: age and number|
 *     +----------------+----------+------------------------+
 *
 * Invariants
 *  1. An entry is read and written at once: no processor sees half of one.
 *  2. Two processors that write one entry at a time: the later wins, and the
 *     other connection is remembered at its next packet.
 *  3. Two connections of the same set and tag, one pair in 2^32 that meet in a
 *     set, share an entry, and so a backend. It does them no harm while they
 *     have it.
 *
 * Where a set is full, the connection unseen longest is forgotten.
 */
#ifndef CONNECTIONS_H
#define CONNECTIONS_H

#include "balancer_state.h"
#include "flow_hash.h"

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#ifdef PLAIN

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1024); /* the options say how many */
    __type(key, struct flow);
    __type(value, __u32);
} connections SEC(".maps");

/* Returns the backend's id, or 0. */
static __always_inline __u32 connection_find(const struct flow *flow,
                                             __u64 hash)
{
    __u32 *id = bpf_map_lookup_elem(&connections, flow);
    (void)hash;
    return id != NULL ? *id : 0;
}

static __always_inline void connection_remember(const struct flow *flow,
                                                __u64 hash, __u32 id)
{
    (void)hash;
    bpf_map_update_elem(&connections, flow, &id, BPF_ANY);
}

#else

/* MMAPABLE begins on a page: so a set is one line of the cache. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1024); /* sets; a power of two */
    __type(key, __u32);
    __type(value, struct connection_set);
} connections SEC(".maps");

const volatile __u32 connection_sets = 1024;

#define CONNECTION_TAG(entry) ((entry) >> 32)
#define CONNECTION_SEEN(entry) ((__u8)((entry) >> 24))
#define CONNECTION_BACKEND(entry) ((__u32)(entry)&0xffffff)

/* In units of four seconds, for seventeen minutes. */
static __always_inline __u8 connection_now(void)
{
    return (__u8)(bpf_ktime_get_coarse_ns() >> 32);
}

static __always_inline struct connection_set *connection_set_of(__u64 hash)
{
    __u32 index = (__u32)hash & (connection_sets - 1);
    return bpf_map_lookup_elem(&connections, &index);
}

static __always_inline __u64 connection_entry(__u64 hash, __u8 seen, __u32 id)
{
    return (hash >> 32) << 32 | (__u64)seen << 24 | id;
}

/* Returns the backend's id, or 0. */
static __always_inline __u32 connection_find(const struct flow *flow,
                                             __u64 hash)
{
    struct connection_set *set = connection_set_of(hash);
    (void)flow;
    if (set == NULL)
        return 0;
#pragma unroll
    for (int i = 0; i < CONNECTION_WAYS; i++) {
        __u64 entry = *(volatile __u64 *)&set->entries[i];
        if (CONNECTION_TAG(entry) != hash >> 32 || entry == 0)
            continue;
        __u32 id = CONNECTION_BACKEND(entry);
        __u8 now = connection_now();
        if (CONNECTION_SEEN(entry) != now)
            set->entries[i] = connection_entry(hash, now, id);
        return id;
    }
    return 0;
}

/* Its own entry, else a free one, else that of the one unseen longest. */
static __always_inline void connection_remember(const struct flow *flow,
                                                __u64 hash, __u32 id)
{
    struct connection_set *set = connection_set_of(hash);
    __u8 now = connection_now();
    __u32 place = 0, longest = 0;
    (void)flow;
    if (set == NULL)
        return;
    for (__u32 i = 0; i < CONNECTION_WAYS; i++) {
        __u64 entry = *(volatile __u64 *)&set->entries[i];
        __u32 unseen = (__u8)(now - CONNECTION_SEEN(entry)) + 1;
        if (entry == 0)
            unseen = 1000;
        else if (CONNECTION_TAG(entry) == hash >> 32)
            unseen = 2000;
        if (unseen > longest) {
            longest = unseen;
            place = i;
        }
    }
    set->entries[place & (CONNECTION_WAYS - 1)] =
        connection_entry(hash, now, id);
}

#endif

#endif
