/*
 * flow_native.c: see flow_native.h.
 */
#include "flow_native.h"

#include <checksum.h>
#include <flow_hash.h>

__u64 flow_native_hash(const struct flow *flow, __u64 seed)
{
    return flow_hash(flow, seed);
}

__u16 flow_native_replace16(__u16 checksum, __u16 before, __u16 after)
{
    return checksum_replace16(checksum, before, after);
}

__u16 flow_native_replace32(__u16 checksum, __u32 before, __u32 after)
{
    return checksum_replace32(checksum, before, after);
}

__u16 flow_native_replace_address(__u16 checksum,
                                  const struct packet_address *before,
                                  const struct packet_address *after)
{
    return checksum_replace_address(checksum, before, after);
}

__u16 flow_native_replace_udp(__u16 checksum,
                              const struct packet_address *before,
                              const struct packet_address *after)
{
    return checksum_replace_udp(checksum, before, after);
}
