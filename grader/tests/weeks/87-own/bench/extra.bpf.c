/* extra.bpf.c: a program for the kernel that belongs to the bench alone. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

const volatile int more = 1;

SEC("xdp")
int extra(struct xdp_md *context)
{
    (void)context;
    return more;
}

char LICENSE[] SEC("license") = "GPL";
