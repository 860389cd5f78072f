/*
 * checksum.h: a checksum brought after what changed in its packet.
 *
 * HC' = ~(~HC + ~m + m'), RFC 1624 equation 3, in one's complement: what
 * overflows 16 bits is added at their other end. The sum of equation 3 is 0
 * only if each of its parts is, and ~HC is not where HC is that of a packet
 * with anything in it; so no 0xffff comes out where summing anew gives 0x0000.
 * (Equation 2, without the complements, gets that wrong: RFC 1624 §3.)
 */
#ifndef CHECKSUM_H
#define CHECKSUM_H

#include "packet_headers.h"

/* What overflows 16 bits comes in at the other end, until nothing does. */
static __always_inline __u16 checksum_fold(__u64 sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (__u16)sum;
}

static __always_inline __u16 checksum_replace16(__u16 checksum, __u16 before,
                                                __u16 after)
{
    __u64 sum = (__u16)~checksum;
    sum += (__u16)~before;
    sum += after;
    return (__u16)~checksum_fold(sum);
}

/* A word of 32 bits is two of 16, and the sum does not mind which goes where.
 */
static __always_inline __u16 checksum_replace32(__u16 checksum, __u32 before,
                                                __u32 after)
{
    __u64 sum = (__u16)~checksum;
    sum += (__u32)~before;
    sum += after;
    return (__u16)~checksum_fold(sum);
}

static __always_inline __u16
checksum_replace_address(__u16 checksum, const struct packet_address *before,
                         const struct packet_address *after)
{
    __u32 old[4], new[4];
    __u64 sum = (__u16)~checksum;
    __builtin_memcpy(old, before, sizeof old);
    __builtin_memcpy(new, after, sizeof new);
    for (int i = 0; i < 4; i++) {
        sum += (__u32)~old[i];
        sum += new[i];
    }
    return (__u16)~checksum_fold(sum);
}

/* RFC 768: 0 says that there is no checksum, so a real 0 is sent as its other
 * representation. */
static __always_inline __u16
checksum_replace_udp(__u16 checksum, const struct packet_address *before,
                     const struct packet_address *after)
{
    if (checksum == 0)
        return 0;
    __u16 replaced = checksum_replace_address(checksum, before, after);
    return replaced != 0 ? replaced : 0xffff;
}

#endif
