/*
 * checksum_test.c: week 19, step 3: a checksum brought after a change.
 *
 * What it should be is always found by summing up anew (packet_checksum).
 */
#include "flow_native.h"
#include "packet.h"
#include "steps.h"

#include <arpa/inet.h>
#include <stdio.h>

/* Packets that are drawn; each is changed in every way. */
#define PACKETS 100000

/* ---- Words ---- */

/* A checksum, as it stands in a packet, over so many bytes. */
static __u16 summed(const void *bytes, size_t len)
{
    return htons(packet_checksum(bytes, len, 0));
}

static void expect_checksum(__u16 is, __u16 should, const char *what)
{
    char expected[16], actual[16];
    if (is == should)
        return;
    snprintf(expected, sizeof expected, "0x%04x", ntohs(should));
    snprintf(actual, sizeof actual, "0x%04x", ntohs(is));
    lab_differ_at(LAB_HERE, what, expected, actual);
}

/* RFC 1624 §4: 0xdd2f, of which 0x5555 becomes 0x3285, is 0x0000; by the
 * equation of RFC 1141 it comes out as 0xffff. */
STEP_TEST(the_example_of_the_rfc)
{
    lab_note("checksum 0xdd2f, a word 0x5555 becomes 0x3285");
    expect_checksum(
        flow_native_replace16(htons(0xdd2f), htons(0x5555), htons(0x3285)), 0,
        "what checksum_replace16() returns");
    lab_note("and back");
    expect_checksum(flow_native_replace16(0, htons(0x3285), htons(0x5555)),
                    htons(0xdd2f), "what checksum_replace16() returns");
}

/* Words where something overflows, or nearly. */
static const __u16 edges[] = {0x0000, 0x0001, 0x00ff, 0x0100, 0x7fff,
                              0x8000, 0xff00, 0xfffe, 0xffff};
#define EDGES ((int)(sizeof edges / sizeof edges[0]))

/* A packet of three words; its first becomes another. */
static void try_word(__u16 before, __u16 after, __u16 second, __u16 third)
{
    __u16 words[3] = {htons(before), htons(second), htons(third)};
    char what[128];
    __u16 checksum = summed(words, sizeof words);
    words[0] = htons(after);
    snprintf(what, sizeof what,
             "checksum of the words %04x %04x %04x when the first becomes "
             "%04x",
             before, second, third, after);
    expect_checksum(flow_native_replace16(checksum, htons(before), words[0]),
                    summed(words, sizeof words), what);
}

/* Each combination of words at which something overflows. */
STEP_TEST(words_at_the_edges)
{
    lab_note("packets of three words, all of %s", "0, 1, ff, 100, 7fff, 8000, "
                                                  "ff00, fffe, ffff");
    for (int a = 0; a < EDGES; a++)
        for (int b = 0; b < EDGES; b++)
            for (int c = 0; c < EDGES; c++)
                for (int d = 0; d < EDGES; d++)
                    if (edges[c] != 0 || edges[d] != 0)
                        try_word(edges[a], edges[b], edges[c], edges[d]);
}

/* The same for words of 32 bits, made of two of those. */
STEP_TEST(double_words_at_the_edges)
{
    lab_note("packets of a 32-bit word and one of 16, made of the same");
    for (int i = 0; i < EDGES * EDGES * EDGES * EDGES * EDGES; i++) {
        int digits[5], rest = i;
        for (int d = 0; d < 5; d++, rest /= EDGES)
            digits[d] = rest % EDGES;
        __u16 words[3] = {htons(edges[digits[0]]), htons(edges[digits[1]]),
                          htons(edges[digits[2]])};
        __u32 before, after = (__u32)edges[digits[3]] << 16 | edges[digits[4]];
        char what[128];
        if (words[2] == 0)
            continue;
        __u16 checksum = summed(words, sizeof words);
        memcpy(&before, words, sizeof before);
        after = htonl(after);
        memcpy(words, &after, sizeof after);
        snprintf(what, sizeof what,
                 "checksum of a word %08x and a word %04x when the first "
                 "becomes %08x",
                 ntohl(before), ntohs(words[2]), ntohl(after));
        expect_checksum(flow_native_replace32(checksum, before, after),
                        summed(words, sizeof words), what);
    }
}

/* ---- Packets ---- */

/* What TCP and UDP sum up: a pseudo header, then header and payload. */
struct summed_packet {
    size_t len;
    unsigned char bytes[16 + 16 + 4 + 64];
};

/* Many zeroes and ones among the words, as their sums are at the edges. */
static void draw_words(struct lab_random *random, void *to, size_t len)
{
    unsigned char *bytes = to;
    lab_random_fill(random, to, len);
    for (size_t i = 0; i + 1 < len; i += 2)
        switch (lab_random_below(random, 4)) {
        case 0:
            bytes[i] = bytes[i + 1] = 0;
            break;
        case 1:
            bytes[i] = bytes[i + 1] = 0xff;
            break;
        default:
            break;
        }
}

static struct packet_address draw_address(struct lab_random *random,
                                          int version)
{
    struct packet_address address = {0};
    draw_words(random, address.bytes, version == 4 ? 4 : 16);
    return address;
}

/* An odd length in half of the cases; the last two words are never 0, as the
 * protocol and the length of a packet are not. */
static void draw_packet(struct lab_random *random, struct summed_packet *p)
{
    p->len = 38 + lab_random_below(random, sizeof p->bytes - 38);
    draw_words(random, p->bytes, p->len);
    p->bytes[32] = 0;
    p->bytes[33] = 17;
}

static void put_address(struct summed_packet *p, size_t at,
                        const struct packet_address *address)
{
    memcpy(p->bytes + at, address->bytes, sizeof address->bytes);
}

/* 100,000 packets: an address becomes another, either end, either version. */
STEP_TEST(addresses_in_packets)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    lab_note("%s packets; an address of each is changed", lab_number(PACKETS));
    for (int i = 0; i < PACKETS; i++) {
        struct summed_packet p;
        int version = i % 2 ? 4 : 6;
        size_t at = i % 4 < 2 ? 0 : 16;
        struct packet_address before = draw_address(&random, version);
        struct packet_address after = draw_address(&random, version);
        draw_packet(&random, &p);
        put_address(&p, at, &before);
        __u16 checksum = summed(p.bytes, p.len);
        put_address(&p, at, &after);
        expect_checksum(flow_native_replace_address(checksum, &before, &after),
                        summed(p.bytes, p.len),
                        version == 4 ? "checksum after a new IPv4 address"
                                     : "checksum after a new IPv6 address");
    }
}

/* 100,000 packets: a word of 16 bits and one of 32 become others. */
STEP_TEST(words_in_packets)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    lab_note("%s packets; a word of 16 bits is changed, and one of 32",
             lab_number(PACKETS));
    for (int i = 0; i < PACKETS; i++) {
        struct summed_packet p;
        __u16 before16, after16;
        __u32 before32, after32;
        draw_packet(&random, &p);
        draw_words(&random, &after16, sizeof after16);
        draw_words(&random, &after32, sizeof after32);
        __u16 checksum = summed(p.bytes, p.len);
        memcpy(&before16, p.bytes + 6, sizeof before16);
        memcpy(p.bytes + 6, &after16, sizeof after16);
        checksum = flow_native_replace16(checksum, before16, after16);
        expect_checksum(checksum, summed(p.bytes, p.len),
                        "checksum after a new word of 16 bits");
        memcpy(&before32, p.bytes + 22, sizeof before32);
        memcpy(p.bytes + 22, &after32, sizeof after32);
        checksum = flow_native_replace32(checksum, before32, after32);
        expect_checksum(checksum, summed(p.bytes, p.len),
                        "checksum after a new word of 32 bits");
    }
}

/* What is wrong before is as wrong after: nothing is made right on the way. */
STEP_TEST(wrong_stays_wrong)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    lab_note("10,000 packets whose checksum is 1 too great");
    for (int i = 0; i < 10000; i++) {
        struct summed_packet p;
        struct packet_address before = draw_address(&random, 6);
        struct packet_address after = draw_address(&random, 6);
        draw_packet(&random, &p);
        put_address(&p, 0, &before);
        int right = ntohs(summed(p.bytes, p.len));
        put_address(&p, 0, &after);
        int right_after = ntohs(summed(p.bytes, p.len));
        if (right >= 0xfffe || right_after >= 0xfffe)
            continue;
        expect_checksum(flow_native_replace_address(htons((__u16)(right + 1)),
                                                    &before, &after),
                        htons((__u16)(right_after + 1)),
                        "a checksum that was 1 too great");
    }
}

/* ---- UDP ---- */

/* 0 means that nobody computed it: so it stays. */
STEP_TEST(no_udp_checksum_stays_none)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    lab_note("1,000 packets of UDP without a checksum");
    for (int i = 0; i < 1000; i++) {
        struct packet_address before = draw_address(&random, i % 2 ? 4 : 6);
        struct packet_address after = draw_address(&random, i % 2 ? 4 : 6);
        expect_checksum(flow_native_replace_udp(0, &before, &after), 0,
                        "a UDP checksum of 0");
    }
}

/* The checksum of UDP as RFC 768 has it. */
static __u16 udp_summed(const struct summed_packet *p)
{
    __u16 checksum = summed(p->bytes, p->len);
    return checksum != 0 ? checksum : 0xffff;
}

/* Put into the packet's last word whatever makes the sum come out as 0. */
static void make_sum_zero(struct summed_packet *p)
{
    size_t last = p->len / 2 * 2 - 2;
    p->bytes[last] = p->bytes[last + 1] = 0;
    __u16 missing = summed(p->bytes, p->len);
    memcpy(p->bytes + last, &missing, sizeof missing);
}

static void try_udp(struct lab_random *random, int version, bool zero_before,
                    bool zero_after)
{
    struct summed_packet p;
    struct packet_address before = draw_address(random, version);
    struct packet_address after = draw_address(random, version);
    draw_packet(random, &p);
    put_address(&p, 16, zero_before ? &before : &after);
    if (zero_before || zero_after)
        make_sum_zero(&p);
    put_address(&p, 16, &before);
    __u16 checksum = udp_summed(&p);
    put_address(&p, 16, &after);
    expect_checksum(flow_native_replace_udp(checksum, &before, &after),
                    udp_summed(&p), "a UDP checksum after a new address");
}

/* One that comes out as 0 is sent as 0xffff, and the other way round. */
STEP_TEST(udp_zero_is_sent_as_ones)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    lab_note("10,000 packets whose checksum becomes 0, and so is sent as "
             "0xffff");
    for (int i = 0; i < 10000; i++)
        try_udp(&random, i % 2 ? 4 : 6, false, true);
    lab_note("10,000 packets whose checksum was 0, and so came as 0xffff");
    for (int i = 0; i < 10000; i++)
        try_udp(&random, i % 2 ? 4 : 6, true, false);
}

/* And all others. */
STEP_TEST(udp_in_packets)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    lab_note("%s packets of UDP", lab_number(PACKETS));
    for (int i = 0; i < PACKETS; i++)
        try_udp(&random, i % 2 ? 4 : 6, false, false);
}

/* Nothing changes, and nothing happens. */
STEP_TEST(no_change_no_change)
{
    lab_note("each checksum from 0 to 0xfffe, the same word before and after");
    for (int i = 0; i < 0xffff; i++) {
        __u16 checksum = (__u16)i;
        if (checksum == 0xffff)
            continue;
        expect_checksum(flow_native_replace16(checksum, 0x1234, 0x1234),
                        checksum, "a checksum after no change");
        expect_checksum(flow_native_replace32(checksum, 0xffffffff, 0xffffffff),
                        checksum, "a checksum after no change");
        expect_checksum(flow_native_replace32(checksum, 0, 0), checksum,
                        "a checksum after no change");
    }
}

void checksum_step(void)
{
    lab_step("checksum");
    lab_test(the_example_of_the_rfc);
    lab_test(words_at_the_edges);
    lab_test(double_words_at_the_edges);
    lab_test(words_in_packets);
    lab_test(addresses_in_packets);
    lab_test(wrong_stays_wrong);
    lab_test(no_change_no_change);
    lab_test(no_udp_checksum_stays_none);
    lab_test(udp_zero_is_sent_as_ones);
    lab_test(udp_in_packets);
}
