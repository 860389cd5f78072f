/* own.bpf.c: the reference. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#ifdef PLAIN
const volatile int steps = 60;
#else
const volatile int steps = 30;
#endif

SEC("xdp")
int own(struct xdp_md *context)
{
    (void)context;
    return steps;
}

char LICENSE[] SEC("license") = "GPL";
