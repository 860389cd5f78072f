/*
 * parse.h: what the headers of a packet say; the contract stands in
 * packet_headers.h.
 *
 * A packet ends twice. The frame ends at data_end, which is a fact; the
 * verifier asks that each read is compared with it. The IP packet in it ends
 * where its header says, which is a claim: Ethernet fills up to 60 bytes with
 * whatever, and an attacker writes what he likes. So all reads go through
 * bytes_at(), which asks both:
 *
 *     data                       p->end                 data_end
 *       | Ethernet | IP | TCP | … |  padding               |
 *
 *  1. No byte is read but by a pointer from bytes_at(). It is asked for the
 *     whole header before its first field is looked at.
 *  2. p->end is at most the frame's length, and only gets smaller.
 *  3. Offsets count from data; the verifier knows their bounds (a header's
 *     length has 4 or 8 bits), so it accepts them as part of a pointer.
 */
#ifndef PARSE_H
#define PARSE_H

#include "packet_headers.h"

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>

/* RFC 791 §3.1, RFC 8200 §4.5: flags and offset, as a host's number. */
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_FRAGMENT_OFFSET 0x1fff
#define IPV6_MORE_FRAGMENTS 0x0001
#define IPV6_FRAGMENT_OFFSET 0xfff8

#define VLAN_ID 0x0fff

struct packet_bytes {
    const void *data, *data_end;
    __u32 end; /* of what may be believed, in bytes from data */
};

/* IEEE 802.1Q: what a tag puts between the addresses and the type. */
struct vlan_tag {
    __be16 priority_and_id;
    __be16 type;
};

/* RFC 8200 §4: how every extension header begins. */
struct extension_header {
    __u8 next;
    __u8 length; /* in units of 8 bytes, without the first 8 */
    __be16 fragment;
    __be32 rest;
};

/* The `len` bytes at `offset`, or NULL if the packet has not that many. */
static __always_inline const void *bytes_at(const struct packet_bytes *p,
                                            __u32 offset, __u32 len)
{
    const char *at = (const char *)p->data + offset;
    if (offset + len > p->end || at + len > (const char *)p->data_end)
        return NULL;
    return at;
}

/* ---- TCP and UDP ---- */

static __always_inline int parse_tcp(const struct packet_bytes *p,
                                     struct packet_headers *headers)
{
    const struct tcphdr *tcp = bytes_at(p, 0, sizeof *tcp);
    if (tcp == NULL)
        return -EBADMSG;
    __u32 len = tcp->doff * 4;
    if (len < sizeof *tcp || len > p->end)
        return -EBADMSG;
    headers->source_port = tcp->source;
    headers->destination_port = tcp->dest;
    headers->tcp_flags = ((const __u8 *)tcp)[13];
    return 0;
}

/* A first fragment carries the length of the whole datagram. */
static __always_inline int parse_udp(const struct packet_bytes *p,
                                     struct packet_headers *headers)
{
    const struct udphdr *udp = bytes_at(p, 0, sizeof *udp);
    if (udp == NULL)
        return -EBADMSG;
    __u32 len = bpf_ntohs(udp->len);
    if (len < sizeof *udp)
        return -EBADMSG;
    if (headers->fragment == PACKET_WHOLE && len > p->end)
        return -EBADMSG;
    headers->source_port = udp->source;
    headers->destination_port = udp->dest;
    return 0;
}

/*
 * What is behind IP, as bytes of its own.
 *
 * To the compiler data + offset is the same wherever it computes it, and so it
 * may do so once to compare and again to read. To the verifier these are two
 * pointers, and it knows the length of one. The empty line of assembly could
 * have changed rest.data, for all the compiler knows: so it keeps this one.
 */
static __always_inline int parse_transport(const struct packet_bytes *p,
                                           __u32 offset,
                                           struct packet_headers *headers)
{
    struct packet_bytes rest = {(const char *)p->data + offset, p->data_end,
                                p->end - offset};
    asm volatile("" : "+r"(rest.data));

    headers->transport_offset = (__u16)offset;
    if (headers->fragment == PACKET_LATER_FRAGMENT)
        return 0;
    switch (headers->protocol) {
    case IPPROTO_TCP:
        return parse_tcp(&rest, headers);
    case IPPROTO_UDP:
        return parse_udp(&rest, headers);
    default:
        return 0;
    }
}

/* ---- IPv4 ---- */

static __always_inline __u8 ipv4_fragment(const struct iphdr *ip)
{
    __u16 flags_and_offset = bpf_ntohs(ip->frag_off);
    if ((flags_and_offset & IPV4_FRAGMENT_OFFSET) != 0)
        return PACKET_LATER_FRAGMENT;
    return (flags_and_offset & IPV4_MORE_FRAGMENTS) != 0 ? PACKET_FIRST_FRAGMENT
                                                         : PACKET_WHOLE;
}

static __always_inline int parse_ipv4(struct packet_bytes *p, __u32 offset,
                                      struct packet_headers *headers)
{
    const struct iphdr *ip = bytes_at(p, offset, sizeof *ip);
    if (ip == NULL || ip->version != 4)
        return -EBADMSG;
    __u32 header_len = ip->ihl * 4, len = bpf_ntohs(ip->tot_len);
    if (header_len < sizeof *ip || header_len > len || offset + len > p->end)
        return -EBADMSG;
    p->end = offset + len;

    headers->version = 4;
    headers->ip_offset = (__u16)offset;
    headers->protocol = ip->protocol;
    headers->fragment = ipv4_fragment(ip);
    __builtin_memcpy(headers->source.bytes, &ip->saddr, 4);
    __builtin_memcpy(headers->destination.bytes, &ip->daddr, 4);
    return parse_transport(p, offset + header_len, headers);
}

/* ---- IPv6 ---- */

static __always_inline int is_extension(__u8 protocol)
{
    switch (protocol) {
    case IPPROTO_HOPOPTS:
    case IPPROTO_ROUTING:
    case IPPROTO_FRAGMENT:
    case IPPROTO_AH:
    case IPPROTO_DSTOPTS:
        return 1;
    default:
        return 0;
    }
}

static __always_inline __u32 extension_len(__u8 protocol, __u8 length)
{
    switch (protocol) {
    case IPPROTO_FRAGMENT:
        return 8;
    case IPPROTO_AH: /* RFC 4302 §2.2: in units of 4, without the first 8 */
        return (length + 2) * 4;
    default:
        return (length + 1) * 8;
    }
}

/* RFC 6946: a fragment header of offset 0 without more to come is no fragment.
 */
static __always_inline __u8 ipv6_fragment(__be16 field)
{
    __u16 offset_and_flag = bpf_ntohs(field);
    if ((offset_and_flag & IPV6_FRAGMENT_OFFSET) != 0)
        return PACKET_LATER_FRAGMENT;
    return (offset_and_flag & IPV6_MORE_FRAGMENTS) != 0 ? PACKET_FIRST_FRAGMENT
                                                        : PACKET_WHOLE;
}

/* Returns the offset of what stands behind the extension headers, or -EBADMSG.
 * Behind a later fragment's header there are no headers, but bytes. */
static __always_inline int skip_extensions(const struct packet_bytes *p,
                                           __u32 offset,
                                           struct packet_headers *headers)
{
    for (int i = 0; i < PACKET_EXTENSIONS_MAX; i++) {
        if (!is_extension(headers->protocol) ||
            headers->fragment == PACKET_LATER_FRAGMENT)
            break;
        const struct extension_header *extension =
            bytes_at(p, offset, sizeof *extension);
        if (extension == NULL)
            return -EBADMSG;
        if (headers->protocol == IPPROTO_FRAGMENT)
            headers->fragment = ipv6_fragment(extension->fragment);
        offset += extension_len(headers->protocol, extension->length);
        if (offset > p->end)
            return -EBADMSG;
        headers->protocol = extension->next;
    }
    return (int)offset;
}

static __always_inline int parse_ipv6(struct packet_bytes *p, __u32 offset,
                                      struct packet_headers *headers)
{
    const struct ipv6hdr *ip = bytes_at(p, offset, sizeof *ip);
    if (ip == NULL || ip->version != 6)
        return -EBADMSG;
    __u32 len = sizeof *ip + bpf_ntohs(ip->payload_len);
    if (offset + len > p->end)
        return -EBADMSG;
    p->end = offset + len;

    headers->version = 6;
    headers->ip_offset = (__u16)offset;
    headers->protocol = ip->nexthdr;
    __builtin_memcpy(headers->source.bytes, &ip->saddr, 16);
    __builtin_memcpy(headers->destination.bytes, &ip->daddr, 16);
    int transport = skip_extensions(p, offset + sizeof *ip, headers);
    return transport < 0 ? transport
                         : parse_transport(p, (__u32)transport, headers);
}

/* ---- Ethernet ---- */

static __always_inline int is_vlan(__u16 type)
{
    return type == ETH_P_8021Q || type == ETH_P_8021AD;
}

/* Returns the offset of what stands behind the tags, or -EBADMSG. */
static __always_inline int parse_ethernet(const struct packet_bytes *p,
                                          struct packet_headers *headers)
{
    const struct ethhdr *eth = bytes_at(p, 0, sizeof *eth);
    if (eth == NULL)
        return -EBADMSG;
    __u32 offset = sizeof *eth;
    headers->ether_type = bpf_ntohs(eth->h_proto);

    for (int i = 0; i < PACKET_VLANS_MAX; i++) {
        if (!is_vlan(headers->ether_type))
            break;
        const struct vlan_tag *tag = bytes_at(p, offset, sizeof *tag);
        if (tag == NULL)
            return -EBADMSG;
        if (i == 0)
            headers->vlan = bpf_ntohs(tag->priority_and_id) & VLAN_ID;
        headers->ether_type = bpf_ntohs(tag->type);
        offset += sizeof *tag;
    }
    return (int)offset;
}

static __always_inline int packet_parse(const void *data, const void *data_end,
                                        struct packet_headers *headers)
{
    struct packet_bytes p = {
        .data = data,
        .data_end = data_end,
        .end = (__u32)((const char *)data_end - (const char *)data),
    };
    __builtin_memset(headers, 0, sizeof *headers);
    int offset = parse_ethernet(&p, headers);
    if (offset < 0)
        return offset;
    switch (headers->ether_type) {
    case ETH_P_IP:
        return parse_ipv4(&p, (__u32)offset, headers);
    case ETH_P_IPV6:
        return parse_ipv6(&p, (__u32)offset, headers);
    default:
        return 0;
    }
}

#endif
