/*
 * parse_test.c: week 18, step 3: headers, and every way in which they lie.
 */
#include "parse_lab.h"
#include "steps.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define ETHERNET_BYTES 14
#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define ETHERNET_BYTES_MIN 60 /* without its check sum */

/* ---- What is told ---- */

/* What is the same in each packet between the usual hosts. */
static struct packet_headers usual(int version)
{
    bool v4 = version == 4;
    return (struct packet_headers){
        .source = parse_lab_address(v4 ? PACKET_CLIENT : PACKET_CLIENT_V6),
        .destination = parse_lab_address(v4 ? PACKET_SERVER : PACKET_SERVER_V6),
        .source_port = htons(PACKET_CLIENT_PORT),
        .destination_port = htons(PACKET_SERVER_PORT),
        .ether_type = v4 ? 0x0800 : 0x86dd,
        .ip_offset = ETHERNET_BYTES,
        .transport_offset = ETHERNET_BYTES + (v4 ? IPV4_BYTES : IPV6_BYTES),
        .version = (__u8)version,
        .protocol = IPPROTO_TCP,
        .tcp_flags = PACKET_ACK,
    };
}

/* It has no ports, and so no flags. */
static void without_ports(struct packet_headers *headers)
{
    headers->source_port = headers->destination_port = 0;
    headers->tcp_flags = 0;
}

/* TCP over IPv4. */
STEP_TEST(tcp_over_ipv4)
{
    struct packet p;
    struct packet_headers expected = usual(4);

    packet_build(&p, eth(), ipv4(), tcp(), payload("hello"));
    parse_lab_expect(&p, &expected);

    expected.source = parse_lab_address("192.168.7.9");
    expected.destination = parse_lab_address("10.200.0.255");
    expected.source_port = htons(258);
    expected.destination_port = htons(443);
    expected.tcp_flags = PACKET_SYN;
    packet_build(&p, eth(), ipv4(.from = "192.168.7.9", .to = "10.200.0.255"),
                 tcp(.from = 258, .to = 443, .flags = PACKET_SYN));
    parse_lab_expect(&p, &expected);

    expected = usual(4);
    expected.tcp_flags = PACKET_FIN | PACKET_RST | PACKET_PSH;
    packet_build(
        &p, eth(), ipv4(),
        tcp(.flags = PACKET_FIN | PACKET_RST | PACKET_PSH, .options = 40));
    parse_lab_expect(&p, &expected);
}

/* UDP and ICMP, which has no ports. */
STEP_TEST(udp_and_icmp)
{
    struct packet p;
    struct packet_headers expected = usual(4);

    expected.protocol = IPPROTO_UDP;
    expected.tcp_flags = 0;
    expected.destination_port = htons(53);
    packet_build(&p, eth(), ipv4(), udp(.to = 53), payload("a question"));
    parse_lab_expect(&p, &expected);

    expected.protocol = IPPROTO_ICMP;
    without_ports(&expected);
    packet_build(&p, eth(), ipv4(), icmp(), payload("a ping"));
    parse_lab_expect(&p, &expected);
}

/* IPv6, whose addresses have 16 bytes. */
STEP_TEST(ipv6_too)
{
    struct packet p;
    struct packet_headers expected = usual(6);

    packet_build(&p, eth(), ipv6(.traffic_class = 0xff, .flow_label = 0xfffff),
                 tcp());
    parse_lab_expect(&p, &expected);

    expected.source = parse_lab_address("2001:db8:1:2:3:4:5:6");
    expected.destination = parse_lab_address("ff02::fb");
    expected.protocol = IPPROTO_UDP;
    expected.tcp_flags = 0;
    expected.source_port = expected.destination_port = htons(5353);
    packet_build(&p, eth(),
                 ipv6(.from = "2001:db8:1:2:3:4:5:6", .to = "ff02::fb"),
                 udp(.from = 5353, .to = 5353), payload("a name"));
    parse_lab_expect(&p, &expected);

    expected = usual(6);
    expected.protocol = IPPROTO_ICMPV6;
    without_ports(&expected);
    packet_build(&p, eth(), ipv6(), icmpv6(), payload("a ping"));
    parse_lab_expect(&p, &expected);
}

/* Options make the IPv4 header longer, and TCP begins later. */
STEP_TEST(ipv4_options_are_skipped)
{
    struct packet p;
    for (int options = 4; options <= 40; options += 4) {
        struct packet_headers expected = usual(4);
        expected.transport_offset += options;
        packet_build(&p, eth(), ipv4(.options = options), tcp());
        parse_lab_expect(&p, &expected);
    }
}

/* One VLAN tag; its id has 12 bits, and above them stands something else. */
STEP_TEST(vlan_tag)
{
    struct packet p;
    struct packet_headers expected = usual(4);

    expected.vlan = 7;
    expected.ip_offset += 4;
    expected.transport_offset += 4;
    packet_build(&p, eth(), vlan(.id = 7), ipv4(), tcp());
    parse_lab_expect(&p, &expected);

    expected.vlan = 4094;
    packet_build(&p, eth(), vlan(.id = 4094, .priority = 7), ipv4(), tcp());
    parse_lab_expect(&p, &expected);

    expected.vlan = 0;
    packet_build(&p, eth(), vlan(.id = 0, .priority = 5), ipv4(), tcp());
    parse_lab_expect(&p, &expected);

    expected = usual(6);
    expected.vlan = 300;
    expected.ip_offset += 4;
    expected.transport_offset += 4;
    packet_build(&p, eth(), vlan(.id = 300), ipv6(), tcp());
    parse_lab_expect(&p, &expected);
}

/* What is no IP is told by its Ethernet type alone. */
STEP_TEST(no_ip)
{
    struct packet p;
    struct packet_headers expected = {.ether_type = 0x0806};

    packet_build(&p, eth(), arp());
    parse_lab_expect(&p, &expected);

    expected.vlan = 12;
    packet_build(&p, eth(), vlan(.id = 12), arp());
    parse_lab_expect(&p, &expected);

    expected = (struct packet_headers){.ether_type = 0x88cc};
    packet_build(&p, eth(.type = 0x88cc), payload("who is beside me"));
    parse_lab_expect(&p, &expected);

    lab_note("an Ethernet header, and nothing behind it");
    packet_build(&p, eth(.type = 0x88cc));
    parse_lab_expect(&p, &expected);
}

/* What has ports of its own kind, as SCTP and UDP-Lite, has none that are told:
 * ports are those of TCP and UDP. */
STEP_TEST(others_have_no_ports)
{
    static const __u8 others[] = {132, 136, 33, 47, 50};
    struct packet p;
    for (size_t i = 0; i < sizeof others; i++) {
        lab_note("IP protocol %d", others[i]);
        struct packet_headers expected = usual(4);
        without_ports(&expected);
        expected.protocol = others[i];
        packet_build(&p, eth(), ipv4(.protocol = others[i]), udp(),
                     payload("what looks like twenty bytes"));
        parse_lab_expect(&p, &expected);
        expected = usual(6);
        without_ports(&expected);
        expected.protocol = others[i];
        packet_build(&p, eth(), ipv6(.next_header = others[i]), udp(),
                     payload("what looks like twenty bytes"));
        parse_lab_expect(&p, &expected);
    }
}

/* ---- Fragments ---- */

/* A first fragment has the ports; a later one has bytes in their place. */
STEP_TEST(fragments_of_ipv4)
{
    struct packet p;
    struct packet_headers expected = usual(4);

    lab_note("the first fragment of several");
    expected.fragment = PACKET_FIRST_FRAGMENT;
    packet_build(&p, eth(), ipv4(.more = true), tcp(),
                 payload("16 bytes of it."));
    parse_lab_expect(&p, &expected);

    lab_note("one in the middle, whose first bytes look like ports");
    expected.fragment = PACKET_LATER_FRAGMENT;
    without_ports(&expected);
    packet_build(&p, eth(), ipv4(.more = true, .fragment = 1480), tcp());
    parse_lab_expect(&p, &expected);

    lab_note("the last, far behind");
    packet_build(&p, eth(), ipv4(.fragment = 65528), tcp());
    parse_lab_expect(&p, &expected);

    lab_note("a last one of four bytes: too short for ports");
    packet_build(&p, eth(), ipv4(.fragment = 8, .protocol = IPPROTO_TCP),
                 payload("last"));
    parse_lab_expect(&p, &expected);

    lab_note("a whole packet that may not be fragmented");
    expected = usual(4);
    packet_build(&p, eth(), ipv4(.dont_fragment = true), tcp());
    parse_lab_expect(&p, &expected);
}

/* A first fragment's UDP length counts the other fragments too; its header
 * must be there, or nobody can tell where it goes (RFC 1858 §3). */
STEP_TEST(first_fragments)
{
    struct packet p;
    struct packet_headers expected = usual(4);

    expected.protocol = IPPROTO_UDP;
    expected.fragment = PACKET_FIRST_FRAGMENT;
    expected.tcp_flags = 0;
    packet_build(&p, eth(), ipv4(.more = true), udp(.wrong_length = 4000),
                 payload("the beginning of it"));
    parse_lab_expect(&p, &expected);

    packet_build(&p, eth(), ipv4(.more = true, .protocol = IPPROTO_TCP),
                 payload("8 bytes."));
    parse_lab_expect_broken(&p, "a first fragment without a whole TCP header");
    packet_build(&p, eth(), ipv4(.more = true), udp(.wrong_length = 7),
                 payload("beginning"));
    parse_lab_expect_broken(&p, "a first fragment, its UDP length is 7");
}

/* ---- Padding ---- */

static void fill_up(struct packet *p, unsigned char with, size_t len)
{
    while (p->len < len)
        p->bytes[p->len++] = with;
}

static void pad(struct packet *p, unsigned char with)
{
    fill_up(p, with, ETHERNET_BYTES_MIN);
}

/* Ethernet fills up to 60 bytes; nothing behind the IP packet is looked at. */
STEP_TEST(padding_is_no_packet)
{
    struct packet p;
    struct packet_headers expected = usual(4);

    lab_note("a frame of 54 bytes is filled up to 60");
    packet_build(&p, eth(), ipv4(), tcp());
    pad(&p, 0xff);
    parse_lab_expect(&p, &expected);

    packet_build(&p, eth(), ipv4(.protocol = IPPROTO_UDP));
    pad(&p, 0x11);
    parse_lab_expect_broken(&p, "IPv4 says that it ends with its header, ports "
                                "would be padding");
    packet_build(&p, eth(), ipv4(.protocol = IPPROTO_TCP),
                 payload("nineteen "
                         "bytes of"));
    pad(&p, 0x55);
    parse_lab_expect_broken(&p, "17 bytes of TCP, and padding behind them");
    packet_build(&p, eth(), ipv4(), udp(.wrong_length = 26),
                 payload("ten more"));
    pad(&p, 0);
    parse_lab_expect_broken(&p, "UDP says 26 bytes; 16 are of the packet, the "
                                "others padding");
    packet_build(&p, eth(), ipv4(), tcp(.wrong_offset = 6));
    pad(&p, 0);
    parse_lab_expect_broken(&p, "TCP's options would be padding");
    packet_build(&p, eth(), ipv6(.wrong_length = 12), tcp(), payload("text"));
    parse_lab_expect_broken(&p, "IPv6 says 12 bytes of payload, TCP has 20");
}

/* A first fragment's UDP length may reach beyond the packet, its UDP header may
 * not: neither all of it nor its last bytes. */
STEP_TEST(first_fragment_in_padding)
{
    struct packet p;
    packet_build(&p, eth(), ipv4(.more = true, .protocol = IPPROTO_UDP));
    pad(&p, 0x11);
    parse_lab_expect_broken(&p, "a first fragment of 0 bytes; its UDP header "
                                "would be padding");
    packet_build(&p, eth(), ipv4(.more = true, .protocol = IPPROTO_UDP),
                 payload("\x9c\x40\x00\x35"));
    pad(&p, 0x11);
    parse_lab_expect_broken(&p, "a first fragment of 4 bytes; half of its UDP "
                                "header would be padding");
}

/* An IPv4 header that is longer than its packet is broken also where the frame
 * has as many bytes, and where they look like a TCP header of 20. */
STEP_TEST(header_longer_than_packet)
{
    struct packet p;
    packet_build(&p, eth(), ipv4(.wrong_ihl = 15), tcp());
    fill_up(&p, 0x55, 100);
    parse_lab_expect_broken(&p, "an IPv4 header of 60 bytes in a packet of 40, "
                                "of TCP");
    packet_build(&p, eth(), ipv4(.wrong_ihl = 15), icmp());
    fill_up(&p, 0, 100);
    parse_lab_expect_broken(&p, "an IPv4 header of 60 bytes in a packet of 28, "
                                "of ICMP");
}

/* ---- Lies ---- */

/* Each of a packet's lengths and versions is compared with the others. */
STEP_TEST(lengths_that_lie)
{
    struct packet p;

    packet_build(&p, eth(), ipv4(.wrong_version = 6), tcp());
    parse_lab_expect_broken(&p, "Ethernet says IPv4, the packet says 6");
    packet_build(&p, eth(), ipv6(.wrong_version = 4), tcp());
    parse_lab_expect_broken(&p, "Ethernet says IPv6, the packet says 4");
    packet_build(&p, eth(), ipv4(.wrong_ihl = 4), tcp());
    parse_lab_expect_broken(&p, "an IPv4 header of 16 bytes");
    packet_build(&p, eth(), ipv4(.wrong_ihl = -1), tcp());
    parse_lab_expect_broken(&p, "an IPv4 header of 0 bytes");
    packet_build(&p, eth(), ipv4(.wrong_ihl = 15), tcp());
    parse_lab_expect_broken(&p, "an IPv4 header of 60 bytes in a packet of 40");
    packet_build(&p, eth(), ipv4(.wrong_length = 19), tcp());
    parse_lab_expect_broken(&p, "an IPv4 packet of 19 bytes");
    packet_build(&p, eth(), ipv4(.wrong_length = -1), tcp());
    parse_lab_expect_broken(&p, "an IPv4 packet of 0 bytes");
    packet_build(&p, eth(), ipv4(.wrong_length = 41), tcp());
    parse_lab_expect_broken(&p, "an IPv4 packet of 41 bytes, 40 are there");
    packet_build(&p, eth(), ipv4(.wrong_length = 65535), tcp());
    parse_lab_expect_broken(&p, "an IPv4 packet of 65,535 bytes, 40 are there");
    packet_build(&p, eth(), ipv6(.wrong_length = 21), tcp());
    parse_lab_expect_broken(&p, "IPv6 with 21 bytes of payload, 20 are there");
    packet_build(&p, eth(), ipv6(.wrong_length = 65535), tcp());
    parse_lab_expect_broken(&p, "IPv6 with 65,535 bytes of payload");
    packet_build(&p, eth(), ipv6(.wrong_length = -1), udp(), payload("x"));
    parse_lab_expect_broken(&p, "IPv6 with no payload, of protocol UDP");
}

/* The same for what stands behind IP. */
STEP_TEST(lengths_of_tcp_and_udp)
{
    struct packet p;

    packet_build(&p, eth(), ipv4(), tcp(.wrong_offset = 4));
    parse_lab_expect_broken(&p, "a TCP header of 16 bytes");
    packet_build(&p, eth(), ipv4(), tcp(.wrong_offset = -1));
    parse_lab_expect_broken(&p, "a TCP header of 0 bytes");
    packet_build(&p, eth(), ipv6(), tcp(.wrong_offset = 15), payload("text"));
    parse_lab_expect_broken(&p, "a TCP header of 60 bytes, 24 are there");
    packet_build(&p, eth(), ipv4(), udp(.wrong_length = 7), payload("text"));
    parse_lab_expect_broken(&p, "a UDP length of 7");
    packet_build(&p, eth(), ipv6(), udp(.wrong_length = -1), payload("text"));
    parse_lab_expect_broken(&p, "a UDP length of 0");
    packet_build(&p, eth(), ipv4(), udp(.wrong_length = 13), payload("text"));
    parse_lab_expect_broken(&p, "a UDP length of 13, 12 are there");
    packet_build(&p, eth(), vlan(.id = 9), ipv6(), udp(.wrong_length = 13),
                 payload("text"));
    parse_lab_expect_broken(&p, "the same in IPv6, with a tag");
}

/* ---- All of it, at random ---- */

#define SAMPLES 15

static size_t make_samples(struct sample samples[SAMPLES])
{
    struct sample *s = samples;
#define SAMPLE(text, ...)                      \
    do {                                       \
        s->name = (text);                      \
        packet_build(&s->packet, __VA_ARGS__); \
        s++;                                   \
    } while (0)
    SAMPLE("TCP over IPv4", eth(), ipv4(), tcp(.options = 12), payload("abc"));
    SAMPLE("UDP over IPv4", eth(), ipv4(), udp(), payload("abcdef"));
    SAMPLE("ICMP over IPv4", eth(), ipv4(), icmp(), payload("ping"));
    SAMPLE("TCP over IPv4 with options", eth(), ipv4(.options = 24), tcp(),
           payload("abc"));
    SAMPLE("UDP over IPv4 with 40 bytes of options", eth(), ipv4(.options = 40),
           udp());
    SAMPLE("a first fragment of TCP", eth(), ipv4(.more = true), tcp(),
           payload("abcd"));
    SAMPLE("a first fragment of UDP", eth(), ipv4(.more = true),
           udp(.wrong_length = 3000), payload("abcdefgh"));
    SAMPLE("a later fragment", eth(), ipv4(.fragment = 1480), udp(),
           payload("abcd"));
    SAMPLE("TCP over IPv6", eth(), ipv6(), tcp(.options = 4), payload("abc"));
    SAMPLE("UDP over IPv6", eth(), ipv6(), udp(), payload("abc"));
    SAMPLE("ICMPv6", eth(), ipv6(), icmpv6(), payload("ping"));
    SAMPLE("TCP over IPv4 with a VLAN tag", eth(), vlan(.id = 77), ipv4(),
           tcp(), payload("abc"));
    SAMPLE("UDP over IPv6 with a VLAN tag", eth(), vlan(.id = 78), ipv6(),
           udp(), payload("abc"));
    SAMPLE("ARP", eth(), arp());
    SAMPLE("UDP over IPv4, padded", eth(), ipv4(), udp(), payload("ab"));
    pad(&s[-1].packet, 0);
#undef SAMPLE
    return (size_t)(s - samples);
}

/* At every length from 0 on nothing is read behind it, and a packet that is
 * cut short is broken. */
STEP_TEST(every_length)
{
    static struct sample samples[SAMPLES];
    size_t count = make_samples(samples);
    for (size_t i = 0; i < count; i++)
        parse_lab_cut(&samples[i], false);
}

/* Damaged packets are told as by a plain parser. */
STEP_TEST(damaged_packets)
{
    static struct sample samples[SAMPLES];
    size_t count = make_samples(samples);
    parse_lab_damage(samples, count, 20000, false);
}

void parse_step(void)
{
    lab_step("parse");
    lab_test(tcp_over_ipv4);
    lab_test(udp_and_icmp);
    lab_test(no_ip);
    lab_test(vlan_tag);
    lab_test(ipv6_too);
    lab_test(ipv4_options_are_skipped);
    lab_test(others_have_no_ports);
    lab_test(fragments_of_ipv4);
    lab_test(first_fragments);
    lab_test(padding_is_no_packet);
    lab_test(first_fragment_in_padding);
    lab_test(header_longer_than_packet);
    lab_test(lengths_that_lie);
    lab_test(lengths_of_tcp_and_udp);
    lab_test(every_length);
    lab_test(damaged_packets);
}
