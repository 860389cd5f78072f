/*
 * netns_xdp.c: XDP programs on the interfaces of hosts.
 */
#include "netns_internal.h"

#include <bpf/bpf.h>

#include <linux/if_link.h>

/* `r0 = XDP_PASS; exit` */
static int load_pass(void)
{
    static const struct bpf_insn code[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS},
        {.code = BPF_JMP | BPF_EXIT},
    };
    return bpf_prog_load(BPF_PROG_TYPE_XDP, "netns_pass", "GPL", code,
                         sizeof code / sizeof *code, NULL);
}

void netns_pass_at(struct lab_where where, struct netns *net,
                   struct netns_end end)
{
    int err;

    if (net->pass < 0)
        net->pass = load_pass();
    if (net->pass < 0)
        lab_fail_at(where, "no XDP program can be loaded: -%s",
                    lab_errno_text(net->pass));
    netns_enter_at(where, net, end.host);
    err = bpf_xdp_attach((int)if_nametoindex(end.interface), net->pass,
                         XDP_FLAGS_DRV_MODE, NULL);
    netns_leave(net);
    if (err < 0)
        lab_fail_at(where, "%s of '%s' takes no XDP program: -%s",
                    end.interface, end.host, lab_errno_text(err));
}

const char *netns_xdp_mode(struct netns *net, const char *host,
                           const char *interface)
{
    LIBBPF_OPTS(bpf_xdp_query_opts, query);
    int err;

    netns_enter_at(LAB_HERE, net, host);
    err = bpf_xdp_query((int)if_nametoindex(interface), 0, &query);
    netns_leave(net);
    if (err < 0)
        lab_fail_at(LAB_HERE, "%s of '%s': -%s", interface, host,
                    lab_errno_text(err));
    switch (query.attach_mode) {
    case XDP_ATTACHED_DRV:
        return "native";
    case XDP_ATTACHED_SKB:
        return "generic";
    case XDP_ATTACHED_NONE:
        return "not at all";
    default:
        return "in several ways";
    }
}
