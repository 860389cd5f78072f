/*
 * flow.h: what makes packets belong together, and the contract of two headers
 * that you write. Both are compiled by clang for the kernel and by gcc for the
 * tests of steps 1 and 3, so they call nothing and loop only so far as can be
 * counted beforehand.
 *
 * flow_hash.h, step 1:
 *
 *     static __always_inline __u64 flow_hash(const struct flow *flow,
 *                                            __u64 seed);
 *
 *   A number for the flow. Equal flows have equal numbers, under the same seed;
 *   it depends on every bit of the addresses, ports and protocol, and of the
 *   seed, and on nothing else. Each bit of it is as good as any other: both
 *   where one bit of the flow differs, and where flows are numbered through, as
 *   in a port scan, half of the bits change.
 *   Source: handout step 1.
 *
 * checksum.h, step 3 (RFC 1071, RFC 1624): no packet is summed up anew, a
 * checksum is brought after what changed. Checksums and words are as they stand
 * in the packet, in network byte order; the sum does not mind.
 *
 *     static __always_inline __u16 checksum_replace16(__u16 checksum,
 *                                                     __u16 before,
 *                                                     __u16 after);
 *     static __always_inline __u16 checksum_replace32(__u16 checksum,
 *                                                     __u32 before,
 *                                                     __u32 after);
 *     static __always_inline __u16
 *     checksum_replace_address(__u16 checksum,
 *                              const struct packet_address *before,
 *                              const struct packet_address *after);
 *
 *   The checksum of a packet in which a 16-bit word, a 32-bit word or an
 *   address (of IPv4: the zeroes behind it change nothing) was `before` and is
 *   now `after`. What comes out is what summing up anew gives, bit by bit, also
 *   where that is 0x0000 or 0xffff, if some word of the packet is not zero.
 *
 *     static __always_inline __u16
 *     checksum_replace_udp(__u16 checksum,
 *                          const struct packet_address *before,
 *                          const struct packet_address *after);
 *
 *   The same for a UDP packet's: 0 means that nobody computed it, and stays 0;
 *   one that comes out as 0 is sent as 0xffff. RFC 768.
 */
#ifndef FLOW_H
#define FLOW_H

#include "packet_headers.h"

/* From where to where. Every byte has a name, so that it can be a key. */
struct flow {
    struct packet_address source, destination;
    __be16 source_port, destination_port;
    __u8 protocol;
    __u8 unused[3]; /* 0 */
};

#endif
