/*
 * packet_test.c: the claims of packet.h on building packets, telling them in a
 * line, their checksums, damage and files.
 */
#include "packet_captured.h"

#include "failing.h"

#include <arpa/inet.h>
#include <fcntl.h>

static struct packet p, other;

/* ---- Building ---- */

static void is_captured(struct lab_where where, const char *text)
{
    captured(&other, text);
    packet_same_at(where, &p, &other, "the packet that was built");
}

/* What is built by name is what a kernel sends, to the byte. */
STEP_TEST(packets_are_as_a_kernel_sends_them)
{
    packet_build(&p, eth(.to = "ff:ff:ff:ff:ff:ff"), arp());
    is_captured(LAB_HERE, CAPTURED_ARP);
    packet_build(&p, eth(), ipv4(.id = 0x4abc, .dont_fragment = true), udp(),
                 payload("hello"));
    is_captured(LAB_HERE, CAPTURED_UDP);
    packet_build(&p, eth(), ipv6(.flow_label = 0xc40ab), udp(),
                 payload("hello"));
    is_captured(LAB_HERE, CAPTURED_UDP_V6);
}

static void has_bytes(size_t at, const char *hex)
{
    captured(&other, hex);
    lab_same_bytes(p.bytes + at, other.len, other.bytes, other.len,
                   "bytes from %zu on", at);
}

/* Each layer's type follows from the next one. */
STEP_TEST(tags_and_tunnels_name_what_they_carry)
{
    packet_build(&p, eth(), vlan(.service = true, .id = 5),
                 vlan(.id = 7, .priority = 3), ipv4(), ipv6(), icmpv6());
    lab_equal(p.len, 14 + 4 + 4 + 20 + 40 + 8, "its length");
    has_bytes(12, "88a8000581006007080045");
    lab_equal(p.bytes[22 + 9], 41, "the protocol of IPv4");
    lab_equal(p.bytes[42 + 6], 58, "the next header of IPv6");
    packet_build(&p, eth(), ipv4(), payload("x"));
    lab_equal(p.bytes[14 + 9], 253, "the protocol of anything");
    packet_build(&p, eth(), payload("x"));
    has_bytes(12, "88b578");
}

STEP_TEST(extension_headers_chain)
{
    packet_build(&p, eth(), ipv6(), extension(.header = 0),
                 extension(.header = 44, .fragment = 1480, .more = true),
                 extension(.header = 51), extension(.header = 60, .len = 24),
                 udp());
    lab_equal(p.len, 14 + 40 + 8 + 8 + 16 + 24 + 8, "its length");
    lab_equal(p.bytes[20], 0, "the next header of IPv6");
    has_bytes(54, "2c00");
    has_bytes(62, "330005c9");
    has_bytes(70, "3c02");
    has_bytes(86, "1102");
    lab_equal(p.bytes[18] << 8 | p.bytes[19], 64, "its payload length");
}

STEP_TEST(fields_go_where_they_belong)
{
    packet_build(&p, eth(),
                 ipv4(.ttl = 3, .tos = 0x10, .options = 8, .fragment = 16,
                      .more = true, .from = "1.2.3.4"),
                 payload("x"));
    has_bytes(14, "4710001d0000200203fd");
    has_bytes(26, "010203040a0000020101010101010101");
    packet_build(&p, eth(), ipv4(),
                 tcp(.from = 1, .to = 2, .sequence = 3, .acknowledgement = 4,
                     .flags = PACKET_SYN | PACKET_ACK, .window = 5,
                     .options = 4));
    has_bytes(34, "000100020000000300000004"
                  "60120005");
    packet_build(&p, eth(), ipv4(), icmp(.id = 9, .sequence = 8));
    has_bytes(34, "0800f7ee00090008");
    packet_build(&p, eth(), ipv4(), icmp(.type = -1));
    has_bytes(34, "0000ffff00000000");
}

STEP_TEST(fields_can_be_wrong)
{
    packet_build(&p, eth(),
                 ipv4(.wrong_version = 5, .wrong_ihl = -1, .wrong_length = 9),
                 udp(.wrong_length = -1, .no_checksum = true));
    has_bytes(14, "50000009");
    has_bytes(38, "00000000");
    packet_build(&p, eth(), ipv4(.wrong_checksum = 1), tcp());
    packet_build(&other, eth(), ipv4(), tcp());
    lab_equal(p.bytes[25] - other.bytes[25], 1, "how wrong the checksum is");
    packet_build(&p, eth(), ipv6(.wrong_version = 4, .wrong_length = 1),
                 tcp(.wrong_offset = 15));
    has_bytes(14, "40000000000106");
    lab_equal(p.bytes[54 + 12], 0xf0, "the byte with the header's length");
}

static char much[PACKET_BYTES_MAX];

static void build_too_long(void)
{
    FAILS(packet_build(&p, eth(), payload_of(much, PACKET_BYTES_MAX - 13)));
}
static void build_no_address(void)
{
    FAILS(packet_build(&p, eth(), ipv4(.from = "10.0.0")));
}
static void build_no_mac(void)
{
    FAILS(packet_build(&p, eth(.to = "02:00"), ipv4()));
}

STEP_TEST(what_is_no_packet_is_refused)
{
    packet_build(&p, eth(), payload_of(much, PACKET_BYTES_MAX - 14));
    lab_equal(p.len, PACKET_BYTES_MAX, "the length of the longest");
    failing(build_too_long, "over 2048 bytes", "", "");
    failing(build_no_address, "'10.0.0' is no IPv4 address", "", "");
    failing(build_no_mac, "'02:00' is no MAC address", "", "");
}

/* ---- Checksums ---- */

/* RFC 1071 §3: the sum of these bytes is 0xddf2. */
STEP_TEST(checksum_of_the_rfc)
{
    static const unsigned char bytes[] = {0x00, 0x01, 0xf2, 0x03,
                                          0xf4, 0xf5, 0xf6, 0xf7};
    lab_equal(packet_checksum(bytes, 8, 0), 0xffff - 0xddf2, "the checksum");
    lab_equal(packet_checksum(bytes + 4, 4, 0x0001 + 0xf203), 0xffff - 0xddf2,
              "the checksum in two parts");
    lab_equal(packet_checksum(bytes, 3, 0), 0xffff - 0xf201,
              "the checksum of an odd number of bytes");
    lab_equal(packet_checksum(bytes, 0, 0), 0xffff, "the checksum of nothing");
}

static const char *const all_captured[] = {
    CAPTURED_ARP,    CAPTURED_SYN,    CAPTURED_UDP,     CAPTURED_ICMP,
    CAPTURED_TCP_V6, CAPTURED_UDP_V6, CAPTURED_ICMP_V6, CAPTURED_EXTENSION,
};
#define ALL_CAPTURED (sizeof all_captured / sizeof *all_captured)

STEP_TEST(checksums_of_a_kernel_are_right)
{
    for (size_t i = 0; i < ALL_CAPTURED; i++) {
        captured(&p, all_captured[i]);
        packet_checksums_right(&p, "what a kernel sent");
    }
}

STEP_TEST(checksums_of_what_is_built_are_right)
{
    packet_build(&p, eth(), vlan(), ipv4(.options = 12), tcp(.options = 8),
                 payload("odd"));
    packet_checksums_right(&p, "TCP");
    packet_build(&p, eth(), ipv6(), extension(.header = 60), icmpv6(),
                 payload("odd"));
    packet_checksums_right(&p, "ICMPv6");
    packet_build(&p, eth(), ipv4(), icmp(), payload("even"));
    packet_checksums_right(&p, "ICMP");
    packet_build(&p, eth(), ipv4(), ipv6(), udp(), payload("inside"));
    packet_checksums_right(&p, "a tunnel");
}

/* 0 means that there is none; 0xffff stands for the sum that is 0. */
STEP_TEST(checksum_of_udp_is_never_0)
{
    packet_build(&p, eth(), ipv4(.from = "0.0.0.0", .to = "0.0.0.0"),
                 udp(.from = 0xffff, .to = 0xffff - 17 - 20),
                 payload_of("\0\0", 2));
    has_bytes(40, "ffff");
    packet_checksums_right(&p, "UDP");
}

static void spoil_ipv4(void)
{
    packet_build(&p, eth(), ipv4(.wrong_checksum = 1), tcp());
    FAILS(packet_checksums_right(&p, "what comes out"));
}
static void spoil_tcp(void)
{
    packet_build(&p, eth(), ipv6(), tcp(.wrong_checksum = 1));
    FAILS(packet_checksums_right(&p, "what comes out"));
}
static void leave_out_v6(void)
{
    packet_build(&p, eth(), ipv6(), udp(.no_checksum = true));
    FAILS(packet_checksums_right(&p, "what comes out"));
}
/* Each byte that a checksum is over, changed. */
static size_t spoilt_at;
static void spoil_byte(void)
{
    captured(&p, CAPTURED_TCP_V6);
    p.bytes[spoilt_at] ^= 1;
    FAILS(packet_checksums_right(&p, "it"));
}

STEP_TEST(wrong_checksums_are_told)
{
    failing(spoil_ipv4, "what comes out: IPv4 checksum", "0x66ce", "0x66cf");
    failing(spoil_tcp, "what comes out: TCP checksum", "0x", "0x");
    failing(leave_out_v6, "what comes out: UDP checksum", "0x", "0x0000");
    for (spoilt_at = 54; spoilt_at < 91; spoilt_at++)
        if (spoilt_at != 54 + 12) /* without it TCP is not recognised */
            failing(spoil_byte, "it: TCP checksum", "", "");
    for (spoilt_at = 22; spoilt_at < 54; spoilt_at++)
        failing(spoil_byte, "it: TCP checksum", "", "");
}

STEP_TEST(checksums_that_cannot_be_known_are_passed_over)
{
    packet_build(&p, eth(), ipv4(), udp(.no_checksum = true));
    packet_checksums_right(&p, "UDP without one");
    packet_build(&p, eth(), ipv4(.more = true), udp(.wrong_checksum = 1));
    packet_checksums_right(&p, "the first fragment");
    packet_build(&p, eth(), ipv4(.fragment = 8, .protocol = 17),
                 payload("not a header"));
    packet_checksums_right(&p, "a later fragment");
    packet_build(&p, eth(), ipv4(), tcp());
    for (p.len = 14; p.len < 54; p.len++)
        packet_checksums_right(&p, "what is cut");
}

/* ---- In one line ---- */

static void reads(struct lab_where where, const char *text)
{
    lab_same_text_at(where, packet_text(&p), text, "the packet's line");
}

STEP_TEST(packets_are_told_in_a_line)
{
    packet_build(&p, eth(), ipv4(), tcp(.flags = PACKET_SYN, .options = 20));
    reads(LAB_HERE, "IPv4 10.0.0.1:40000 > 10.0.0.2:7 TCP SYN, 74 bytes");
    packet_build(&p, eth(), vlan(.id = 7), ipv6(), udp());
    reads(LAB_HERE, "VLAN 7, IPv6 [fd00::1]:40000 > [fd00::2]:7 UDP, 66 bytes");
    packet_build(&p, eth(), payload("abcdef"));
    reads(LAB_HERE, "Ethernet type 0x88b5, 20 bytes");
    packet_build(&p, eth(), arp());
    reads(LAB_HERE, "ARP 10.0.0.1 asks for 10.0.0.2, 42 bytes");
    packet_build(&p, eth(), ipv4(), icmp());
    reads(LAB_HERE, "IPv4 10.0.0.1 > 10.0.0.2 ICMP echo request, 42 bytes");
    packet_build(&p, eth(), ipv4(), icmp(.type = 11));
    reads(LAB_HERE, "IPv4 10.0.0.1 > 10.0.0.2 ICMP type 11, 42 bytes");
    packet_build(&p, eth(), ipv4(.fragment = 1480, .protocol = 6),
                 payload_of(much, 1000));
    reads(LAB_HERE,
          "IPv4 10.0.0.1 > 10.0.0.2 TCP fragment at 1,480, 1,034 bytes");
    packet_build(&p, eth(), ipv6(), extension(.header = 60), tcp());
    reads(LAB_HERE, "IPv6 [fd00::1]:40000 > [fd00::2]:7 TCP ACK, 82 bytes");
    packet_build(&p, eth(), ipv4(.protocol = 132), payload("sctp"));
    reads(LAB_HERE, "IPv4 10.0.0.1 > 10.0.0.2 protocol 132, 38 bytes");
}

STEP_TEST(of_a_cut_packet_is_told_what_there_is)
{
    packet_build(&p, eth(), ipv4(), tcp());
    p.len = 40;
    reads(LAB_HERE, "IPv4 10.0.0.1:40000 > 10.0.0.2:7 TCP, cut, 40 bytes");
    p.len = 20;
    reads(LAB_HERE, "Ethernet type 0x0800, cut, 20 bytes");
    p.len = 5;
    reads(LAB_HERE, "Ethernet, cut, 5 bytes");
    p.len = 0;
    reads(LAB_HERE, "Ethernet, cut, 0 bytes");
}

/* ---- Damage ---- */

/* The same seed damages the same; nothing is left as it was, and all of it can
 * be told, whatever it is. */
STEP_TEST(damage_is_replayed)
{
    struct lab_random one, same, further;
    int changed = 0;

    lab_random_init(&one, 1);
    lab_random_init(&same, 1);
    lab_random_init(&further, 2);
    for (int i = 0; i < 20000; i++) {
        captured(&p, all_captured[i % ALL_CAPTURED]);
        other = p;
        packet_mutate(&p, &one);
        changed += p.len != other.len || memcmp(p.bytes, other.bytes, p.len);
        packet_mutate(&other, &same);
        packet_same(&p, &other, "what is damaged again");
        lab_at_least(p.len, 14, "bytes that are left");
        lab_at_most(p.len, PACKET_BYTES_MAX, "bytes that are left");
        packet_text(&p);
        for (int times = 0; times < 3; times++)
            packet_mutate(&other, &further);
        packet_text(&other);
    }
    lab_at_least(changed, 19000, "packets that differ from what they were");
}

STEP_TEST(even_the_shortest_and_longest_can_be_damaged)
{
    struct lab_random random;

    lab_random_init(&random, 0);
    for (int i = 0; i < 2000; i++) {
        packet_build(&p, eth());
        packet_mutate(&p, &random);
        lab_at_least(p.len, 14, "bytes that are left");
        packet_build(&p, eth(), payload_of(much, PACKET_BYTES_MAX - 14));
        packet_mutate(&p, &random);
        lab_at_most(p.len, PACKET_BYTES_MAX, "bytes that are left");
    }
}

/* ---- Files ---- */

static const char *file(void)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/packets.pcap", lab_tmp());
    return path;
}

static void write_file(const void *data, size_t len)
{
    FILE *to = fopen(file(), "wb");
    lab_check(to != NULL && fwrite(data, 1, len, to) == len, "it is written");
    fclose(to);
}

STEP_TEST(packets_go_into_files_and_come_back)
{
    static struct packet packets[ALL_CAPTURED], again[ALL_CAPTURED];

    for (size_t i = 0; i < ALL_CAPTURED; i++)
        captured(&packets[i], all_captured[i]);
    lab_ok(packet_pcap_write(file(), packets, ALL_CAPTURED));
    lab_equal(packet_pcap_read(file(), again, ALL_CAPTURED), ALL_CAPTURED,
              "packets in the file");
    for (size_t i = 0; i < ALL_CAPTURED; i++)
        packet_same(&again[i], &packets[i], "a packet that came back");
    lab_equal(packet_pcap_read(file(), again, 1), ALL_CAPTURED,
              "packets in the file, of which one is taken");
    lab_ok(packet_pcap_write(file(), packets, 0));
    lab_equal(packet_pcap_read(file(), again, 1), 0, "packets in the file");
}

/* As a machine of the other byte order writes it, with microseconds. */
STEP_TEST(files_of_either_byte_order_are_read)
{
    static const unsigned char bytes[] =
        "\xa1\xb2\xc3\xd4\0\2\0\4\0\0\0\0\0\0\0\0\0\0\x40\0\0\0\0\1"
        "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\x3c"
        "abc";

    write_file(bytes, sizeof bytes - 1);
    lab_equal(lab_ok(packet_pcap_read(file(), &p, 1)), 1, "packets");
    lab_same_bytes(p.bytes, p.len, "abc", 3, "the packet");
}

STEP_TEST(what_is_no_such_file_is_refused)
{
    static const unsigned char long_packet[] =
        "\xa1\xb2\xc3\xd4\0\2\0\4\0\0\0\0\0\0\0\0\0\0\x40\0\0\0\0\1"
        "\0\0\0\1\0\0\0\2\0\0\x08\1\0\0\x08\1abc";
    static const unsigned char other_link[] =
        "\xa1\xb2\xc3\xd4\0\2\0\4\0\0\0\0\0\0\0\0\0\0\x40\0\0\0\0\x65";

    lab_error(packet_pcap_read("/nowhere", &p, 1), -ENOENT);
    write_file("pcap", 4);
    lab_error(packet_pcap_read(file(), &p, 1), -EBADMSG);
    write_file(other_link, sizeof other_link - 1);
    lab_error(packet_pcap_read(file(), &p, 1), -EBADMSG);
    write_file(long_packet, sizeof long_packet - 1);
    lab_error(packet_pcap_read(file(), &p, 1), -EMSGSIZE);
    write_file(long_packet, 24 + 7);
    lab_error(packet_pcap_read(file(), &p, 1), -EBADMSG);
}

int main(int argc, char **argv)
{
    lab_step("build");
    lab_test(packets_are_as_a_kernel_sends_them);
    lab_test(tags_and_tunnels_name_what_they_carry);
    lab_test(extension_headers_chain);
    lab_test(fields_go_where_they_belong);
    lab_test(fields_can_be_wrong);
    lab_test(what_is_no_packet_is_refused);
    lab_step("checksums");
    lab_test(checksum_of_the_rfc);
    lab_test(checksums_of_a_kernel_are_right);
    lab_test(checksums_of_what_is_built_are_right);
    lab_test(checksum_of_udp_is_never_0);
    lab_test(wrong_checksums_are_told);
    lab_test(checksums_that_cannot_be_known_are_passed_over);
    lab_step("text");
    lab_test(packets_are_told_in_a_line);
    lab_test(of_a_cut_packet_is_told_what_there_is);
    lab_step("damage");
    lab_test(damage_is_replayed);
    lab_test(even_the_shortest_and_longest_can_be_damaged);
    lab_step("files");
    lab_test(packets_go_into_files_and_come_back);
    lab_test(files_of_either_byte_order_are_read);
    lab_test(what_is_no_such_file_is_refused);
    return lab_main(argc, argv);
}
