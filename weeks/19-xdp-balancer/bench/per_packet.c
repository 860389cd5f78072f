/*
 * per_packet.c: nanoseconds a packet, by BPF_PROG_TEST_RUN through the driver
 * (driver.bpf.c).
 *
 *     figure = driver and program - driver and drop + drop alone
 *
 * each the middle of many batches, taken in turns. The first difference is what
 * the program costs more than one that does nothing; the cost of running a
 * program at all, BPF_PROG_TEST_RUN's included, is added once, as it would be
 * in a measurement without a driver. So `bounce` agrees with one of it alone
 * (the subject bounce-alone, to look for oneself).
 *
 * A batch's time is the kernel's: a call takes some 25 ms before its first
 * packet, for the kernel to bring its dispatcher up to date.
 */
#include "xdp_bench.h"

#include "driver.skel.h"
#include "packets.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 200000 /* packets: some milliseconds */
#define BATCHES_MAX 4000
#define FRAME_BYTES 80
#define FLOWS 1024 /* of scenes that say no other number */

/* What flows there are, and what they say. */
struct packets {
    __u32 flows; /* 0: 2^32 */
    __u8 version, flags;
    bool returning;
    __u32 connections; /* of the balancer */
    bool known;        /* they are before it is measured */
};

/* ---- The frame, which the driver fills ---- */

static __u32 make_frame(int version, __u8 frame[FRAME_BYTES])
{
    struct ethhdr *eth = (struct ethhdr *)frame;
    struct iphdr *v4 = (struct iphdr *)(eth + 1);
    struct ipv6hdr *v6 = (struct ipv6hdr *)(eth + 1);
    struct tcphdr *tcp;

    memset(frame, 0, FRAME_BYTES);
    memcpy(eth->h_dest, "\2\0\0\0\0\1", 6);
    memcpy(eth->h_source, "\2\0\0\0\2\0", 6);
    if (version == 4) {
        eth->h_proto = htons(ETH_P_IP);
        *v4 = (struct iphdr){.version = 4,
                             .ihl = 5,
                             .tot_len = htons(50),
                             .protocol = IPPROTO_TCP};
        tcp = (struct tcphdr *)(v4 + 1);
        tcp->doff = 5;
        return 64;
    }
    eth->h_proto = htons(ETH_P_IPV6);
    *v6 = (struct ipv6hdr){.version = 6,
                           .nexthdr = IPPROTO_TCP,
                           .payload_len = htons(sizeof *tcp)};
    tcp = (struct tcphdr *)(v6 + 1);
    tcp->doff = 5;
    return sizeof *eth + sizeof *v6 + sizeof *tcp;
}

/* ---- Batches ---- */

struct bench_run {
    struct driver *driver;
    __u8 frame[FRAME_BYTES];
    __u32 frame_len;
};

/* Nanoseconds a packet, of each batch. */
struct batches {
    double ns[BATCHES_MAX];
    int count;
};

/* Run a program on so many packets. Errors: -EBADMSG it answers by another
 * action. */
static int run_batch(const struct bench_run *run, int program, int packets,
                     __u32 action, struct batches *batches)
{
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = run->frame,
                .data_size_in = run->frame_len, .repeat = packets);
    int err = bpf_prog_test_run_opts(program, &options);

    if (err < 0)
        return err;
    if (options.retval != action)
        return -EBADMSG;
    batches->ns[batches->count++] = options.duration;
    return 0;
}

static int drive_batch(const struct bench_run *run, int program, int packets,
                       __u32 action, struct batches *batches)
{
    __u32 first = 0;
    int err = bpf_map_update_elem(bpf_map__fd(run->driver->maps.measured),
                                  &first, &program, BPF_ANY);

    return err < 0 ? err
                   : run_batch(run, bpf_program__fd(run->driver->progs.drive),
                               packets, action, batches);
}

static int compare(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;

    return (a > b) - (a < b);
}

/* The mean of the middle half: the kernel tells whole nanoseconds, and a median
 * would too. */
static double middle(struct batches *batches)
{
    int from = batches->count / 4, to = batches->count - from;
    double sum = 0;

    qsort(batches->ns, (size_t)batches->count, sizeof(double), compare);
    for (int i = from; i < to; i++)
        sum += batches->ns[i];
    return sum / (to - from);
}

static bool goes_on(const struct batches *batches, int64_t deadline)
{
    return batches->count == 0 ||
           (measure_now() < deadline && batches->count < BATCHES_MAX);
}

static int64_t deadline_of(const struct measure *m)
{
    return measure_now() + (int64_t)(m->seconds * 1e9);
}

static int measure_program(struct measure *m, const struct bench_run *run,
                           int program, double *ns)
{
    static struct batches alone, empty, full;
    int nothing = bpf_program__fd(run->driver->progs.nothing);
    int64_t deadline = deadline_of(m);
    int err = 0;

    measure_begin(m);
    while (err == 0 && goes_on(&full, deadline)) {
        err = run_batch(run, nothing, BATCH, XDP_DROP, &alone);
        if (err == 0)
            err = drive_batch(run, nothing, BATCH, XDP_DROP, &empty);
        if (err == 0)
            err = drive_batch(run, program, BATCH, XDP_TX, &full);
    }
    measure_end(m);
    if (err == 0)
        *ns = middle(&full) - middle(&empty) + middle(&alone);
    return err;
}

/* ---- Subjects ---- */

static int open_driver(struct bench_run *run, const struct packets *packets)
{
    run->driver = driver__open();
    if (run->driver == NULL)
        return -errno;
    run->driver->rodata->flows = packets->flows;
    run->driver->rodata->version = packets->version;
    run->driver->rodata->tcp_flags = packets->flags;
    run->driver->rodata->returning = packets->returning;
    run->frame_len = make_frame(packets->version, run->frame);
    return driver__load(run->driver);
}

static int measure_balancer(struct measure *m, const struct bench_run *run,
                            const struct packets *packets, double *ns)
{
    static struct batches unused;
    struct xdp_balancer *balancer;
    int err = bench_balancer_open(packets->connections, &balancer);

    if (err < 0)
        return err;
    int program = xdp_balancer_program(balancer);
    /* Three rounds of the flows, so spread, meet each at least once. */
    if (packets->known)
        err = drive_batch(run, program, (int)(3 * packets->flows), XDP_TX,
                          &unused);
    if (err == 0)
        err = measure_program(m, run, program, ns);
    xdp_balancer_close(balancer);
    return err;
}

static int measure_bounce_alone(struct measure *m, const struct bench_run *run,
                                double *ns)
{
    static struct batches alone;
    int program = bpf_program__fd(run->driver->progs.bounce);
    int64_t deadline = deadline_of(m);
    int err = 0;

    measure_begin(m);
    while (err == 0 && goes_on(&alone, deadline))
        err = run_batch(run, program, BATCH, XDP_TX, &alone);
    measure_end(m);
    if (err == 0)
        *ns = middle(&alone);
    return err;
}

/* What the misses of one lookup in a table for a million connections cost. */
static int measure_lookup(struct measure *m, const struct bench_run *run,
                          double *ns)
{
    static struct batches near, far;
    int program = bpf_program__fd(run->driver->progs.lookup);
    int64_t deadline = deadline_of(m);
    int err = 0;

    measure_begin(m);
    while (err == 0 && goes_on(&far, deadline)) {
        run->driver->bss->place_mask = 0;
        err = drive_batch(run, program, BATCH, XDP_DROP, &near);
        run->driver->bss->place_mask = PLACES - 1;
        if (err == 0)
            err = drive_batch(run, program, BATCH, XDP_DROP, &far);
    }
    measure_end(m);
    if (err == 0)
        *ns = middle(&far) - middle(&near);
    return err;
}

static int measure_subject(struct measure *m, const struct bench_run *run,
                           const struct packets *packets, double *ns)
{
    if (measure_is(m, "bounce"))
        return measure_program(m, run,
                               bpf_program__fd(run->driver->progs.bounce), ns);
    if (measure_is(m, "bounce-alone"))
        return measure_bounce_alone(m, run, ns);
    if (measure_is(m, "lookup"))
        return measure_lookup(m, run, ns);
    return measure_balancer(m, run, packets, ns);
}

/* The bounce knows no flows; the lookup stands for a table of a million. */
static bool takes_part(const struct measure *m, const struct packets *packets)
{
    if (measure_is(m, "bounce") || measure_is(m, "bounce-alone"))
        return packets->known;
    if (measure_is(m, "lookup"))
        return packets->connections > BENCH_CONNECTIONS;
    return measure_is(m, "");
}

static int per_packet(struct measure *m, const struct packets *packets)
{
    struct bench_run run = {0};
    double ns = 0;

    if (!takes_part(m, packets))
        return measure_apart();
    if (!bench_is_root())
        return measure_cannot("loading programs into the kernel needs root",
                              BENCH_AS_ROOT);
    int err = open_driver(&run, packets);
    if (err == 0)
        err = measure_subject(m, &run, packets, &ns);
    driver__destroy(run.driver);
    if (err == -EBADMSG)
        return measure_failed("the program does not send the packet on", 0);
    return err < 0 ? measure_failed("per_packet", err) : measure_value(m, ns);
}

/* ---- The scenes ---- */

int per_packet_existing_v4(struct measure *m)
{
    return per_packet(m, &(struct packets){.flows = FLOWS,
                                           .version = 4,
                                           .flags = PACKETS_ACK,
                                           .connections = BENCH_CONNECTIONS,
                                           .known = true});
}

int per_packet_existing_v6(struct measure *m)
{
    return per_packet(m, &(struct packets){.flows = FLOWS,
                                           .version = 6,
                                           .flags = PACKETS_ACK,
                                           .connections = BENCH_CONNECTIONS,
                                           .known = true});
}

int per_packet_existing_1m(struct measure *m)
{
    return per_packet(m, &(struct packets){.flows = 1000000,
                                           .version = 4,
                                           .flags = PACKETS_ACK,
                                           .connections = 1000000,
                                           .known = true});
}

int per_packet_new_v4(struct measure *m)
{
    return per_packet(m, &(struct packets){.flows = FLOWS,
                                           .version = 4,
                                           .flags = PACKETS_SYN,
                                           .connections = BENCH_CONNECTIONS});
}

int per_packet_new_v6(struct measure *m)
{
    return per_packet(m, &(struct packets){.flows = FLOWS,
                                           .version = 6,
                                           .flags = PACKETS_SYN,
                                           .connections = BENCH_CONNECTIONS});
}

int per_packet_remember(struct measure *m)
{
    return per_packet(m, &(struct packets){.flows = 0,
                                           .version = 4,
                                           .flags = PACKETS_ACK,
                                           .connections = BENCH_CONNECTIONS});
}

int per_packet_syn_flood(struct measure *m)
{
    return per_packet(m, &(struct packets){.flows = 0,
                                           .version = 4,
                                           .flags = PACKETS_SYN,
                                           .connections = BENCH_CONNECTIONS});
}

int per_packet_return_v4(struct measure *m)
{
    return per_packet(m, &(struct packets){.flows = PACKETS_BACKENDS,
                                           .version = 4,
                                           .flags = PACKETS_ACK,
                                           .returning = true,
                                           .connections = BENCH_CONNECTIONS});
}
