/*
 * refused.bpf.c: three programs that the verifier refused, mended.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TELNET_PORT 23

/*
 * Drops what goes to TCP port 23 over IPv4, wherever the TCP header begins:
 * behind an IPv4 header of 20 bytes, or of up to 60. Passes everything else,
 * also what is too short to tell. (Fragments are not looked at.)
 */
SEC("xdp")
int checked(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data;
    void *data_end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = data;
    struct iphdr *ip = (void *)(eth + 1);

    if ((void *)(ip + 1) > data_end)
        return XDP_PASS;
    if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_TCP)
        return XDP_PASS;

    struct tcphdr *tcp = (void *)ip + ip->ihl * 4;
    if ((void *)(tcp + 1) > data_end)
        return XDP_PASS;
    return tcp->dest == bpf_htons(TELNET_PORT) ? XDP_DROP : XDP_PASS;
}

/* Sources that are remembered, and the packets that each has sent. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4096);
    __type(key, __be32);
    __type(value, __u32);
} packets SEC(".maps");

#define PACKETS_MAX 3

/*
 * Lets each IPv4 source send three packets, and drops what it sends after
 * these. Passes everything that is not IPv4.
 */
SEC("xdp")
int nullable(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data;
    void *data_end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = data;
    struct iphdr *ip = (void *)(eth + 1);

    if ((void *)(ip + 1) > data_end)
        return XDP_PASS;
    if (eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;

    __be32 source = ip->saddr;
    __u32 *seen = bpf_map_lookup_elem(&packets, &source);
    if (seen == NULL) {
        const __u32 first = 1;
        bpf_map_update_elem(&packets, &source, &first, BPF_NOEXIST);
        return XDP_PASS;
    }
    __sync_fetch_and_add(seen, 1);
    return *seen > PACKETS_MAX ? XDP_DROP : XDP_PASS;
}

/* A tag of IEEE 802.1Q, which stands between the addresses and the type. */
struct vlan_tag {
    __be16 priority_and_id;
    __be16 type;
};

/*
 * Takes the VLAN tag off a packet that has one, and passes it: the same
 * addresses, the type that stood in the tag, and everything behind it. Passes
 * what has no tag as it is.
 */
SEC("xdp")
int moved(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data;
    void *data_end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = data;
    struct vlan_tag *tag = (void *)(eth + 1);

    if ((void *)(tag + 1) > data_end)
        return XDP_PASS;
    if (eth->h_proto != bpf_htons(ETH_P_8021Q))
        return XDP_PASS;

    struct ethhdr untagged = *eth;
    untagged.h_proto = tag->type;

    /* The packet begins four bytes later now. */
    if (bpf_xdp_adjust_head(ctx, sizeof *tag) < 0)
        return XDP_PASS;
    data = (void *)(long)ctx->data;
    data_end = (void *)(long)ctx->data_end;
    eth = data;
    if ((void *)(eth + 1) > data_end)
        return XDP_DROP; /* cannot be: it was longer than a tag by this much */
    *eth = untagged;
    return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
