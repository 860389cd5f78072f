/* bpf_test_map.bpf.c: for bpf_test.c: no kernel makes this map. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 0);
    __type(key, __u32);
    __type(value, __u64);
} empty SEC(".maps");

SEC("xdp")
int look(struct xdp_md *context)
{
    __u32 only = context->rx_queue_index;

    return bpf_map_lookup_elem(&empty, &only) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
