/*
 * forward_veth.c: packets a second that go over a wire and come back.
 *
 *     sender: live frames of BPF_PROG_TEST_RUN, out of near
 *         near ------ veth ------> far: the program that is measured
 *         near <----- XDP_TX ----- far
 *     near: `count` drops and counts
 *
 * All of it, the sender too, is done by one processor, in one network namespace
 * that ends with this process. XDP_TX on veth arrives only where the other end
 * has a program as well: count is one.
 */
#include "xdp_bench.h"

#include "driver.skel.h"
#include "packets.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define FLOWS 1024
#define WARM_UP 1000000 /* packets */

struct wire {
    struct driver *driver;
    struct xdp_balancer *balancer; /* NULL where it is not measured */
    int near;
};

static int lay_wire(struct wire *wire)
{
    if (unshare(CLONE_NEWNET) < 0)
        return -errno;
    if (system("PATH=$PATH:/usr/sbin:/sbin;"
               "ip link add near type veth peer name far &&"
               "ip link set near up && ip link set far up") != 0)
        return -ENODEV;
    wire->near = (int)if_nametoindex("near");
    return 0;
}

static int attach(struct wire *wire, const struct measure *m)
{
    int err =
        bpf_xdp_attach(wire->near, bpf_program__fd(wire->driver->progs.count),
                       XDP_FLAGS_DRV_MODE, NULL);

    if (err < 0)
        return err;
    if (measure_is(m, "bounce"))
        return bpf_xdp_attach((int)if_nametoindex("far"),
                              bpf_program__fd(wire->driver->progs.bounce),
                              XDP_FLAGS_DRV_MODE, NULL);
    err = bench_balancer_open(BENCH_CONNECTIONS, &wire->balancer);
    return err < 0 ? err : xdp_balancer_attach(wire->balancer, "far");
}

static int open_wire(struct wire *wire, const struct measure *m)
{
    wire->driver = driver__open();
    if (wire->driver == NULL)
        return -errno;
    wire->driver->rodata->flows = FLOWS;
    int err = driver__load(wire->driver);
    if (err == 0)
        err = lay_wire(wire);
    return err < 0 ? err : attach(wire, m);
}

static int send_batch(const struct wire *wire, int packets)
{
    static __u8 frame[64];
    struct xdp_md context = {.data_end = sizeof frame,
                             .ingress_ifindex = (__u32)wire->near};
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame,
                .data_size_in = sizeof frame, .ctx_in = &context,
                .ctx_size_in = sizeof context, .repeat = packets,
                .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
    struct ethhdr *eth = (struct ethhdr *)frame;
    struct iphdr *ip = (struct iphdr *)(eth + 1);
    struct tcphdr *tcp = (struct tcphdr *)(ip + 1);

    memcpy(eth->h_dest, "\2\0\0\0\0\1", 6);
    memcpy(eth->h_source, "\2\0\0\0\2\0", 6);
    eth->h_proto = htons(ETH_P_IP);
    *ip = (struct iphdr){
        .version = 4, .ihl = 5, .tot_len = htons(50), .protocol = IPPROTO_TCP};
    tcp->doff = 5;
    return bpf_prog_test_run_opts(bpf_program__fd(wire->driver->progs.send),
                                  &options);
}

struct sent {
    double seconds;
    __u64 counted; /* that came back */
};

static int send_and_count(const struct wire *wire, int packets,
                          struct sent *sent)
{
    const volatile __u64 *counted = &wire->driver->bss->counted;
    __u64 before = *counted;
    int64_t began = measure_now();
    int err = send_batch(wire, packets);

    sent->seconds = (double)(measure_now() - began) / 1e9;
    sent->counted = *counted - before;
    return err;
}

/* One long call. What a call takes apart from its packets, some 25 ms, falls
 * out by a short one. */
static int measure_rate(struct measure *m, const struct wire *wire,
                        double *rate)
{
    struct sent warm, few, many;
    int err = send_and_count(wire, WARM_UP, &warm);

    if (err < 0)
        return err;
    if (warm.counted == 0)
        return -ENODATA;
    measure_begin(m);
    err = send_and_count(wire, 64, &few);
    if (err == 0)
        err = send_and_count(wire, (int)(WARM_UP * m->seconds / warm.seconds),
                             &many);
    measure_end(m);
    if (err == 0)
        *rate =
            (double)(many.counted - few.counted) / (many.seconds - few.seconds);
    return err;
}

int forward_veth(struct measure *m)
{
    struct wire wire = {0};
    double rate = 0;

    if (!measure_is(m, "") && !measure_is(m, "bounce"))
        return measure_apart();
    if (!bench_is_root())
        return measure_cannot("network namespaces need root", BENCH_AS_ROOT);
    int err = open_wire(&wire, m);
    if (err == 0)
        err = measure_rate(m, &wire, &rate);
    xdp_balancer_close(wire.balancer);
    driver__destroy(wire.driver);
    if (err == -ENODATA)
        return measure_failed("no packet comes back", 0);
    return err < 0 ? measure_failed("forward_veth", err)
                   : measure_value(m, rate);
}
