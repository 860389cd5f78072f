/* made-up.bpf.c: the solution. */
#include "verdict.h"

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int made_up(struct xdp_md *context)
{
    void *data = (void *)(long)context->data;
    void *data_end = (void *)(long)context->data_end;

    return verdict_is_dropped(data_end - data) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
