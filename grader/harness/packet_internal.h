/*
 * packet_internal.h: what the files of packet.h share; not for tests.
 */
#ifndef PACKET_INTERNAL_H
#define PACKET_INTERNAL_H

#include "packet.h"

/* Ethernet types, and protocols of IP. */
enum {
    TYPE_IPV4 = 0x0800,
    TYPE_ARP = 0x0806,
    TYPE_VLAN = 0x8100,
    TYPE_IPV6 = 0x86dd,
    TYPE_SERVICE_VLAN = 0x88a8,
    TYPE_EXPERIMENT = 0x88b5, /* IEEE 802, for local experiments */

    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_ICMP = 1,
    PROTOCOL_IPV4 = 4,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_IPV6 = 41,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AUTHENTICATION = 51,
    PROTOCOL_ICMPV6 = 58,
    PROTOCOL_NOTHING = 59,
    PROTOCOL_DESTINATION = 60,
    PROTOCOL_EXPERIMENT = 253, /* RFC 3692 */
};

#define ETH_BYTES 14
#define VLAN_BYTES 4
#define ARP_BYTES 28
#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define TCP_BYTES 20
#define UDP_BYTES 8
#define ICMP_BYTES 8

static inline unsigned get16(const unsigned char *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static inline void put16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static inline void put32(unsigned char *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

/* ---- packet_walk.c ---- */

#define PACKET_PARTS_MAX 32

/* A header, or what no header is made of. */
struct packet_part {
    enum packet_layer_kind kind;
    size_t at, len;
    int number; /* of an extension header: which one */
    bool cut;   /* the packet ends before it does */
};

/* A packet, taken apart. Behind the last header that makes sense the rest is
 * one part of payload, if there is a rest. */
struct packet_view {
    struct packet_part parts[PACKET_PARTS_MAX];
    int count;
    int ip;           /* the innermost part of IPv4 or IPv6; -1 none */
    int protocol;     /* what that one carries, behind extension headers */
    bool is_fragment; /* of which protocol headers may be missing */
    size_t fragment;  /* where it begins */
    size_t end;       /* of the IP packet, as it says, within the frame */
};

void packet_walk(const struct packet *p, struct packet_view *view);

/* ---- packet_checksum.c ---- */

/* Where in a part its checksum is; -1: it has none. */
int packet_checksum_offset(enum packet_layer_kind kind);

/* Sum words of 16 bits, without folding. */
uint32_t packet_sum(const void *data, size_t len, uint32_t sum);

/* What RFC 9293 and 8200 put before a segment in its checksum: the addresses
 * of the IP header, the protocol and the segment's length. */
uint32_t packet_pseudo_sum(const unsigned char *ip, bool is_v6, int protocol,
                           size_t len);

#endif
