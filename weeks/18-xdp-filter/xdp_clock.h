/*
 * xdp_clock.h: what time it is, inside an XDP program. Given.
 *
 * bpf_ktime_get_ns() can't be set by a test, so a map of one entry stands
 * before it: while that is 0, and it is 0 unless a test writes into it, the
 * kernel's clock is asked.
 */
#ifndef XDP_CLOCK_H
#define XDP_CLOCK_H

#include <linux/bpf.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} xdp_clock SEC(".maps");

/* Nanoseconds since some moment. It never goes back on one processor; between
 * two it may differ by a little. */
static __always_inline __u64 xdp_now(void)
{
    __u32 only = 0;
    __u64 *set = bpf_map_lookup_elem(&xdp_clock, &only);
    return set != NULL && *set != 0 ? *set : bpf_ktime_get_ns();
}

#endif
