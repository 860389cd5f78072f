/*
 * extensions_test.c: week 18, step 8: QinQ, and IPv6 extension headers.
 */
#include "parse_lab.h"
#include "steps.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define ETHERNET_BYTES 14
#define TAG_BYTES 4
#define IPV6_BYTES 40

#define HOP_BY_HOP 0
#define ROUTING 43
#define FRAGMENT 44
#define AUTHENTICATION 51
#define DESTINATION 60

/* TCP over IPv6, with so many bytes between the two headers. */
static struct packet_headers usual_v6(int extension_bytes)
{
    return (struct packet_headers){
        .source = parse_lab_address(PACKET_CLIENT_V6),
        .destination = parse_lab_address(PACKET_SERVER_V6),
        .source_port = htons(PACKET_CLIENT_PORT),
        .destination_port = htons(PACKET_SERVER_PORT),
        .ether_type = 0x86dd,
        .ip_offset = ETHERNET_BYTES,
        .transport_offset =
            (__u16)(ETHERNET_BYTES + IPV6_BYTES + extension_bytes),
        .version = 6,
        .protocol = IPPROTO_TCP,
        .tcp_flags = PACKET_ACK,
    };
}

/* What stands behind the extension headers is not told. */
static void without_ports(struct packet_headers *headers, __u8 protocol)
{
    headers->source_port = headers->destination_port = 0;
    headers->tcp_flags = 0;
    headers->protocol = protocol;
}

/* ---- Tags ---- */

/* Two tags: the id is the outer one's. */
STEP_TEST(two_tags)
{
    struct packet p;
    struct packet_headers expected = usual_v6(0);

    expected.vlan = 100;
    expected.ip_offset += 2 * TAG_BYTES;
    expected.transport_offset += 2 * TAG_BYTES;
    packet_build(&p, eth(), vlan(.id = 100, .service = true), vlan(.id = 7),
                 ipv6(), tcp());
    parse_lab_expect(&p, &expected);

    lab_note("the same, with both tags of type 0x8100");
    packet_build(&p, eth(), vlan(.id = 100), vlan(.id = 7), ipv6(), tcp());
    parse_lab_expect(&p, &expected);

    lab_note("one service tag alone");
    expected = usual_v6(0);
    expected.vlan = 3000;
    expected.ip_offset += TAG_BYTES;
    expected.transport_offset += TAG_BYTES;
    packet_build(&p, eth(), vlan(.id = 3000, .service = true), ipv6(), tcp());
    parse_lab_expect(&p, &expected);

    expected = (struct packet_headers){.ether_type = 0x0806, .vlan = 5};
    packet_build(&p, eth(), vlan(.id = 5), vlan(.id = 6), arp());
    parse_lab_expect(&p, &expected);
}

/* A third tag is not followed: it is what the packet is. */
STEP_TEST(three_tags)
{
    struct packet p;
    struct packet_headers expected = {.ether_type = 0x8100, .vlan = 1};
    packet_build(&p, eth(), vlan(.id = 1), vlan(.id = 2), vlan(.id = 3), ipv6(),
                 tcp());
    parse_lab_expect(&p, &expected);
}

/* ---- Extension headers ---- */

/* Each of the five alone, at several lengths. */
STEP_TEST(each_extension_header)
{
    static const int headers[] = {HOP_BY_HOP, ROUTING, DESTINATION};
    struct packet p;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        for (int len = 8; len <= 1024; len *= 2) {
            struct packet_headers expected = usual_v6(len);
            packet_build(&p, eth(), ipv6(),
                         extension(.header = headers[i], .len = len), tcp());
            parse_lab_expect(&p, &expected);
        }
    }
}

/* An authentication header counts in words of four bytes. */
STEP_TEST(authentication_header)
{
    struct packet p;
    for (int len = 16; len <= 56; len += 8) {
        struct packet_headers expected = usual_v6(len);
        packet_build(&p, eth(), ipv6(),
                     extension(.header = AUTHENTICATION, .len = len), tcp());
        parse_lab_expect(&p, &expected);
    }
}

/* The fragment header tells which fragment it is. */
STEP_TEST(fragments_of_ipv6)
{
    struct packet p;
    struct packet_headers expected = usual_v6(8);

    lab_note("a first fragment");
    expected.fragment = PACKET_FIRST_FRAGMENT;
    packet_build(&p, eth(), ipv6(), extension(.header = FRAGMENT, .more = true),
                 tcp(), payload("abcd"));
    parse_lab_expect(&p, &expected);

    lab_note("later ones, whose first bytes look like ports");
    expected.fragment = PACKET_LATER_FRAGMENT;
    without_ports(&expected, IPPROTO_TCP);
    packet_build(&p, eth(), ipv6(),
                 extension(.header = FRAGMENT, .more = true, .fragment = 1448),
                 tcp());
    parse_lab_expect(&p, &expected);
    packet_build(&p, eth(), ipv6(),
                 extension(.header = FRAGMENT, .fragment = 8), tcp());
    parse_lab_expect(&p, &expected);

    lab_note("a fragment header, offset 0, no more to come: a whole packet");
    expected = usual_v6(8);
    packet_build(&p, eth(), ipv6(), extension(.header = FRAGMENT), tcp());
    parse_lab_expect(&p, &expected);
}

/* Behind a later fragment's header stand bytes, whatever its number says. */
STEP_TEST(later_fragment_is_not_followed)
{
    struct packet p;
    struct packet_headers expected = usual_v6(8);

    expected.fragment = PACKET_LATER_FRAGMENT;
    without_ports(&expected, DESTINATION);
    packet_build(&p, eth(), ipv6(),
                 extension(.header = FRAGMENT, .fragment = 64),
                 extension(.header = DESTINATION), tcp());
    parse_lab_expect(&p, &expected);

    lab_note("a last fragment of four bytes");
    packet_build(&p, eth(), ipv6(),
                 extension(.header = FRAGMENT, .fragment = 64,
                           .next_header = DESTINATION),
                 payload("last"));
    parse_lab_expect(&p, &expected);

    lab_note("options behind the header of a first fragment are followed");
    expected = usual_v6(16);
    expected.fragment = PACKET_FIRST_FRAGMENT;
    packet_build(&p, eth(), ipv6(), extension(.header = FRAGMENT, .more = true),
                 extension(.header = DESTINATION), tcp());
    parse_lab_expect(&p, &expected);

    lab_note("a UDP length that counts fragments to come");
    expected.protocol = IPPROTO_UDP;
    expected.transport_offset -= 8;
    expected.tcp_flags = 0;
    packet_build(&p, eth(), ipv6(), extension(.header = FRAGMENT, .more = true),
                 udp(.wrong_length = 5000), payload("abcdefgh"));
    parse_lab_expect(&p, &expected);
}

/* Six are followed; a seventh is what the packet is. */
STEP_TEST(at_most_six)
{
    struct packet p;
    struct packet_headers expected = usual_v6(6 * 8 + 8);

    packet_build(&p, eth(), ipv6(), extension(.header = HOP_BY_HOP),
                 extension(.header = DESTINATION), extension(.header = ROUTING),
                 extension(.header = AUTHENTICATION, .len = 16),
                 extension(.header = DESTINATION),
                 extension(.header = DESTINATION), tcp());
    parse_lab_expect(&p, &expected);

    expected = usual_v6(6 * 16);
    without_ports(&expected, ROUTING);
    packet_build(&p, eth(), ipv6(), extension(.header = HOP_BY_HOP, .len = 16),
                 extension(.header = DESTINATION, .len = 16),
                 extension(.header = DESTINATION, .len = 16),
                 extension(.header = DESTINATION, .len = 16),
                 extension(.header = DESTINATION, .len = 16),
                 extension(.header = DESTINATION, .len = 16),
                 extension(.header = ROUTING), tcp());
    parse_lab_expect(&p, &expected);
}

/* Only these five: ESP hides what follows, 59 says that nothing does. And in
 * IPv4 there are none. */
STEP_TEST(others_are_not_followed)
{
    static const __u8 others[] = {50, 59, 135};
    struct packet p;

    for (size_t i = 0; i < sizeof others; i++) {
        struct packet_headers expected = usual_v6(8);
        without_ports(&expected, others[i]);
        packet_build(&p, eth(), ipv6(),
                     extension(.header = DESTINATION, .next_header = others[i]),
                     tcp());
        parse_lab_expect(&p, &expected);
    }

    struct packet_headers expected = {
        .source = parse_lab_address(PACKET_CLIENT),
        .destination = parse_lab_address(PACKET_SERVER),
        .ether_type = 0x0800,
        .ip_offset = ETHERNET_BYTES,
        .transport_offset = ETHERNET_BYTES + 20,
        .version = 4,
        .protocol = AUTHENTICATION,
    };
    lab_note("an authentication header over IPv4");
    packet_build(&p, eth(), ipv4(.protocol = AUTHENTICATION),
                 payload("16 bytes "
                         "of it…"));
    parse_lab_expect(&p, &expected);
}

/* ---- Lies ---- */

/* Set the length that an extension header at this offset tells. */
static void set_length(struct packet *p, size_t offset, unsigned char length)
{
    p->bytes[offset + 1] = length;
}

/* The whole extension header lies in the packet. */
STEP_TEST(extensions_that_lie)
{
    const size_t first = ETHERNET_BYTES + IPV6_BYTES;
    struct packet p;

    packet_build(&p, eth(), ipv6(), extension(.header = HOP_BY_HOP), tcp());
    set_length(&p, first, 3);
    parse_lab_expect_broken(&p, "options of 32 bytes, 28 are left");
    packet_build(&p, eth(), ipv6(), extension(.header = DESTINATION),
                 payload("nine more"));
    set_length(&p, first, 255);
    parse_lab_expect_broken(&p, "options of 2,048 bytes, 17 are left");
    packet_build(
        &p, eth(), ipv6(), extension(.header = DESTINATION),
        extension(.header = AUTHENTICATION, .len = 16, .next_header = 59));
    set_length(&p, first + 8, 3);
    parse_lab_expect_broken(&p, "an authentication header of 20 bytes, 16 are "
                                "left");
    packet_build(&p, eth(), ipv6(.wrong_length = 12),
                 extension(.header = DESTINATION, .len = 16, .next_header = 59),
                 payload("behind it"));
    parse_lab_expect_broken(&p, "options of 16 bytes in a packet of 12");
    packet_build(&p, eth(), ipv6(.wrong_length = -1),
                 extension(.header = HOP_BY_HOP, .len = 8, .next_header = 59));
    parse_lab_expect_broken(&p, "options in a packet that ends before them");
    packet_build(&p, eth(), ipv6(.wrong_length = 27),
                 extension(.header = DESTINATION), tcp(), payload("more"));
    parse_lab_expect_broken(&p, "TCP behind options, in 19 bytes");
}

/* ---- All of it, at random ---- */

#define SAMPLES 12

static size_t make_samples(struct sample samples[SAMPLES])
{
    struct sample *s = samples;
#define SAMPLE(text, ...)                      \
    do {                                       \
        s->name = (text);                      \
        packet_build(&s->packet, __VA_ARGS__); \
        s++;                                   \
    } while (0)
    SAMPLE("TCP over IPv4", eth(), ipv4(.options = 4), tcp(), payload("abc"));
    SAMPLE("TCP over IPv6", eth(), ipv6(), tcp(), payload("abc"));
    SAMPLE("UDP over IPv4 with two tags", eth(), vlan(.id = 1, .service = true),
           vlan(.id = 2), ipv4(), udp());
    SAMPLE("TCP over IPv6 with two tags", eth(), vlan(.id = 1), vlan(.id = 2),
           ipv6(), tcp());
    SAMPLE("three tags", eth(), vlan(.id = 1), vlan(.id = 2), vlan(.id = 3),
           ipv4(), tcp());
    SAMPLE("TCP behind options", eth(), ipv6(),
           extension(.header = HOP_BY_HOP, .len = 24), tcp(), payload("abc"));
    SAMPLE("UDP behind four extension headers", eth(), ipv6(),
           extension(.header = HOP_BY_HOP), extension(.header = ROUTING),
           extension(.header = AUTHENTICATION, .len = 24),
           extension(.header = DESTINATION, .len = 16), udp(), payload("abc"));
    SAMPLE("a first fragment", eth(), ipv6(),
           extension(.header = FRAGMENT, .more = true), tcp(), payload("abcd"));
    SAMPLE("a later fragment", eth(), vlan(.id = 9), ipv6(),
           extension(.header = FRAGMENT, .fragment = 1448), udp(),
           payload("abcd"));
    SAMPLE("a fragment of fragments' options", eth(), ipv6(),
           extension(.header = ROUTING), extension(.header = FRAGMENT),
           extension(.header = DESTINATION), udp(), payload("abcd"));
    SAMPLE("seven extension headers", eth(), ipv6(),
           extension(.header = HOP_BY_HOP), extension(.header = DESTINATION),
           extension(.header = DESTINATION), extension(.header = DESTINATION),
           extension(.header = DESTINATION), extension(.header = DESTINATION),
           extension(.header = DESTINATION), tcp());
    SAMPLE("ICMPv6 behind options", eth(), ipv6(),
           extension(.header = HOP_BY_HOP), icmpv6(), payload("abc"));
#undef SAMPLE
    return (size_t)(s - samples);
}

/* At every length from 0 on nothing is read behind it. */
STEP_TEST(every_length_with_extensions)
{
    static struct sample samples[SAMPLES];
    size_t count = make_samples(samples);
    for (size_t i = 0; i < count; i++)
        parse_lab_cut(&samples[i], true);
}

/* Damaged packets are told as by a plain parser. */
STEP_TEST(damaged_packets_with_extensions)
{
    static struct sample samples[SAMPLES];
    size_t count = make_samples(samples);
    parse_lab_damage(samples, count, 20000, true);
}

void extensions_step(void)
{
    lab_step("extensions");
    lab_test(two_tags);
    lab_test(three_tags);
    lab_test(each_extension_header);
    lab_test(authentication_header);
    lab_test(fragments_of_ipv6);
    lab_test(later_fragment_is_not_followed);
    lab_test(at_most_six);
    lab_test(others_are_not_followed);
    lab_test(extensions_that_lie);
    lab_test(every_length_with_extensions);
    lab_test(damaged_packets_with_extensions);
}
