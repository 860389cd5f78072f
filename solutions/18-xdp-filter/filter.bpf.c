/*
 * filter.bpf.c: the program that the kernel runs on each packet; what it does
 * stands in xdp_filter.h.
 *
 *     parse --broken--> drop
 *       |
 *     count in `traffic`
 *       |
 *     source in `blocked_v4`, `blocked_v6`? --yes--> drop
 *       |
 *     tokens left in `sources`? --no--> drop
 *       |
 *     pass
 *
 *  1. A packet is counted in `verdicts` exactly once, at the one place where
 *     the program is left (filter).
 *  2. What is counted is counted for each processor by itself, so that `++`
 *     needs no lock: a program is not moved between processors while it runs,
 *     nor interrupted by itself on one.
 *  3. Nothing is allocated while packets come, but rows of the maps: memory is
 *     bounded by their max_entries.
 */
#include <linux/bpf.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>

#include "filter_maps.h"
#include "parse.h"
#include "xdp_clock.h"

/* ---- Counting ---- */

/* xdp_filter_open() puts the row FILTER_OTHERS in; all others come by packets.
 */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(max_entries, FILTER_TRAFFIC_ROWS_MAX);
    __type(key, struct traffic_key);
    __type(value, struct traffic_count);
} traffic SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, FILTER_VERDICTS);
    __type(key, __u32);
    __type(value, __u64);
} verdicts SEC(".maps");

/* The row of this key, made if need be; NULL when the table is full. Another
 * processor may make it between the two calls: then it is there as well. */
static __always_inline struct traffic_count *traffic_row(
    const struct traffic_key *key)
{
    const struct traffic_count none = {0};
    struct traffic_count *row = bpf_map_lookup_elem(&traffic, key);
    if (row != NULL)
        return row;
    bpf_map_update_elem(&traffic, key, &none, BPF_NOEXIST);
    return bpf_map_lookup_elem(&traffic, key);
}

static __always_inline void count_traffic(const struct packet_headers *headers,
                                          __u64 bytes)
{
    const struct traffic_key key = {
        .version = headers->version,
        .protocol = headers->protocol,
        .port = headers->destination_port,
    };
    const struct traffic_key others = FILTER_OTHERS;
    struct traffic_count *row = traffic_row(&key);
    if (row == NULL)
        row = bpf_map_lookup_elem(&traffic, &others);
    if (row == NULL)
        return; /* cannot be: the row is never taken out */
    row->packets++;
    row->bytes += bytes;
}

static __always_inline void count_verdict(__u32 verdict)
{
    __u64 *packets = bpf_map_lookup_elem(&verdicts, &verdict);
    if (packets != NULL)
        (*packets)++;
}

/* ---- The list ---- */

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(max_entries, FILTER_BLOCKED_MAX);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct network_v4);
    __type(value, __u8);
} blocked_v4 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(max_entries, FILTER_BLOCKED_MAX);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct network_v6);
    __type(value, __u8);
} blocked_v6 SEC(".maps");

/* An address is the network of all its bits; the trie finds the longest that
 * it lies in, and here any will do. */
static __always_inline int is_blocked(const struct packet_headers *headers)
{
    struct network_v4 v4 = {.bits = 32};
    struct network_v6 v6 = {.bits = 128};

    switch (headers->version) {
    case 4:
        __builtin_memcpy(v4.address, headers->source.bytes, 4);
        return bpf_map_lookup_elem(&blocked_v4, &v4) != NULL;
    case 6:
        __builtin_memcpy(v6.address, headers->source.bytes, 16);
        return bpf_map_lookup_elem(&blocked_v6, &v6) != NULL;
    default:
        return 0;
    }
}

/* ---- The limit ---- */

/* Tokens are counted in billionths: so many come in each nanosecond at one
 * packet a second, and none is lost by rounding. */
#define TOKEN 1000000000ULL

struct source {
    __u32 version; /* 10.0.0.1 is not a00:1:: */
    struct packet_address address;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, FILTER_SOURCES_MAX);
    __type(key, struct source);
    __type(value, struct token_bucket);
} sources SEC(".maps");

/* Packets a second in the upper half, 0 for no limit; how many at once in the
 * lower. In one number, so that no packet sees the one without the other. */
volatile __u64 limit;

/*
 * Fill the bucket up to now. Whether it is full is decided by a division: the
 * product would not fit in 64 bits after long silence. A clock that is behind
 * the bucket's, as another processor's may be, brings nothing.
 */
static __always_inline void bucket_fill(struct token_bucket *bucket, __u64 now,
                                        __u32 rate, __u64 full)
{
    __u64 elapsed = now > bucket->at_ns ? now - bucket->at_ns : 0;
    __u64 tokens = full;
    if (elapsed <= full / rate)
        tokens = bucket->tokens + elapsed * rate;
    bucket->tokens = tokens < full ? tokens : full;
    bucket->at_ns += elapsed;
}

/* Returns 1 if it had a token, which is gone now. Two processors may take the
 * same one, if packets of one source come on both: a few too many pass. */
static __always_inline int bucket_take(struct token_bucket *bucket)
{
    if (bucket->tokens < TOKEN)
        return 0;
    bucket->tokens -= TOKEN;
    return 1;
}

static __always_inline int is_too_fast(const struct packet_headers *headers)
{
    __u64 rate_and_burst = limit;
    __u32 rate = rate_and_burst >> 32;
    __u64 full = (__u32)rate_and_burst * TOKEN;
    if (rate == 0 || headers->version == 0)
        return 0;

    struct source key = {headers->version, headers->source};
    __u64 now = xdp_now();
    struct token_bucket *known = bpf_map_lookup_elem(&sources, &key);
    if (known != NULL) {
        bucket_fill(known, now, rate, full);
        return !bucket_take(known);
    }
    struct token_bucket fresh = {.tokens = full, .at_ns = now};
    bucket_take(&fresh);
    bpf_map_update_elem(&sources, &key, &fresh, BPF_ANY);
    return 0;
}

/* ---- The program ---- */

static __always_inline enum filter_verdict judge(const void *data,
                                                 const void *data_end)
{
    struct packet_headers headers;
    if (packet_parse(data, data_end, &headers) < 0)
        return FILTER_BROKEN;
    count_traffic(&headers, (__u64)(data_end - data));
    if (is_blocked(&headers))
        return FILTER_BLOCKED;
    if (is_too_fast(&headers))
        return FILTER_LIMITED;
    return FILTER_PASSED;
}

SEC("xdp")
int filter(struct xdp_md *packet)
{
    enum filter_verdict verdict =
        judge((void *)(long)packet->data, (void *)(long)packet->data_end);
    count_verdict(verdict);
    return verdict == FILTER_PASSED ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
