/* bpf_test_long.bpf.c: for bpf_test.c: drops packets of more than 100 bytes,
 * counts each, and takes the first four bytes off those that begin with 0xff.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} seen SEC(".maps");

SEC("xdp")
int drop_long(struct xdp_md *context)
{
    unsigned char *data = (void *)(long)context->data;
    unsigned char *data_end = (void *)(long)context->data_end;
    __u32 only = 0;
    __u64 *count = bpf_map_lookup_elem(&seen, &only);

    if (!count || data + 1 > data_end)
        return XDP_ABORTED;
    *count += 1;
    if (data_end - data > 100)
        return XDP_DROP;
    if (data[0] == 0xff && bpf_xdp_adjust_head(context, 4) == 0)
        return XDP_TX;
    return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
