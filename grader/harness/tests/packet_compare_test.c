/*
 * packet_compare_test.c: the claims of packet.h on comparing packets: of two
 * that differ, the first field that differs is named.
 */
#include "packet_captured.h"

#include "failing.h"

static struct packet is, should;

static void compare(void)
{
    FAILS(packet_same(&is, &should, "it"));
}

#define differ(what, expected, actual) failing(compare, what, expected, actual)

STEP_TEST(equal_packets_are_the_same)
{
    packet_build(&is, eth(), ipv4(), tcp(), payload("hello"));
    packet_build(&should, eth(), ipv4(), tcp(), payload("hello"));
    packet_same(&is, &should, "it");
    is.bytes[is.len] = 1; /* behind the end */
    packet_same(&is, &should, "it");
    is.len = should.len = 0;
    packet_same(&is, &should, "it");
}

STEP_TEST(ethernet_and_tags)
{
    packet_build(&is, eth(.to = "02:00:00:00:00:09"), vlan(.id = 7), ipv4());
    packet_build(&should, eth(), vlan(.id = 7), ipv4());
    differ("it: Ethernet destination", "02:00:00:00:00:02",
           "02:00:00:00:00:09");
    packet_build(&is, eth(), vlan(.id = 7), ipv4());
    packet_build(&should, eth(), vlan(.id = 9), ipv4());
    differ("it: VLAN id", "9", "7");
    packet_build(&should, eth(), vlan(.id = 7, .priority = 5), ipv4());
    differ("it: VLAN priority", "5", "0");
    packet_build(&is, eth(), ipv4());
    differ("it: Ethernet type", "0x8100", "0x0800");
    packet_build(&is, eth(), vlan(.service = true), vlan(.id = 3), ipv4());
    packet_build(&should, eth(), vlan(.service = true), vlan(.id = 4), ipv4());
    differ("it: VLAN id", "4", "3");
}

/* A checksum that is wrong because of another field is not named for it. */
STEP_TEST(ip_fields_before_checksums)
{
    packet_build(&is, eth(), ipv4(.ttl = 63), tcp());
    packet_build(&should, eth(), ipv4(), tcp());
    differ("it: IPv4 time to live", "64", "63");
    packet_build(&is, eth(), ipv4(.to = "10.0.0.80"), tcp());
    differ("it: IPv4 destination", "10.0.0.2", "10.0.0.80");
    packet_build(&is, eth(), ipv4(.wrong_checksum = -1), tcp());
    packet_build(&should, eth(), ipv4(), tcp());
    differ("it: IPv4 checksum", "0x66ce", "0x66cd");
    packet_build(&is, eth(), ipv6(.hop_limit = 1, .to = "fd00::80"), udp());
    packet_build(&should, eth(), ipv6(.to = "fd00::80"), udp());
    differ("it: IPv6 hop limit", "64", "1");
    packet_build(&is, eth(), ipv6(.to = "fd00::81"), udp());
    differ("it: IPv6 destination", "fd00::80", "fd00::81");
    packet_build(&is, eth(), ipv4(.options = 4), udp());
    packet_build(&should, eth(), ipv4(.options = 4), udp());
    is.bytes[36] = 7;
    differ("it: IPv4 options", "01 01", "07 01");
}

STEP_TEST(what_ip_carries)
{
    packet_build(&is, eth(), ipv4(), tcp(.to = 8));
    packet_build(&should, eth(), ipv4(), tcp());
    differ("it: TCP destination port", "7", "8");
    packet_build(&is, eth(), ipv4(), tcp(.flags = PACKET_SYN | PACKET_ACK));
    differ("it: TCP flags", "ACK", "SYN+ACK");
    packet_build(&is, eth(), ipv4(), tcp(.wrong_checksum = 2));
    differ("it: TCP checksum", "0x", "0x");
    packet_build(&is, eth(), ipv4(), udp());
    differ("it: IPv4 total length", "40", "28");
    packet_build(&should, eth(), ipv4(), icmp(.sequence = 3));
    packet_build(&is, eth(), ipv4(), icmp(.sequence = 4));
    differ("it: ICMP sequence number", "3", "4");
    packet_build(&should, eth(), ipv6(), extension(.header = 60), udp());
    packet_build(&is, eth(), ipv6(), extension(.header = 43), udp());
    differ("it: IPv6 next header", "60", "43");
}

STEP_TEST(payload_and_what_is_missing)
{
    packet_build(&is, eth(), ipv4(), udp(), payload("hellx"));
    packet_build(&should, eth(), ipv4(), udp(), payload("hello"));
    differ("it: payload", "6f", "78");
    is = should;
    is.len -= 1;
    differ("it: payload", "6f", "");
    is.len = 34 + 5;
    differ("it: UDP header", "", "");
    is.len = 34;
    differ("it: UDP header: 0 of 8 bytes", "", "");
    is = should;
    is.bytes[is.len++] = 0; /* padding of a short frame */
    differ("it: what stands at byte 47", "nothing", "payload");
}

/* Whatever the damage, a difference is named, and the test ends. */
STEP_TEST(damaged_packets_differ)
{
    struct lab_random random;

    lab_random_init(&random, 0);
    for (int i = 0; i < 300; i++) {
        captured(&should, i % 2 == 0 ? CAPTURED_SYN : CAPTURED_EXTENSION);
        is = should;
        packet_mutate(&is, &random);
        if (is.len != should.len || memcmp(is.bytes, should.bytes, is.len) != 0)
            differ("it: ", "", "");
    }
}

int main(int argc, char **argv)
{
    lab_step("compare");
    lab_test(equal_packets_are_the_same);
    lab_test(ethernet_and_tags);
    lab_test(ip_fields_before_checksums);
    lab_test(what_ip_carries);
    lab_test(payload_and_what_is_missing);
    lab_test(damaged_packets_differ);
    return lab_main(argc, argv);
}
