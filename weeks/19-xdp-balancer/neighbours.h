/*
 * neighbours.h: which MAC an address has, as the kernel knows it. Given.
 */
#ifndef NEIGHBOURS_H
#define NEIGHBOURS_H

#include "packet_headers.h"

/*
 * Look it up in the kernel's table of neighbours.
 *   interface   by index
 *   version     of the address: 4 or 6
 *   mac         out
 * Returns 0.
 * Errors: -ENOENT the kernel does not know it, or does not yet:
 * neighbour_ask(); those of socket(2).
 * Source: rtnetlink(7), RTM_GETNEIGH.
 */
int neighbour_find(int interface, int version,
                   const struct packet_address *address, __u8 mac[6]);

/* Have the kernel ask for it (ARP, neighbour discovery), by an empty datagram
 * to its port 9, which drops it (RFC 863). */
void neighbour_ask(int version, const struct packet_address *address);

#endif
