/*
 * service_text.h: services and addresses as people write them:
 * "10.0.0.80:7/tcp",
 * "[fd00::80]:53/udp", "10.0.0.11". Given.
 */
#ifndef SERVICE_TEXT_H
#define SERVICE_TEXT_H

#include "balancer_maps.h"

#define SERVICE_TEXT_BYTES 64 /* either, as text, with room */

/*
 * Read an address.
 *   text      borrowed for the call
 *   address   out
 * Returns its version, 4 or 6.
 * Errors: -EINVAL it is none.
 */
int address_read(const char *text, struct packet_address *address);

/* Write one. Returns text. */
const char *address_write(int version, const struct packet_address *address,
                          char text[SERVICE_TEXT_BYTES]);

/*
 * Read a service: ADDRESS:PORT/PROTOCOL, an IPv6 address in brackets.
 *   text      borrowed for the call
 *   service   out
 * Returns 0.
 * Errors: -EINVAL it is none.
 */
int service_read(const char *text, struct service_key *service);

/* Write one. Returns text. */
const char *service_write(const struct service_key *service,
                          char text[SERVICE_TEXT_BYTES]);

#endif
