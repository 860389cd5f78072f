/* own.bpf.c: the starter. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

const volatile int steps = 0;

SEC("xdp")
int own(struct xdp_md *context)
{
    (void)context;
    return steps;
}

char LICENSE[] SEC("license") = "GPL";
