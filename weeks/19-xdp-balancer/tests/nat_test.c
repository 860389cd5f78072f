/*
 * nat_test.c: week 19, step 4: in by one address, out by another.
 */
#include "balancer_lab.h"
#include "parse_native.h"
#include "steps.h"

#include <stdio.h>

static const int versions[] = {4, 6};
static const int protocols[] = {IPPROTO_TCP, IPPROTO_UDP};

static const char *vip_of(int version)
{
    return version == 6 ? VIP_V6 : VIP;
}

static struct service_key usual_key(int version, int protocol)
{
    return balancer_lab_key(vip_of(version), PORT, protocol);
}

/* A service of each kind with one backend each, numbers 0 to 3. */
static void add_four(void)
{
    for (int i = 0; i < 4; i++)
        balancer_lab_add(usual_key(versions[i / 2], protocols[i % 2]), i, 1);
}

static int backend_of(int version, int protocol)
{
    return (version == 6) * 2 + (protocol == IPPROTO_UDP);
}

/* ---- One packet ---- */

/* TCP over IPv4, from the client to the VIP: to the backend, byte by byte. */
STEP_TEST(way_in)
{
    struct packet in, out;
    struct shape shape = {.version = 4, .bytes = "GET /", .len = 5};
    struct path to_vip = balancer_lab_in(4, PORT);
    struct path to_backend = balancer_lab_to_backend(4, PORT, 0);

    balancer_lab_add(usual_key(4, IPPROTO_TCP), 0, 1);
    balancer_lab_build(&in, &shape, &to_vip);
    balancer_lab_build(&out, &shape, &to_backend);
    balancer_lab_expect_sent(&in, &out, "a packet to the VIP");
    balancer_lab_expect_verdicts(.forwarded = 1);
}

/* And back, from the backend: the client sees the VIP. */
STEP_TEST(way_back)
{
    struct packet in, out;
    struct shape shape = {.version = 4, .bytes = "200 OK", .len = 6};
    struct path from_backend = balancer_lab_from_backend(4, PORT, 0);
    struct path to_client = balancer_lab_out(4, PORT);

    balancer_lab_add(usual_key(4, IPPROTO_TCP), 0, 1);
    balancer_lab_build(&in, &shape, &from_backend);
    balancer_lab_build(&out, &shape, &to_client);
    balancer_lab_expect_sent(&in, &out, "a packet from the backend");
    balancer_lab_expect_verdicts(.returned = 1);
}

/* ---- All kinds of packets ---- */

static void try_both_ways(const struct shape *shape, const char *what)
{
    struct packet in, out;
    char words[120];
    int index = backend_of(shape->version, shape->protocol);
    struct path to_vip = balancer_lab_in(shape->version, PORT);
    struct path to_backend =
        balancer_lab_to_backend(shape->version, PORT, index);
    struct path from_backend =
        balancer_lab_from_backend(shape->version, PORT, index);
    struct path to_client = balancer_lab_out(shape->version, PORT);

    snprintf(words, sizeof words, "%s, to the VIP", what);
    balancer_lab_build(&in, shape, &to_vip);
    balancer_lab_build(&out, shape, &to_backend);
    balancer_lab_expect_sent(&in, &out, words);
    snprintf(words, sizeof words, "%s, from the backend", what);
    balancer_lab_build(&in, shape, &from_backend);
    balancer_lab_build(&out, shape, &to_client);
    balancer_lab_expect_sent(&in, &out, words);
}

#define LONG_BYTES 1400
static char long_bytes[LONG_BYTES];

/* TCP and UDP over IPv4 and IPv6, with and without a VLAN tag, with nothing in
 * it and with much. */
STEP_TEST(all_kinds_both_ways)
{
    static const size_t lens[] = {0, 1, 512, LONG_BYTES};
    struct lab_random random;
    lab_random_init(&random, 0);
    lab_random_fill(&random, long_bytes, sizeof long_bytes);
    add_four();
    for (int i = 0; i < 32; i++) {
        struct shape shape = {
            .version = versions[i / 16],
            .protocol = protocols[i / 8 % 2],
            .vlan = i / 4 % 2,
            .bytes = long_bytes,
            .len = lens[i % 4],
        };
        char what[80];
        snprintf(what, sizeof what, "%s over IPv%d%s",
                 shape.protocol == IPPROTO_UDP ? "UDP" : "TCP", shape.version,
                 shape.vlan ? " with a VLAN tag" : "");
        try_both_ways(&shape, what);
    }
    balancer_lab_expect_verdicts(.forwarded = 32, .returned = 32);
}

/* IPv4 options make the header longer, and stay. */
STEP_TEST(ipv4_options_stay)
{
    add_four();
    for (int options = 4; options <= 40; options += 12)
        for (int i = 0; i < 2; i++)
            try_both_ways(&(struct shape){.version = 4,
                                          .protocol = protocols[i],
                                          .vlan = options == 16,
                                          .options = options,
                                          .bytes = "hello",
                                          .len = 5},
                          "a packet with IPv4 options");
}

/* What week 18's parser says of its protocol. It wants a frame two bytes behind
 * a multiple of four, where drivers put it. */
static int protocol_told(const struct packet *p)
{
    static _Alignas(4) unsigned char room[2 + PACKET_BYTES_MAX];
    struct packet_headers told;
    memcpy(room + 2, p->bytes, p->len);
    lab_equal(parse_native(room + 2, p->len, &told), 0, "packet_parse()");
    return told.protocol;
}

/* IPv6 extension headers stay as well. Whether week 18's parser follows them is
 * its own matter (step 8 there); what it does not follow is no TCP. */
static void try_extension(int header, int len)
{
    struct packet in, out;
    const char *mac = balancer_lab_mac_text(backend_of(6, IPPROTO_TCP));
    const char *address =
        balancer_lab_backend_text(6, backend_of(6, IPPROTO_TCP));
    struct packet_layer between = extension(.header = header, .len = len);

    packet_build(&in, eth(.from = GATEWAY_MAC, .to = BALANCER_MAC),
                 ipv6(.from = CLIENT_V6, .to = VIP_V6), between,
                 tcp(.to = PORT), payload("hello"));
    packet_build(&out, eth(.from = BALANCER_MAC, .to = mac),
                 ipv6(.from = CLIENT_V6, .to = address, .hop_limit = 63),
                 between, tcp(.to = PORT), payload("hello"));
    if (protocol_told(&in) == IPPROTO_TCP)
        balancer_lab_expect_sent(&in, &out,
                                 "a packet with an extension header");
    else
        balancer_lab_expect_as_it_is(
            &in, XDP_PASS, "a packet that packet_parse() does not follow");
}

STEP_TEST(ipv6_extensions_stay)
{
    static const int headers[] = {0 /* hop-by-hop */, 43 /* routing */,
                                  60 /* destination options */};
    static const int lens[] = {8, 64, 512, 1024, 1800};
    add_four();
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++)
        for (size_t h = 0; h < sizeof headers / sizeof headers[0]; h++)
            try_extension(headers[h], lens[i]);
}

/* TCP's flags are no matter here: also what begins and ends connections. */
STEP_TEST(all_flags)
{
    static const int flags[] = {PACKET_SYN, PACKET_SYN | PACKET_ACK, PACKET_RST,
                                PACKET_FIN | PACKET_ACK,
                                PACKET_PSH | PACKET_ACK};
    add_four();
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        try_both_ways(&(struct shape){.version = 4,
                                      .protocol = IPPROTO_TCP,
                                      .flags = flags[i]},
                      "TCP");
}

/* A UDP checksum of 0 is none, and stays so. */
STEP_TEST(udp_without_a_checksum)
{
    add_four();
    try_both_ways(&(struct shape){.version = 4,
                                  .protocol = IPPROTO_UDP,
                                  .no_checksum = true,
                                  .bytes = "hello",
                                  .len = 5},
                  "UDP without a checksum");
}

/* What was damaged on its way to us must not arrive as if it were whole. */
STEP_TEST(wrong_checksums_stay_wrong)
{
    add_four();
    for (int i = 0; i < 4; i++) {
        struct shape shape = {.version = versions[i / 2],
                              .protocol = protocols[i % 2],
                              .wrong_transport = 1,
                              .bytes = "damaged",
                              .len = 7};
        try_both_ways(&shape, "a wrong checksum of TCP or UDP");
    }
    try_both_ways(&(struct shape){.version = 4,
                                  .protocol = IPPROTO_TCP,
                                  .wrong_ip = 1,
                                  .bytes = "damaged",
                                  .len = 7},
                  "a wrong checksum of IPv4");
}

/* Clients, ports and contents of every kind: the checksums are right. */
STEP_TEST(checksums_of_thousands)
{
    struct lab_random random;
    struct packet in;
    struct bpf_answer answer;
    lab_random_init(&random, 0);
    lab_random_fill(&random, long_bytes, sizeof long_bytes);
    add_four();
    lab_note("5,000 packets of clients that are drawn");
    for (int i = 0; i < 5000; i++) {
        char from[64];
        struct shape shape = {
            .version = versions[i / 2 % 2],
            .protocol = protocols[i % 2],
            .bytes = long_bytes + lab_random_below(&random, 1000),
            .len = lab_random_below(&random, 60),
        };
        struct path path = balancer_lab_in(shape.version, PORT);
        uint64_t draw = lab_random_next(&random);
        snprintf(from, sizeof from,
                 shape.version == 6 ? "%x:%x::%x" : "%u.%u.%u.1",
                 1 + (unsigned)(draw & 127), (unsigned)(draw >> 16 & 255),
                 (unsigned)(draw >> 32 & 255));
        path.from = from;
        path.from_port = 1 + (int)(draw >> 48) % 65535;
        balancer_lab_build(&in, &shape, &path);
        bpf_lab_run_quietly(balancer_program, &in, &answer);
        lab_same_text(bpf_verdict_text(answer.verdict), "XDP_TX",
                      "the verdict on packet %d", i);
        packet_checksums_right(&answer.packet, "a packet to the VIP");
    }
}

/* ---- TTL ---- */

static void try_ttl(int version, int ttl)
{
    struct packet in, out;
    struct shape shape = {.version = version, .protocol = IPPROTO_TCP};
    int index = backend_of(version, IPPROTO_TCP);
    struct path ways[2][2] = {{balancer_lab_in(version, PORT),
                               balancer_lab_to_backend(version, PORT, index)},
                              {balancer_lab_from_backend(version, PORT, index),
                               balancer_lab_out(version, PORT)}};
    for (int i = 0; i < 2; i++) {
        ways[i][0].ttl = ttl;
        ways[i][1].ttl = ttl - 1;
        balancer_lab_build(&in, &shape, &ways[i][0]);
        if (ttl == 1) {
            balancer_lab_expect_as_it_is(&in, XDP_PASS,
                                         "a packet whose hops run out");
            continue;
        }
        balancer_lab_build(&out, &shape, &ways[i][1]);
        balancer_lab_expect_sent(&in, &out, "a packet with hops left");
    }
}

/* One hop less, both ways; at 1 the kernel is to say that it ran out. */
STEP_TEST(hops)
{
    static const int ttls[] = {255, 128, 2, 1};
    add_four();
    for (int i = 0; i < 8; i++)
        try_ttl(versions[i / 4], ttls[i % 4]);
    balancer_lab_expect_verdicts(.forwarded = 6, .returned = 6, .passed = 4);
}

/* At 0 as well. */
STEP_TEST(no_hops)
{
    struct packet in;
    struct shape shape = {.version = 4, .protocol = IPPROTO_TCP};
    struct path path = balancer_lab_in(4, PORT);
    add_four();
    balancer_lab_build(&in, &shape, &path);
    in.bytes[22] = 0; /* IPv4's TTL, behind Ethernet; its checksum is wrong */
    balancer_lab_expect_as_it_is(&in, XDP_PASS, "a packet of TTL 0");
    shape.version = 6;
    path = balancer_lab_in(6, PORT);
    balancer_lab_build(&in, &shape, &path);
    in.bytes[21] = 0;
    balancer_lab_expect_as_it_is(&in, XDP_PASS, "a packet of hop limit 0");
}

/* ---- What is the kernel's ---- */

#define FROM_GATEWAY eth(.from = GATEWAY_MAC, .to = BALANCER_MAC)
#define FROM_BACKEND eth(.from = "02:00:00:01:00:00", .to = BALANCER_MAC)

/* Ping and ARP for the VIP, other ports, other protocols, other addresses. */
STEP_TEST(not_for_a_service)
{
    struct packet p;
    const char *backend = balancer_lab_backend_text(4, 0);

    balancer_lab_add(usual_key(4, IPPROTO_TCP), 0, 1);
    packet_build(&p, FROM_GATEWAY, arp(.from = CLIENT, .to = VIP));
    balancer_lab_expect_as_it_is(&p, XDP_PASS, "ARP for the VIP");
    packet_build(&p, FROM_GATEWAY, ipv4(.from = CLIENT, .to = VIP), icmp());
    balancer_lab_expect_as_it_is(&p, XDP_PASS, "a ping of the VIP");
    packet_build(&p, FROM_GATEWAY, ipv4(.from = CLIENT, .to = VIP),
                 tcp(.to = 22));
    balancer_lab_expect_as_it_is(&p, XDP_PASS,
                                 "a packet to another port of the VIP");
    packet_build(&p, FROM_GATEWAY, ipv4(.from = CLIENT, .to = VIP),
                 tcp(.from = PORT, .to = 8080));
    balancer_lab_expect_as_it_is(&p, XDP_PASS,
                                 "a packet from the service's port to another");
    packet_build(&p, FROM_GATEWAY, ipv4(.from = CLIENT, .to = VIP),
                 udp(.to = PORT));
    balancer_lab_expect_as_it_is(&p, XDP_PASS, "UDP to the port of TCP");
    packet_build(&p, FROM_GATEWAY, ipv4(.from = CLIENT, .to = "10.0.0.81"),
                 tcp(.to = PORT));
    balancer_lab_expect_as_it_is(&p, XDP_PASS, "a packet to another address");
    packet_build(&p, FROM_GATEWAY, ipv4(.from = CLIENT, .to = backend),
                 tcp(.to = PORT));
    balancer_lab_expect_as_it_is(&p, XDP_PASS,
                                 "a packet to the backend's own address");
    packet_build(&p, FROM_GATEWAY, ipv4(.from = VIP, .to = CLIENT),
                 tcp(.from = PORT));
    balancer_lab_expect_as_it_is(&p, XDP_PASS, "a packet from the VIP");
    packet_build(&p, FROM_GATEWAY, ipv6(.from = CLIENT_V6, .to = VIP_V6),
                 tcp(.to = PORT));
    balancer_lab_expect_as_it_is(&p, XDP_PASS, "IPv6, which has no service");
    packet_build(&p, eth(.type = 0x88cc), payload("who is beside me"));
    balancer_lab_expect_as_it_is(&p, XDP_PASS, "what is no IP");
    balancer_lab_expect_verdicts(.passed = 10);
}

/* What a backend sends on its own account. */
STEP_TEST(not_from_a_service)
{
    struct packet p;
    const char *backend = balancer_lab_backend_text(4, 0);

    balancer_lab_add(usual_key(4, IPPROTO_TCP), 0, 1);
    packet_build(&p, FROM_BACKEND, ipv4(.from = backend, .to = CLIENT),
                 tcp(.from = 22));
    balancer_lab_expect_as_it_is(&p, XDP_PASS,
                                 "a packet from another port of the backend");
    packet_build(&p, FROM_BACKEND, ipv4(.from = backend, .to = CLIENT),
                 tcp(.from = 43210, .to = PORT));
    balancer_lab_expect_as_it_is(&p, XDP_PASS,
                                 "a packet of the backend as a client");
    packet_build(&p, FROM_BACKEND, ipv4(.from = backend, .to = CLIENT),
                 udp(.from = PORT));
    balancer_lab_expect_as_it_is(&p, XDP_PASS, "UDP from the port of TCP");
    packet_build(&p, FROM_BACKEND, ipv4(.from = backend, .to = CLIENT), icmp());
    balancer_lab_expect_as_it_is(&p, XDP_PASS, "a ping from the backend");
    packet_build(&p, FROM_BACKEND,
                 ipv4(.from = balancer_lab_backend_text(4, 1), .to = CLIENT),
                 tcp(.from = PORT));
    balancer_lab_expect_as_it_is(&p, XDP_PASS, "a packet of who is no backend");
    balancer_lab_expect_verdicts(.passed = 5);
}

/* ---- What is dropped ---- */

/* Fragments to and from a service; others are the kernel's. */
STEP_TEST(fragments)
{
    struct packet p;
    const char *backend = balancer_lab_backend_text(4, 0);

    balancer_lab_add(usual_key(4, IPPROTO_TCP), 0, 1);
    packet_build(&p, FROM_GATEWAY,
                 ipv4(.from = CLIENT, .to = VIP, .more = true), tcp(.to = PORT),
                 payload("16 bytes of it."));
    balancer_lab_expect_as_it_is(&p, XDP_DROP, "a first fragment to the VIP");
    packet_build(&p, FROM_GATEWAY,
                 ipv4(.from = CLIENT, .to = VIP, .fragment = 1480),
                 tcp(.to = PORT));
    balancer_lab_expect_as_it_is(&p, XDP_DROP, "a later fragment to the VIP");
    packet_build(&p, FROM_BACKEND,
                 ipv4(.from = backend, .to = CLIENT, .more = true),
                 tcp(.from = PORT), payload("16 bytes of it."));
    balancer_lab_expect_as_it_is(&p, XDP_DROP,
                                 "a first fragment from the backend");
    packet_build(&p, FROM_BACKEND,
                 ipv4(.from = backend, .to = CLIENT, .fragment = 1480),
                 tcp(.from = PORT));
    balancer_lab_expect_as_it_is(&p, XDP_DROP,
                                 "a later fragment from the backend");
    packet_build(&p, FROM_GATEWAY,
                 ipv4(.from = CLIENT, .to = VIP, .fragment = 1480),
                 udp(.to = PORT));
    balancer_lab_expect_as_it_is(&p, XDP_PASS,
                                 "a fragment of UDP, which has no service");
    packet_build(&p, FROM_GATEWAY,
                 ipv4(.from = CLIENT, .to = backend, .more = true),
                 tcp(.to = PORT), payload("16 bytes of it."));
    balancer_lab_expect_as_it_is(&p, XDP_PASS,
                                 "a fragment to the backend's own address");
    balancer_lab_expect_verdicts(.fragment = 4, .passed = 2);
}

/* A removed service has no fragments either. */
STEP_TEST(fragments_of_a_removed_service)
{
    struct service_key one = usual_key(4, IPPROTO_TCP);
    struct service_key other = balancer_lab_key(VIP, 81, IPPROTO_TCP);
    struct packet p;

    balancer_lab_add(one, 0, 1);
    balancer_lab_add(other, 1, 1);
    packet_build(&p, FROM_GATEWAY,
                 ipv4(.from = CLIENT, .to = VIP, .fragment = 1480),
                 tcp(.to = PORT));
    lab_note("remove the service at port 80");
    lab_ok(xdp_balancer_remove_service(balancer, &one));
    balancer_lab_expect_as_it_is(&p, XDP_DROP,
                                 "a fragment to the VIP, which has port 81");
    lab_note("remove the service at port 81");
    lab_ok(xdp_balancer_remove_service(balancer, &other));
    balancer_lab_expect_as_it_is(&p, XDP_PASS,
                                 "a fragment to an address "
                                 "without services");
}

/* Nor has a backend that left, by itself or with its service. */
STEP_TEST(fragments_of_a_removed_backend)
{
    struct service_key one = usual_key(4, IPPROTO_TCP);
    struct service_key other = balancer_lab_key(VIP, 81, IPPROTO_TCP);
    struct packet_address address = balancer_lab_backend(4, 0).address;
    struct packet p;

    balancer_lab_add(one, 0, 2);
    balancer_lab_add(other, 0, 1);
    packet_build(&p, FROM_BACKEND,
                 ipv4(.from = balancer_lab_backend_text(4, 0), .to = CLIENT,
                      .fragment = 1480),
                 tcp(.from = PORT));
    lab_note("the backend is removed from the service at port 80");
    lab_ok(xdp_balancer_remove_backend(balancer, &one, &address));
    balancer_lab_expect_as_it_is(&p, XDP_DROP,
                                 "a fragment from it; it has port 81 still");
    lab_note("the service at port 81 is removed");
    lab_ok(xdp_balancer_remove_service(balancer, &other));
    balancer_lab_expect_as_it_is(&p, XDP_PASS,
                                 "a fragment from who is no backend any more");
    balancer_lab_set(one, 0, BACKEND_UP);
    balancer_lab_expect_as_it_is(&p, XDP_DROP,
                                 "a fragment from it, a backend again");
    lab_note("it is removed from the service at port 80");
    lab_ok(xdp_balancer_remove_backend(balancer, &one, &address));
    balancer_lab_expect_as_it_is(&p, XDP_PASS,
                                 "a fragment from who is no backend any more");
}

/* What packet_parse() makes no sense of. */
STEP_TEST(broken)
{
    struct packet p;
    balancer_lab_add(usual_key(4, IPPROTO_TCP), 0, 1);
    packet_build(&p, FROM_GATEWAY,
                 ipv4(.from = CLIENT, .to = VIP, .wrong_length = 9000),
                 tcp(.to = PORT));
    balancer_lab_expect_as_it_is(&p, XDP_DROP,
                                 "a packet longer than its frame");
    packet_build(&p, FROM_GATEWAY, ipv4(.from = CLIENT, .to = VIP),
                 tcp(.to = PORT, .wrong_offset = 2));
    balancer_lab_expect_as_it_is(&p, XDP_DROP,
                                 "a packet with a TCP header of 8 bytes");
    packet_build(&p, FROM_GATEWAY,
                 ipv4(.from = CLIENT, .to = "10.9.9.9", .wrong_ihl = 3), udp());
    balancer_lab_expect_as_it_is(&p, XDP_DROP,
                                 "a broken packet that is not for us");
    balancer_lab_expect_verdicts(.broken = 3);
}

/* Nobody is there to take it. */
STEP_TEST(no_backend)
{
    struct service_key key = usual_key(4, IPPROTO_TCP);
    balancer_lab_add(key, 0, 0);
    lab_equal(balancer_lab_goes(&key, 1, PACKET_SYN), DROPPED,
              "where a packet goes: nowhere");
    balancer_lab_set(key, 0, BACKEND_DOWN);
    lab_equal(balancer_lab_goes(&key, 2, PACKET_SYN), DROPPED,
              "where a packet goes: nowhere");
    balancer_lab_set(key, 0, BACKEND_DRAINING);
    lab_equal(balancer_lab_goes(&key, 3, PACKET_SYN), DROPPED,
              "where a new connection goes: nowhere");
    balancer_lab_set(key, 0, BACKEND_UP);
    lab_equal(balancer_lab_goes(&key, 4, PACKET_SYN), 0,
              "the backend that a packet goes to");
    balancer_lab_expect_verdicts(.no_backend = 3, .forwarded = 1);
}

/* ---- Many flows ---- */

#define FLOWS 20000

static void count_flows(const struct service_key *key, int *counts, int size)
{
    memset(counts, 0, (size_t)size * sizeof *counts);
    lab_note("SYNs of %s flows", lab_number(FLOWS));
    for (int i = 0; i < FLOWS; i++) {
        int index = balancer_lab_goes(key, i, PACKET_SYN);
        if (index == DROPPED || index >= size)
            lab_fail("flow %s is dropped, or goes to no backend",
                     lab_number(i));
        counts[index]++;
    }
}

/* Each of ten gets a tenth: 2,000 flows, of which chance makes 1,700 to 2,300
 * (7 standard deviations). */
STEP_TEST(flows_are_spread)
{
    int counts[10];
    for (int i = 0; i < 2; i++) {
        struct service_key key = usual_key(versions[i], IPPROTO_TCP);
        balancer_lab_add(key, 0, 10);
        count_flows(&key, counts, 10);
        for (int b = 0; b < 10; b++) {
            lab_at_least(counts[b], 1700, "flows of backend %d", b);
            lab_at_most(counts[b], 2300, "flows of backend %d", b);
        }
    }
}

/* By weight: 3 to 1 are 15,000 to 5,000; 7 standard deviations are 430. */
STEP_TEST(flows_are_spread_by_weight)
{
    struct service_key key = usual_key(4, IPPROTO_TCP);
    struct balancer_backend heavy = balancer_lab_backend(4, 0);
    int counts[2];
    balancer_lab_add(key, 0, 2);
    lab_note("the first of two has three times the weight");
    heavy.weight *= 3;
    lab_ok(xdp_balancer_set_backend(balancer, &key, &heavy));
    count_flows(&key, counts, 2);
    lab_at_least(counts[0], 14570, "flows of the heavy backend");
    lab_at_most(counts[0], 15430, "flows of the heavy backend");
}

/* A flow's packets all go the same way. */
STEP_TEST(a_flow_has_one_backend)
{
    struct service_key key = usual_key(4, IPPROTO_TCP);
    balancer_lab_add(key, 0, 10);
    lab_note("200 flows, five packets each");
    for (int i = 0; i < 200; i++) {
        int index = balancer_lab_goes(&key, i, PACKET_SYN);
        for (int packet = 0; packet < 4; packet++)
            lab_equal(balancer_lab_goes(&key, i, PACKET_ACK), index,
                      "the backend of a flow's further packets");
    }
}

/* Balancers of one seed agree, in whatever order they learnt of the backends;
 * those of another seed do not. */
STEP_TEST(balancers_agree)
{
    enum { BACKENDS = 20, TRIED = 500 };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    uint64_t seed = balancer_lab_seed();
    struct xdp_balancer *same = balancer_lab_another(seed, 1024);
    struct xdp_balancer *other = balancer_lab_another(seed + 1, 1024);
    int differ = 0;

    balancer_lab_add(key, 0, BACKENDS);
    lab_note("two more balancers, with the same backends the other way round; "
             "the second has another seed");
    lab_ok(xdp_balancer_add_service(same, &key, SERVICE_NAT));
    lab_ok(xdp_balancer_add_service(other, &key, SERVICE_NAT));
    for (int i = BACKENDS - 1; i >= 0; i--) {
        struct balancer_backend backend = balancer_lab_backend(4, i);
        lab_ok(xdp_balancer_set_backend(same, &key, &backend));
        lab_ok(xdp_balancer_set_backend(other, &key, &backend));
    }
    for (int i = 0; i < TRIED; i++) {
        struct packet p;
        int index = balancer_lab_goes(&key, i, PACKET_SYN);
        balancer_lab_flow(&p, &key, i, PACKET_SYN);
        lab_equal(balancer_lab_where(xdp_balancer_program(same), &p), index,
                  "the backend that a balancer of the same seed chooses");
        differ += balancer_lab_where(xdp_balancer_program(other), &p) != index;
    }
    lab_at_least(differ, TRIED / 2,
                 "of 500 flows those for which another seed chooses another "
                 "of 20 backends");
    xdp_balancer_close(same);
    xdp_balancer_close(other);
}

void nat_step(void)
{
    lab_step("nat");
    lab_fixture(balancer_lab_open, balancer_lab_close);
    lab_test(way_in);
    lab_test(way_back);
    lab_test(all_kinds_both_ways);
    lab_test(ipv4_options_stay);
    lab_test(ipv6_extensions_stay);
    lab_test(all_flags);
    lab_test(udp_without_a_checksum);
    lab_test(wrong_checksums_stay_wrong);
    lab_test(checksums_of_thousands);
    lab_test(hops);
    lab_test(no_hops);
    lab_test(not_for_a_service);
    lab_test(not_from_a_service);
    lab_test(fragments);
    lab_test(fragments_of_a_removed_service);
    lab_test(fragments_of_a_removed_backend);
    lab_test(broken);
    lab_test(no_backend);
    lab_test(flows_are_spread);
    lab_test(flows_are_spread_by_weight);
    lab_test(a_flow_has_one_backend);
    lab_test(balancers_agree);
    book_tests();
}
