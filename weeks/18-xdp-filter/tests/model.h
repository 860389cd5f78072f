/*
 * model.h: the plain parser of the tests: what packet_headers.h asks, byte by
 * byte. It knows no header's struct, so that it shares no mistake with them.
 */
#ifndef MODEL_H
#define MODEL_H

#include "packet_headers.h"

#include <stdbool.h>
#include <stddef.h>

struct model {
    bool broken;
    /* It has what only step 8 asks to be followed. */
    bool extended;
    /* The contract says nothing of it: a second fragment header, an
     * authentication header too short for its fields. */
    bool open;
    struct packet_headers headers;
};

/*
 * Parse.
 *   extensions   follow what step 8 asks to be followed
 */
void model_parse(struct model *model, const unsigned char *bytes, size_t len,
                 bool extensions);

#endif
