/* bpf_test_refused.bpf.c: for bpf_test.c: the verifier refuses it. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int read_unchecked(struct xdp_md *context)
{
    unsigned char *data = (void *)(long)context->data;

    return data[12] == 8 ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
