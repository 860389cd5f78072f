/*
 * filter_maps.h: what both sides of week 18 share: keys, values and limits of
 * the maps that filter.bpf.c fills and xdp_filter.c reads. Given.
 *
 * A key is compared byte by byte, so each byte of it is named: there is no
 * padding that could hold what was on the stack before.
 */
#ifndef FILTER_MAPS_H
#define FILTER_MAPS_H

#include <linux/types.h>

/* Rows of the table of traffic, the last of them for what finds no room. */
#define FILTER_TRAFFIC_ROWS_MAX 1024

/* Networks that can be blocked, of IPv4 and of IPv6 each. */
#define FILTER_BLOCKED_MAX 4096

/* Sources whose rate is known (stretch, step 7). */
#define FILTER_SOURCES_MAX 16384

/* Packets a second, and at once, that a source may be allowed. */
#define FILTER_LIMIT_MAX 1000000

/* What a packet is counted under. */
struct traffic_key {
    __u8 version;  /* 4, 6; 0: no IP */
    __u8 protocol; /* of IP; 0: no IP */
    __be16 port;   /* destination, as in the packet; 0: has none */
};

/* The row for packets of which the table had no row left. */
#define FILTER_OTHERS ((struct traffic_key){.version = 0xff})

struct traffic_count {
    __u64 packets;
    __u64 bytes; /* of the frames */
};

/* A row as it is read out: summed over the processors. */
struct traffic_row {
    struct traffic_key key;
    __u32 unused;
    struct traffic_count count;
};

/* What became of a packet: each is counted under one of these. */
enum filter_verdict {
    FILTER_PASSED,
    FILTER_BROKEN,  /* dropped: packet_parse() could not make sense of it */
    FILTER_BLOCKED, /* dropped: its source is on the list */
    FILTER_LIMITED, /* dropped: its source sends too fast (stretch) */
    FILTER_VERDICTS,
};

/* A network as an LPM trie wants it (BPF_MAP_TYPE_LPM_TRIE): how many bits
 * count, and the address, its first bit first. */
struct network_v4 {
    __u32 bits; /* 0 to 32 */
    __u8 address[4];
};

struct network_v6 {
    __u32 bits; /* 0 to 128 */
    __u8 address[16];
};

/* A network of either kind, as cidr_parse() gives it. */
struct network {
    __u8 version; /* 4, 6 */
    __u8 bits;
    __u8 address[16]; /* of IPv4 the first four bytes; host bits are 0 */
};

/* A source's tokens (stretch, step 7). What it means is yours to say. */
struct token_bucket {
    __u64 tokens;
    __u64 at_ns;
};

#endif
