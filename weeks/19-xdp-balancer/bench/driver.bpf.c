/*
 * driver.bpf.c: packets for a program that is measured.
 *
 * BPF_PROG_TEST_RUN runs a program over and over on one frame, which the
 * program itself changes. So the driver stands before it: it makes of the frame
 * the packet of the next flow, and goes on to the program by a tail call. What
 * the driver costs is measured with a program behind it that only drops.
 *
 * Also here: bounce, the least that a program can do which sends a packet on;
 * lookup, one look into memory as large as a million connections; and what
 * sends and counts on the wire of `forward-veth`.
 */
#include "packets.h"

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* 2^32 by the golden ratio: multiples of it are spread over all 32-bit numbers,
 * each as far from the others as can be. */
#define GOLDEN 0x9e3779b1u

/* ---- What the process sets ---- */

const volatile __u32 flows = 1; /* how many there are; 0: 2^32 */
const volatile __u8 version = 4;
const volatile __u8 tcp_flags = PACKETS_ACK;
const volatile __u8 returning; /* from a backend to a client */

__u32 place_mask; /* of lookup: PLACES - 1, or 0 for always the same place */

/* ---- What it reads ---- */

__u64 number;  /* packets made so far */
__u64 counted; /* packets that have come back */
__u64 found;   /* by lookup */

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} measured SEC(".maps");

struct place {
    __u64 words[8];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE); /* from a page on: a place is a line */
    __uint(max_entries, PLACES);
    __type(key, __u32);
    __type(value, struct place);
} places SEC(".maps");

/* ---- The next packet ---- */

static __always_inline __u32 next_flow(void)
{
    __u32 spread = (__u32)number++ * GOLDEN;
    return flows == 0 ? spread : (__u32)((__u64)spread * flows >> 32);
}

/* Addresses: the service's and a backend's end in 8 bits of their own, a
 * client's is the flow's number, but for 6 bits that are in its port. */
static __always_inline void put_v4(struct iphdr *ip, __u32 flow)
{
    __be32 client = bpf_htonl(PACKETS_CLIENT_V4 + (flow >> 6));
    ip->ttl = 64;
    ip->saddr =
        returning ? bpf_htonl(PACKETS_BACKEND_V4 + (flow & 15)) : client;
    ip->daddr = returning ? client : bpf_htonl(PACKETS_SERVICE_V4);
}

static __always_inline void put_v6(struct ipv6hdr *ip, __u32 flow)
{
    ip->hop_limit = 64;
    ip->saddr.in6_u.u6_addr32[0] = bpf_htonl(PACKETS_NETWORK_V6);
    ip->saddr.in6_u.u6_addr32[1] = 0;
    ip->saddr.in6_u.u6_addr32[2] = bpf_htonl(1);
    ip->saddr.in6_u.u6_addr32[3] = bpf_htonl(flow >> 6);
    ip->daddr.in6_u.u6_addr32[0] = bpf_htonl(PACKETS_NETWORK_V6);
    ip->daddr.in6_u.u6_addr32[1] = 0;
    ip->daddr.in6_u.u6_addr32[2] = 0;
    ip->daddr.in6_u.u6_addr32[3] = bpf_htonl(PACKETS_SERVICE_V6);
}

static __always_inline void put_tcp(struct tcphdr *tcp, __u32 flow)
{
    __be16 client = bpf_htons(1024 + (flow & 63));
    __be16 service = bpf_htons(PACKETS_PORT);
    tcp->source = returning ? service : client;
    tcp->dest = returning ? client : service;
    ((__u8 *)tcp)[13] = tcp_flags;
}

/* Returns 0, or -1 where the frame is too short. */
static __always_inline int put_packet(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = data;
    void *ip = eth + 1;
    __u32 flow = next_flow();
    struct tcphdr *tcp =
        version == 4 ? ip + sizeof(struct iphdr) : ip + sizeof(struct ipv6hdr);

    if ((void *)(tcp + 1) > end)
        return -1;
    if (version == 4)
        put_v4(ip, flow);
    else
        put_v6(ip, flow);
    put_tcp(tcp, flow);
    return 0;
}

SEC("xdp")
int drive(struct xdp_md *ctx)
{
    if (put_packet(ctx) < 0)
        return XDP_ABORTED;
    bpf_tail_call(ctx, &measured, 0);
    return XDP_ABORTED; /* there is no program behind us */
}

/* ---- Programs to compare with ---- */

SEC("xdp")
int nothing(struct xdp_md *ctx)
{
    (void)ctx;
    return XDP_DROP;
}

SEC("xdp")
int bounce(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    __u16 *words = data;

    if (data + sizeof(struct ethhdr) > end)
        return XDP_ABORTED;
    for (int i = 0; i < 3; i++) {
        __u16 word = words[i];
        words[i] = words[i + 3];
        words[i + 3] = word;
    }
    return XDP_TX;
}

/* No pattern that a processor could foresee: the finish of MurmurHash3. */
static __always_inline __u32 scramble(__u32 n)
{
    n = (n ^ n >> 16) * 0x85ebca6bu;
    n = (n ^ n >> 13) * 0xc2b2ae35u;
    return n ^ n >> 16;
}

/* What a look at a random place costs more than one at the same place are the
 * misses of the processor's caches. Where the next one looks depends on what
 * this one has found, so that the processor can't begin both at once. */
SEC("xdp")
int lookup(struct xdp_md *ctx)
{
    __u32 place = scramble((__u32)number + (__u32)found) & place_mask;
    struct place *at = bpf_map_lookup_elem(&places, &place);
    (void)ctx;
    if (at == NULL)
        return XDP_ABORTED;
    found = *(volatile __u64 *)at->words; /* 0, but who knows */
    return XDP_DROP;
}

/* ---- The wire ---- */

/* Run with live frames: XDP_TX sends it out of the interface that it is said to
 * have come in by. */
SEC("xdp")
int send(struct xdp_md *ctx)
{
    return put_packet(ctx) < 0 ? XDP_ABORTED : XDP_TX;
}

SEC("xdp")
int count(struct xdp_md *ctx)
{
    (void)ctx;
    counted++; /* on one processor */
    return XDP_DROP;
}

SEC("xdp")
int pass(struct xdp_md *ctx)
{
    (void)ctx;
    return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
