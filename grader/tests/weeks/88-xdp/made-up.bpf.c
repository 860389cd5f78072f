/* made-up.bpf.c: the starter. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int made_up(struct xdp_md *context)
{
    (void)context;
    return XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
