/*
 * flow_native.h: flow_hash.h and checksum.h as functions of an ordinary
 * process, for the tests of steps 1 and 3. Given.
 */
#ifndef FLOW_NATIVE_H
#define FLOW_NATIVE_H

#include "flow.h"

__u64 flow_native_hash(const struct flow *flow, __u64 seed);

__u16 flow_native_replace16(__u16 checksum, __u16 before, __u16 after);
__u16 flow_native_replace32(__u16 checksum, __u32 before, __u32 after);
__u16 flow_native_replace_address(__u16 checksum,
                                  const struct packet_address *before,
                                  const struct packet_address *after);
__u16 flow_native_replace_udp(__u16 checksum,
                              const struct packet_address *before,
                              const struct packet_address *after);

#endif
