/*
 * drop_test.c: week 18, step 5: block networks while it runs.
 */
#include "filter_lab.h"
#include "steps.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* A packet from this address, of the version that its text has. */
static void packet_from(struct packet *p, const char *address)
{
    if (strchr(address, ':') != NULL)
        packet_build(p, eth(), ipv6(.from = address), udp(), payload("x"));
    else
        packet_build(p, eth(), ipv4(.from = address), udp(), payload("x"));
}

#define expect_from(address, verdict)                                         \
    do {                                                                      \
        struct packet from_;                                                  \
        packet_from(&from_, (address));                                       \
        bpf_lab_expect(filter_program, &from_, (verdict), "a packet from %s", \
                       (address));                                            \
    } while (0)

/* ---- Who is dropped ---- */

/* One address, and no other. */
STEP_TEST(one_address)
{
    expect_from("10.0.0.1", XDP_PASS);
    filter_lab_block("10.0.0.1");
    expect_from("10.0.0.1", XDP_DROP);
    expect_from("10.0.0.2", XDP_PASS);
    expect_from("1.0.0.10", XDP_PASS);
    filter_lab_unblock("10.0.0.1");
    expect_from("10.0.0.1", XDP_PASS);
    filter_lab_expect_verdicts(.passed = 4, .blocked = 1);
}

/* The same over IPv6. */
STEP_TEST(one_address_of_ipv6)
{
    filter_lab_block("fd00::1");
    expect_from("fd00::1", XDP_DROP);
    expect_from("fd00::2", XDP_PASS);
    expect_from("fd00:0:0:1::1", XDP_PASS);
    filter_lab_unblock("fd00::1");
    expect_from("fd00::1", XDP_PASS);
    filter_lab_expect_verdicts(.passed = 3, .blocked = 1);
}

/* It is the source that is looked up. */
STEP_TEST(source_and_not_destination)
{
    struct packet p;
    filter_lab_block("10.0.0.2");
    filter_lab_block("fd00::2");
    packet_build(&p, eth(), ipv4(.from = "10.0.0.1", .to = "10.0.0.2"), tcp());
    bpf_lab_expect(filter_program, &p, XDP_PASS, "to a blocked address");
    packet_build(&p, eth(), ipv4(.from = "10.0.0.2", .to = "10.0.0.1"), tcp());
    bpf_lab_expect(filter_program, &p, XDP_DROP, "from a blocked address");
    packet_build(&p, eth(), ipv6(.from = "fd00::1", .to = "fd00::2"), tcp());
    bpf_lab_expect(filter_program, &p, XDP_PASS, "to a blocked address");
    packet_build(&p, eth(), ipv6(.from = "fd00::2", .to = "fd00::1"), tcp());
    bpf_lab_expect(filter_program, &p, XDP_DROP, "from a blocked address");
}

/* Whatever it sends: fragments have no ports, and a source all the same. */
STEP_TEST(whatever_it_sends)
{
    struct packet p;
    filter_lab_block("10.0.0.0/24");
    filter_lab_block("fd00::/64");
    packet_build(&p, eth(), vlan(.id = 9), ipv4(), tcp());
    bpf_lab_expect(filter_program, &p, XDP_DROP, "with a VLAN tag");
    packet_build(&p, eth(), vlan(.id = 9), ipv6(), udp());
    bpf_lab_expect(filter_program, &p, XDP_DROP, "with a VLAN tag, IPv6");
    packet_build(&p, eth(), ipv4(.more = true), udp(), payload("beginning"));
    bpf_lab_expect(filter_program, &p, XDP_DROP, "a first fragment");
    packet_build(&p, eth(), ipv4(.fragment = 1480), payload("the rest"));
    bpf_lab_expect(filter_program, &p, XDP_DROP, "a later fragment");
    packet_build(&p, eth(), ipv4(.options = 16), icmp());
    bpf_lab_expect(filter_program, &p, XDP_DROP, "ICMP, with IPv4 options");
    packet_build(&p, eth(), ipv4(.protocol = 47), payload("GRE"));
    bpf_lab_expect(filter_program, &p, XDP_DROP, "another protocol");
    packet_build(&p, eth(), arp(.from = "10.0.0.1"));
    bpf_lab_expect(filter_program, &p, XDP_PASS, "ARP, which is no IP");
    packet_build(&p, eth(), ipv4(.wrong_length = 9000), tcp());
    bpf_lab_expect(filter_program, &p, XDP_DROP, "a broken packet");
    filter_lab_expect_verdicts(.passed = 1, .broken = 1, .blocked = 6);
    lab_equal(filter_lab_sum().count.packets, 7,
              "packets in the rows: all but the broken one");
}

/* ---- Bits ---- */

static void set_bit(unsigned char *address, int bit, int value)
{
    unsigned char mask = (unsigned char)(0x80 >> bit % 8);
    address[bit / 8] = (unsigned char)(value ? address[bit / 8] | mask
                                             : address[bit / 8] & ~mask);
}

static int get_bit(const unsigned char *address, int bit)
{
    return address[bit / 8] >> (7 - bit % 8) & 1;
}

struct bits_trial {
    int family, address_bits;
    struct network network;
};

static void expect_address(const struct bits_trial *t,
                           const unsigned char *address, int verdict)
{
    char text[INET6_ADDRSTRLEN];
    inet_ntop(t->family, address, text, sizeof text);
    expect_from(text, verdict);
}

/* Block a network of this many bits of an address that is drawn: its first and
 * last addresses are dropped, and those with one bit of it changed are not. */
static void try_bits(struct bits_trial *t, int bits, struct lab_random *random)
{
    unsigned char first[16] = {0}, last[16];
    char text[INET6_ADDRSTRLEN];

    lab_random_fill(random, first, (size_t)t->address_bits / 8);
    memcpy(last, first, sizeof last);
    for (int bit = bits; bit < t->address_bits; bit++) {
        set_bit(first, bit, 0);
        set_bit(last, bit, 1);
    }
    t->network.bits = (__u8)bits;
    memcpy(t->network.address, first, sizeof first);
    inet_ntop(t->family, first, text, sizeof text);
    lab_note("block %s/%d", text, bits);
    lab_ok(xdp_filter_block(filter, &t->network));
    expect_address(t, first, XDP_DROP);
    expect_address(t, last, XDP_DROP);
    if (bits > 0) {
        set_bit(first, bits - 1, !get_bit(first, bits - 1));
        expect_address(t, first, XDP_PASS);
        set_bit(last, 0, !get_bit(last, 0));
        expect_address(t, last, XDP_PASS);
    }
    lab_ok(xdp_filter_unblock(filter, &t->network));
    set_bit(last, 0, get_bit(t->network.address, 0));
    expect_address(t, last, XDP_PASS);
}

/* Each length of network from 0 to 32. */
STEP_TEST(each_length_of_ipv4)
{
    struct bits_trial t = {AF_INET, 32, {.version = 4}};
    struct lab_random random;
    lab_random_init(&random, 4);
    for (int bits = 0; bits <= 32; bits++)
        try_bits(&t, bits, &random);
}

/* Each from 0 to 128. */
STEP_TEST(each_length_of_ipv6)
{
    struct bits_trial t = {AF_INET6, 128, {.version = 6}};
    struct lab_random random;
    lab_random_init(&random, 6);
    for (int bits = 0; bits <= 128; bits++)
        try_bits(&t, bits, &random);
}

/* All of IPv4 is nothing of IPv6, and the other way round. */
STEP_TEST(versions_apart)
{
    filter_lab_block("0.0.0.0/0");
    expect_from("192.0.2.1", XDP_DROP);
    expect_from("2001:db8::1", XDP_PASS);
    expect_from("::ffff:192.0.2.1", XDP_PASS);
    filter_lab_unblock("0.0.0.0/0");
    filter_lab_block("::/0");
    expect_from("2001:db8::1", XDP_DROP);
    expect_from("192.0.2.1", XDP_PASS);
    filter_lab_unblock("::/0");
    filter_lab_block("a00:1::/32");
    expect_from("10.0.0.1", XDP_PASS);
}

/* ---- The list ---- */

/* A network in a network: each is blocked until it is unblocked itself. */
STEP_TEST(networks_in_networks)
{
    filter_lab_block("10.0.0.0/8");
    filter_lab_block("10.1.0.0/16");
    filter_lab_block("10.1.2.3");
    expect_from("10.1.2.3", XDP_DROP);
    expect_from("10.200.0.1", XDP_DROP);
    filter_lab_unblock("10.0.0.0/8");
    expect_from("10.200.0.1", XDP_PASS);
    expect_from("10.1.9.9", XDP_DROP);
    filter_lab_unblock("10.1.2.3");
    expect_from("10.1.2.3", XDP_DROP);
    filter_lab_unblock("10.1.0.0/16");
    expect_from("10.1.2.3", XDP_PASS);
    expect_from("10.1.9.9", XDP_PASS);
}

/* Twice blocked is blocked once. */
STEP_TEST(blocked_twice)
{
    filter_lab_block("192.0.2.0/24");
    filter_lab_block("192.0.2.0/24");
    expect_from("192.0.2.77", XDP_DROP);
    filter_lab_unblock("192.0.2.0/24");
    expect_from("192.0.2.77", XDP_PASS);
}

#define expect_unblock(text, error)                                \
    do {                                                           \
        struct network network_ = filter_lab_network(text);        \
        lab_note("unblock %s", (text));                            \
        lab_error(xdp_filter_unblock(filter, &network_), (error)); \
    } while (0)

/* Only what is on the list can be taken off. */
STEP_TEST(unblock_what_is_not_there)
{
    expect_unblock("10.0.0.0/8", -ENOENT);
    expect_unblock("::/0", -ENOENT);
    filter_lab_block("10.0.0.0/8");
    expect_unblock("10.0.0.0/9", -ENOENT);
    expect_unblock("10.0.0.0/7", -ENOENT);
    expect_unblock("0.0.0.0/0", -ENOENT);
    expect_unblock("10.0.0.0", -ENOENT);
    expect_from("10.0.0.1", XDP_DROP);
    filter_lab_unblock("10.0.0.0/8");
    expect_unblock("10.0.0.0/8", -ENOENT);
}

/* What is no network is refused. */
STEP_TEST(no_network)
{
    static const struct network none[] = {
        {.version = 0, .bits = 0},   {.version = 5, .bits = 8},
        {.version = 46, .bits = 8},  {.version = 4, .bits = 33},
        {.version = 4, .bits = 128}, {.version = 6, .bits = 129},
        {.version = 6, .bits = 255},
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        lab_note("a network of version %d, %d bits", none[i].version,
                 none[i].bits);
        lab_error(xdp_filter_block(filter, &none[i]), -EINVAL);
        lab_error(xdp_filter_unblock(filter, &none[i]), -EINVAL);
    }
    expect_from("10.0.0.1", XDP_PASS);
    expect_from("fd00::1", XDP_PASS);
}

/* ---- A full list ---- */

/* The index-th network of a version, each another. */
static struct network nth_network(int version, int index)
{
    struct network network = {
        .version = (__u8)version,
        .bits = version == 4 ? 24 : 64,
    };
    network.address[0] = 20;
    network.address[1] = (__u8)(index >> 8);
    network.address[2] = (__u8)index;
    return network;
}

static void fill(int version)
{
    lab_note("block %s networks of IPv%d", lab_number(FILTER_BLOCKED_MAX),
             version);
    for (int i = 0; i < FILTER_BLOCKED_MAX; i++) {
        struct network network = nth_network(version, i);
        lab_ok(xdp_filter_block(filter, &network));
    }
}

/* FILTER_BLOCKED_MAX of each version; one more does not fit, and when one is
 * taken off there is room for one. */
STEP_TEST(full_list)
{
    fill(4);
    struct network more = nth_network(4, FILTER_BLOCKED_MAX);
    struct network old = nth_network(4, 17);
    lab_note("one more");
    lab_error(xdp_filter_block(filter, &more), -ENOSPC);
    expect_from("20.16.0.1", XDP_PASS);
    expect_from("20.15.255.255", XDP_DROP);
    fill(6);
    lab_note("one of IPv4 less, then one more, then one too many");
    lab_ok(xdp_filter_unblock(filter, &old));
    lab_ok(xdp_filter_block(filter, &more));
    lab_error(xdp_filter_block(filter, &old), -ENOSPC);
    expect_from("20.16.0.1", XDP_DROP);
    expect_from("20.0.17.1", XDP_PASS);
    expect_from("1400:ff00::1", XDP_DROP);
}

/* The list is this filter's alone. */
STEP_TEST(list_of_one_filter)
{
    struct xdp_filter *other;
    struct packet p;
    packet_from(&p, "10.0.0.1");
    filter_lab_block("10.0.0.1");
    bpf_lab_ok(xdp_filter_open(&other));
    bpf_lab_expect(xdp_filter_program(other), &p, XDP_PASS,
                   "by another filter");
    xdp_filter_close(other);
    expect_from("10.0.0.1", XDP_DROP);
}

void drop_step(void)
{
    lab_step("drop");
    lab_fixture(filter_lab_open, filter_lab_close);
    lab_test(one_address);
    lab_test(one_address_of_ipv6);
    lab_test(source_and_not_destination);
    lab_test(each_length_of_ipv4);
    lab_test(each_length_of_ipv6);
    lab_test(versions_apart);
    lab_test(whatever_it_sends);
    lab_test(networks_in_networks);
    lab_test(blocked_twice);
    lab_test(unblock_what_is_not_there);
    lab_test(no_network);
    lab_test(full_list);
    lab_test(list_of_one_filter);
}
