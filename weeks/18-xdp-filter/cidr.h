/*
 * cidr.h: networks as people write them: "10.0.0.0/8", "fd00::/8", and without
 * a slash one address, "10.0.0.1". Given.
 */
#ifndef CIDR_H
#define CIDR_H

#include "filter_maps.h"

#include <stddef.h>

#define CIDR_TEXT_BYTES 56 /* a network as text, with room */
#define CIDR_WHY_BYTES 160 /* what is wrong with one, in words */

/*
 * Read a network.
 *   text      borrowed for the call
 *   network   out
 *   why       out, on error: what is wrong, as in "10.0.0.1/8 has bits set
 *             behind the first 8; the network is 10.0.0.0/8"
 * Returns 0.
 * Errors: -EINVAL it is none.
 */
int cidr_parse(const char *text, struct network *network,
               char why[CIDR_WHY_BYTES]);

/* Write one; always with its bits. Returns text. */
const char *cidr_text(const struct network *network,
                      char text[CIDR_TEXT_BYTES]);

#endif
