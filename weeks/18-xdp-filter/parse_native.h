/*
 * parse_native.h: parse.h as a function of an ordinary process, for the tests
 * of steps 3 and 8. Given.
 */
#ifndef PARSE_NATIVE_H
#define PARSE_NATIVE_H

#include "packet_headers.h"

#include <stddef.h>

/* packet_parse() of the len bytes at data. */
int parse_native(const void *data, size_t len, struct packet_headers *headers);

#endif
