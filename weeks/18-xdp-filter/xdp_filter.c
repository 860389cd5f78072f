/*
 * xdp_filter.c: the side of the filter that is a process: it brings
 * filter.bpf.c's program into the kernel, and reads and writes its maps. Yours:
 * the handout (README.md) leads through it, the contract of each function
 * stands in xdp_filter.h.
 *
 * filter.skel.h is made of filter.bpf.c by `bpftool gen skeleton`; open it, it
 * is short at its top. struct filter has a member for each map and program.
 */
#include "xdp_filter.h"

#include "filter.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What you need to know of a loaded filter. */
struct xdp_filter {
    struct filter *skeleton;
};

/* Step 1. */
int xdp_filter_open(struct xdp_filter **filter)
{
    *filter = NULL;
    return -ENOSYS;
}

/* Step 1. What does it have to undo, and in which order? */
void xdp_filter_close(struct xdp_filter *filter)
{
    (void)filter;
}

/* Step 1. */
int xdp_filter_program(const struct xdp_filter *filter)
{
    (void)filter;
    return -ENOSYS;
}

/* Steps 1 and 6. */
int xdp_filter_attach(struct xdp_filter *filter, const char *interface)
{
    (void)filter;
    (void)interface;
    return -ENOSYS;
}

/* Step 1. */
int xdp_filter_detach(struct xdp_filter *filter)
{
    (void)filter;
    return -ENOSYS;
}

/* Step 4. Each value of a per-CPU map is an array in user space. */
int xdp_filter_traffic(struct xdp_filter *filter, struct traffic_row *rows,
                       size_t max)
{
    (void)filter;
    (void)rows;
    (void)max;
    return -ENOSYS;
}

/* Step 4. */
int xdp_filter_verdicts(struct xdp_filter *filter,
                        __u64 packets[FILTER_VERDICTS])
{
    (void)filter;
    (void)packets;
    return -ENOSYS;
}

/* Step 5. */
int xdp_filter_block(struct xdp_filter *filter, const struct network *network)
{
    (void)filter;
    (void)network;
    return -ENOSYS;
}

/* Step 5. */
int xdp_filter_unblock(struct xdp_filter *filter, const struct network *network)
{
    (void)filter;
    (void)network;
    return -ENOSYS;
}

/* Step 7, a stretch. Leave it as it is until you want it. */
int xdp_filter_limit(struct xdp_filter *filter, __u32 packets_per_second,
                     __u32 burst)
{
    (void)filter;
    (void)packets_per_second;
    (void)burst;
    return -ENOSYS;
}
