/*
 * parse.h: what the headers of a packet say. Yours: steps 3 and 8. The contract
 * stands in packet_headers.h.
 *
 * It is compiled twice, by clang for the kernel and by gcc for the tests. So
 * no function but static __always_inline ones, and nothing included but headers
 * of the kernel: <linux/…>, <bpf/bpf_endian.h> for bpf_ntohs(), and <stddef.h>
 * for NULL.
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

#include <bpf/bpf_endian.h>

/* Step 3: Ethernet, one VLAN tag, IPv4, IPv6, TCP, UDP. Step 8, a stretch: a
 * second tag, and IPv6 extension headers. */
static __always_inline int packet_parse(const void *data, const void *data_end,
                                        struct packet_headers *headers)
{
    (void)data;
    (void)data_end;
    (void)headers;
    return -ENOSYS;
}

#endif
