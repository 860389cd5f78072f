/*
 * packet_headers.h: what a parser tells of a packet: the contract of parse.h.
 *
 * You write parse.h. It is compiled twice: by clang for the kernel, where the
 * verifier wants to see that no byte behind data_end is read, and by gcc for
 * the tests of step 3, where AddressSanitizer looks at each one.
 *
 *     static __always_inline int packet_parse(const void *data,
 *                                             const void *data_end,
 *                                             struct packet_headers *headers);
 *
 * Look at the headers of one Ethernet frame.
 *   data, data_end   its first byte, and the one behind its last; only bytes
 *                    between are read, and none is written
 *   headers          out: every field, also where it does not apply
 * Returns 0: headers tells what it is, whether IP or not.
 * Errors: -EBADMSG it is broken:
 *   - it ends within its Ethernet header or a VLAN tag;
 *   - the IP version is not the one that the Ethernet type names;
 *   - the packet, as long as its IP header says, reaches beyond the frame, or
 *     its IP header or a header that follows reaches beyond the packet;
 *   - a length is less than the least: an IPv4 header of less than 20 bytes, a
 *     TCP header of less than 20, a UDP length of less than 8;
 *   - a UDP length reaches beyond the packet (of a first fragment it may, as it
 *     counts the other fragments too).
 * What headers holds then means nothing. Checksums are not looked at, nor what
 * stands in a header but what is told here.
 *
 * Ports are those of TCP and UDP. What stands behind the IP packet in its frame
 * is padding, and no part of it. A VLAN tag is one of Ethernet type 0x8100.
 * Source: handout steps 3 and 8; RFC 791 §3.1, RFC 8200 §3 and §4, IEEE 802.1Q.
 */
#ifndef PACKET_HEADERS_H
#define PACKET_HEADERS_H

#include <linux/errno.h>
#include <linux/types.h>

/*
 * VLAN tags and IPv6 extension headers that are followed (stretch, step 8). A
 * packet with more is told as what stands behind the last of them. Until step 8
 * one tag is followed, and no extension header.
 *
 * From step 8 on a tag may also be one of type 0x88a8, and extension headers
 * are these five: hop-by-hop options, routing, fragment, authentication,
 * destination options. Behind the fragment header of a later fragment nothing
 * is followed. One of offset 0 with no more to come is none (RFC 6946).
 */
#define PACKET_VLANS_MAX 2
#define PACKET_EXTENSIONS_MAX 6

enum packet_fragment {
    PACKET_WHOLE,
    PACKET_FIRST_FRAGMENT, /* it has the ports */
    PACKET_LATER_FRAGMENT, /* it has none: its bytes go on somewhere */
};

/* An address as it stands in the packet; of IPv4 the first four bytes, and
 * zeroes behind. As words it is copied by four instructions, not by sixteen. */
struct packet_address {
    union {
        __u8 bytes[16];
        __be32 words[4];
    };
};

struct packet_headers {
    struct packet_address source, destination; /* zeroes: it is no IP */
    __be16 source_port, destination_port; /* as in the packet; 0: has none */
    __u16 ether_type;                     /* host byte order, behind the tags */
    __u16 vlan;                           /* id of the outer tag; 0: has none */
    __u16 ip_offset;                      /* bytes from data; 0: it is no IP */
    __u16 transport_offset; /* likewise: where what `protocol` names begins, or
                               in a later fragment goes on */
    __u8 version;           /* 4, 6; 0: it is no IP */
    __u8 protocol;          /* IPPROTO_TCP, …; 0 where it is no IP */
    __u8 fragment;          /* enum packet_fragment */
    __u8 tcp_flags; /* the byte with SYN (2), ACK (16), …; 0: no TCP */
};

#endif
