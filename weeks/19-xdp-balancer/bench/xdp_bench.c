/*
 * xdp_bench.c: what `grade bench 19` measures.
 *
 *     per_packet.c    nanoseconds a packet, by BPF_PROG_TEST_RUN
 *     forward_veth.c  packets a second over a veth pair, on one processor
 *     connect.c       real connections, beside proxies
 *     size.c          the program's own size
 */
#include "xdp_bench.h"

#include "packets.h"

#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- The balancer under test ---- */

static struct packet_address address_of(int version, __u32 v4, __u32 v6)
{
    struct packet_address address = {0};

    if (version == 4) {
        address.words[0] = htonl(v4);
    } else {
        address.words[0] = htonl(PACKETS_NETWORK_V6);
        address.words[3] = htonl(v6);
    }
    return address;
}

static int add_backends(struct xdp_balancer *balancer,
                        const struct service_key *service)
{
    int err = 0;

    for (__u32 i = 0; i < PACKETS_BACKENDS && err == 0; i++) {
        struct balancer_backend backend = {
            .address = address_of(service->version, PACKETS_BACKEND_V4 + i,
                                  PACKETS_BACKEND_V6 + i),
            .mac = {2, 0, 0, 0, 1, (__u8)i},
            .weight = 1,
            .state = BACKEND_UP,
        };
        err = xdp_balancer_set_backend(balancer, service, &backend);
    }
    return err;
}

int bench_balancer_open(__u32 connections, struct xdp_balancer **balancer)
{
    const struct balancer_options options = {.seed = 42,
                                             .connections = connections};
    const __u8 gateway[6] = {2, 0, 0, 0, 2, 0};
    int err = xdp_balancer_open(&options, balancer);

    if (err < 0)
        return err;
    err = xdp_balancer_set_gateway(*balancer, gateway);
    for (int version = 4; version <= 6 && err == 0; version += 2) {
        struct service_key service = {
            .address =
                address_of(version, PACKETS_SERVICE_V4, PACKETS_SERVICE_V6),
            .port = htons(PACKETS_PORT),
            .protocol = IPPROTO_TCP,
            .version = (__u8)version,
        };
        err = xdp_balancer_add_service(*balancer, &service, SERVICE_NAT);
        if (err == 0)
            err = add_backends(*balancer, &service);
    }
    if (err < 0)
        xdp_balancer_close(*balancer);
    return err;
}

/* ---- Scenes ---- */

bool bench_is_root(void)
{
    return geteuid() == 0;
}

static const struct measure_scene scenes[] = {
    {"existing-v4", "ns", MEASURE_LESS,
     "a packet of one of 1,024 connections that are known, IPv4",
     per_packet_existing_v4, 1},
    {"existing-v6", "ns", MEASURE_LESS,
     "a packet of one of 1,024 connections that are known, IPv6",
     per_packet_existing_v6, 1},
    {"new-v4", "ns", MEASURE_LESS,
     "the first packet of one of 1,024 new connections, IPv4",
     per_packet_new_v4, 1},
    {"new-v6", "ns", MEASURE_LESS,
     "the first packet of one of 1,024 new connections, IPv6",
     per_packet_new_v6, 1},
    {"existing-1m", "ns", MEASURE_LESS,
     "a packet of one of 1,000,000 connections that are known, IPv4",
     per_packet_existing_1m, 1},
    {"remember", "ns", MEASURE_LESS,
     "the first packet after a SYN, of ever new connections, which is "
     "remembered, IPv4",
     per_packet_remember, 1},
    {"syn-flood", "ns", MEASURE_LESS,
     "a SYN of a source that was never seen, IPv4", per_packet_syn_flood, 1},
    {"return-v4", "ns", MEASURE_LESS,
     "a packet from a backend to a client, IPv4", per_packet_return_v4, 1},
    {"forward-veth", "packets/s", MEASURE_MORE,
     "over a veth pair and back, one processor for the sender too, 1,024 "
     "connections, 64 bytes",
     forward_veth, 1},
    {"connections", "connections/s", MEASURE_MORE,
     "TCP connections with one byte each way, opened and closed: the balancer "
     "has one processor, clients and backends share another",
     connect_rate, 2},
    {"connection-cpu", "us", MEASURE_LESS,
     "of the balancer's processor, all that a connection costs it", connect_cpu,
     2},
    {"size-xlated", "bytes", MEASURE_LESS,
     "the program's instructions behind the verifier", size_xlated, 1},
    {"size-jited", "bytes", MEASURE_LESS, "the program's machine code",
     size_jited, 1},
    {0},
};

int main(int argc, char **argv)
{
    libbpf_set_print(NULL);
    return measure_main(argc, argv, scenes);
}
