/*
 * packet_captured.h: packets that Linux 6.18 sent over a veth pair without
 * offloads, from 10.0.0.1 and fd00::1 to 10.0.0.2 and fd00::2, as tcpdump wrote
 * them down: what is right whatever we believe.
 */
#ifndef PACKET_CAPTURED_H
#define PACKET_CAPTURED_H

#include "packet.h"

#include <stdio.h>

/* Who has 10.0.0.2? */
#define CAPTURED_ARP                                           \
    "ffffffffffff02000000000108060001080006040001020000000001" \
    "0a0000010000000000000a000002"
/* SYN, with five options. */
#define CAPTURED_SYN                                                     \
    "02000000000202000000000108004500003cf2fd4000400633bc0a0000010a0000" \
    "029c4000072322665b00000000a002faf07bfd0000020405b40402080a7fbf1788" \
    "000000000103030a"
/* "hello" */
#define CAPTURED_UDP                                                     \
    "0200000000020200000000010800450000214abc40004011dc0d0a0000010a0000" \
    "029c400007000d0bb868656c6c6f"
/* Port unreachable, with the packet that was sent there. */
#define CAPTURED_ICMP                                                    \
    "020000000001020000000002080045c0003ed1500000400194ac0a0000020a0000" \
    "010303111f0000000045000022e8c1400040113e070a0000010a0000029c410009" \
    "000e1a2d6e6f626f6479"
/* "hello" */
#define CAPTURED_TCP_V6                                                  \
    "02000000000202000000000186dd600cd8d600250640fd00000000000000000000" \
    "0000000001fd0000000000000000000000000000029c400007f16edfd5a2f5fa6a" \
    "801800407bb200000101080aa8d8e54b376bec6a68656c6c6f"
/* "hello" */
#define CAPTURED_UDP_V6                                                  \
    "02000000000202000000000186dd600c40ab000d1140fd00000000000000000000" \
    "0000000001fd0000000000000000000000000000029c400007000d25b668656c6c" \
    "6f"
/* Port unreachable. */
#define CAPTURED_ICMP_V6                                                 \
    "02000000000102000000000286dd6004890d003e3a40fd00000000000000000000" \
    "0000000002fd0000000000000000000000000000010104bf3f00000000600cd403" \
    "000e1140fd000000000000000000000000000001fd000000000000000000000000" \
    "0000029c410009000e342b6e6f626f6479"
/* A report of multicast listeners, behind a hop-by-hop header. */
#define CAPTURED_EXTENSION                                               \
    "33330000001602000000000286dd6000000000240001fe80000000000000000000" \
    "fffe000002ff0200000000000000000000000000163a000502000001008f007205" \
    "0000000104000000ff0200000000000000000001ff000002"

static inline void captured(struct packet *p, const char *text)
{
    unsigned byte;

    for (p->len = 0; sscanf(text + 2 * p->len, "%2x", &byte) == 1; p->len++)
        p->bytes[p->len] = (unsigned char)byte;
}

#endif
