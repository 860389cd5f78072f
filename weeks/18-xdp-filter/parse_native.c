/*
 * parse_native.c: see parse_native.h.
 */
#include "parse_native.h"

#include <parse.h>

int parse_native(const void *data, size_t len, struct packet_headers *headers)
{
    return packet_parse(data, (const char *)data + len, headers);
}
