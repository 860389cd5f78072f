/*
 * direct_test.c: week 19, step 8: answers that do not come back through us.
 */
#include "balancer_lab.h"
#include "steps.h"

#include <stdio.h>

static const int versions[] = {4, 6};
static const int protocols[] = {IPPROTO_TCP, IPPROTO_UDP};

static struct service_key usual_key(int version, int protocol)
{
    return balancer_lab_key(version == 6 ? VIP_V6 : VIP, PORT, protocol);
}

static void add_direct(struct service_key key, int first, int count)
{
    lab_note("a direct service at port %d of %s over IPv%d, with %s",
             ntohs(key.port), key.protocol == IPPROTO_TCP ? "TCP" : "UDP",
             key.version, lab_count(count, "backend"));
    lab_ok(xdp_balancer_add_service(balancer, &key, SERVICE_DIRECT));
    for (int i = first; i < first + count; i++) {
        struct balancer_backend backend = balancer_lab_backend(key.version, i);
        lab_ok(xdp_balancer_set_backend(balancer, &key, &backend));
    }
}

/* What a direct backend gets: the packet of the client with two other MACs. */
static struct path to_direct(int version, int index)
{
    struct path path = balancer_lab_in(version, PORT);
    path.from_mac = BALANCER_MAC;
    path.to_mac = balancer_lab_mac_text(index);
    return path;
}

static void expect_direct(const struct shape *shape, int index,
                          const char *what)
{
    struct packet in, out;
    struct path to_vip = balancer_lab_in(shape->version, PORT);
    struct path to_backend = to_direct(shape->version, index);
    balancer_lab_build(&in, shape, &to_vip);
    balancer_lab_build(&out, shape, &to_backend);
    balancer_lab_expect_sent(&in, &out, what);
}

/* The MACs change, and nothing else: the TTL stays, no router has passed it. */
STEP_TEST(macs_alone_change)
{
    for (int i = 0; i < 4; i++)
        add_direct(usual_key(versions[i / 2], protocols[i % 2]), i, 1);
    for (int i = 0; i < 8; i++) {
        char what[80];
        struct shape shape = {
            .version = versions[i / 4],
            .protocol = protocols[i / 2 % 2],
            .vlan = i % 2,
            .options = i == 1 ? 12 : 0,
            .bytes = "hello",
            .len = 5,
        };
        snprintf(what, sizeof what, "%s over IPv%d%s",
                 shape.protocol == IPPROTO_UDP ? "UDP" : "TCP", shape.version,
                 shape.vlan ? " with a VLAN tag" : "");
        expect_direct(&shape, i / 2, what);
    }
    balancer_lab_expect_verdicts(.forwarded = 8);
}

/* Checksums are nobody's business here. */
STEP_TEST(checksums_stay)
{
    add_direct(usual_key(4, IPPROTO_TCP), 0, 1);
    add_direct(usual_key(4, IPPROTO_UDP), 0, 1);
    expect_direct(&(struct shape){.version = 4, .wrong_ip = 3}, 0,
                  "a wrong checksum of IPv4");
    expect_direct(&(struct shape){.version = 4, .wrong_transport = 3}, 0,
                  "a wrong checksum of TCP");
    expect_direct(&(struct shape){.version = 4,
                                  .protocol = IPPROTO_UDP,
                                  .no_checksum = true},
                  0, "UDP without a checksum");
}

/* Nothing comes back by us: what the backend sends is the kernel's, from its
 * own address and from the VIP. */
STEP_TEST(no_way_back)
{
    struct packet p;
    add_direct(usual_key(4, IPPROTO_TCP), 0, 1);
    packet_build(&p, eth(.from = "02:00:00:01:00:00", .to = BALANCER_MAC),
                 ipv4(.from = balancer_lab_backend_text(4, 0), .to = CLIENT),
                 tcp(.from = PORT));
    balancer_lab_expect_as_it_is(&p, XDP_PASS,
                                 "a packet from the backend's address");
    packet_build(&p, eth(.from = "02:00:00:01:00:00", .to = BALANCER_MAC),
                 ipv4(.from = VIP, .to = CLIENT), tcp(.from = PORT));
    balancer_lab_expect_as_it_is(&p, XDP_PASS, "a packet from the VIP");
    packet_build(&p, eth(.from = "02:00:00:01:00:00", .to = BALANCER_MAC),
                 ipv4(.from = balancer_lab_backend_text(4, 0), .to = CLIENT,
                      .fragment = 1480),
                 tcp(.from = PORT));
    balancer_lab_expect_as_it_is(&p, XDP_PASS, "a fragment from the backend");
    balancer_lab_expect_verdicts(.passed = 3);
}

/* So one address may serve many: there is no way back that could be two. */
STEP_TEST(one_backend_of_many)
{
    struct service_key one = usual_key(4, IPPROTO_TCP);
    struct service_key other = balancer_lab_key("10.0.0.99", PORT, IPPROTO_TCP);
    struct service_key nat = balancer_lab_key("10.0.0.98", PORT, IPPROTO_TCP);
    struct shape shape = {.version = 4};
    struct path from_backend = balancer_lab_from_backend(4, PORT, 0);
    struct path to_client = balancer_lab_out(4, PORT);
    struct packet in, out;

    add_direct(one, 0, 1);
    add_direct(other, 0, 1);
    balancer_lab_add(nat, 0, 1);
    lab_note("one backend is in two direct services, and in one of NAT: it "
             "answers for that");
    to_client.from = "10.0.0.98";
    balancer_lab_build(&in, &shape, &from_backend);
    balancer_lab_build(&out, &shape, &to_client);
    balancer_lab_expect_sent(&in, &out, "a packet from the backend");
    expect_direct(&shape, 0, "a packet to the VIP");
    struct packet_address address = balancer_lab_backend(4, 0).address;
    lab_note("it is removed from a direct service");
    lab_ok(xdp_balancer_remove_backend(balancer, &other, &address));
    balancer_lab_expect_sent(&in, &out, "a packet from the backend");
}

/* Which of many backends got it, by the MAC. */
static int goes_to_mac(const struct service_key *key, int flow)
{
    struct bpf_answer answer;
    struct packet p;
    balancer_lab_flow(&p, key, flow, PACKET_SYN);
    bpf_lab_run_quietly(balancer_program, &p, &answer);
    if (answer.verdict == XDP_DROP)
        return DROPPED;
    lab_same_text(bpf_verdict_text(answer.verdict), "XDP_TX",
                  "the verdict on a packet to the VIP");
    return answer.packet.bytes[4] * 256 + answer.packet.bytes[5];
}

/* It is spread, drained and dropped as any other. */
STEP_TEST(backends_come_and_go)
{
    enum { FLOWS = 4000 };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    struct packet p;
    int counts[4] = {0};
    add_direct(key, 0, 0);
    lab_equal(goes_to_mac(&key, 0), DROPPED,
              "where a packet goes without backends: nowhere");
    for (int i = 0; i < 4; i++)
        balancer_lab_set(key, i, BACKEND_UP);
    lab_note("SYNs of %s flows", lab_number(FLOWS));
    for (int i = 0; i < FLOWS; i++)
        counts[goes_to_mac(&key, i) & 3]++;
    /* 1,000 each; 7 standard deviations are 192. */
    for (int i = 0; i < 4; i++)
        lab_at_least(counts[i], 800, "flows of backend %d", i);
    balancer_lab_set(key, 0, BACKEND_DRAINING);
    balancer_lab_set(key, 1, BACKEND_DOWN);
    for (int i = 0; i < 200; i++)
        lab_at_least(goes_to_mac(&key, i), 2,
                     "the backend of a flow, of which 2 and 3 are up");
    packet_build(&p, eth(.from = GATEWAY_MAC, .to = BALANCER_MAC),
                 ipv4(.from = CLIENT, .to = VIP, .more = true), tcp(.to = PORT),
                 payload("16 bytes of it."));
    balancer_lab_expect_as_it_is(&p, XDP_DROP, "a fragment to the VIP");
}

void direct_step(void)
{
    lab_step("direct");
    lab_fixture(balancer_lab_open, balancer_lab_close);
    lab_test(macs_alone_change);
    lab_test(checksums_stay);
    lab_test(no_way_back);
    lab_test(one_backend_of_many);
    lab_test(backends_come_and_go);
}
