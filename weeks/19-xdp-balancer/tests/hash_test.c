/*
 * hash_test.c: week 19, step 1: a number for a flow.
 *
 * What is asked is what a random function does, and each bound is so wide that
 * one out of a thousand million runs of a random function may miss it, or less.
 */
#include "flow_native.h"
#include "lab.h"
#include "steps.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands in struct flow before `unused`. */
#define FLOW_BITS (8 * (int)offsetof(struct flow, unused))
#define HASH_BITS 64
#define ADDRESS_BITS 128

/* ---- Flows ---- */

static struct flow any_flow(struct lab_random *random, int version)
{
    struct flow flow = {0};
    size_t address_bytes = version == 4 ? 4 : 16;
    lab_random_fill(random, flow.source.bytes, address_bytes);
    lab_random_fill(random, flow.destination.bytes, address_bytes);
    lab_random_fill(random, &flow.source_port, sizeof flow.source_port);
    lab_random_fill(random, &flow.destination_port,
                    sizeof flow.destination_port);
    flow.protocol = lab_random_below(random, 2) ? IPPROTO_TCP : IPPROTO_UDP;
    return flow;
}

/* Every flow of a numbered set has this to begin with. */
static struct flow usual_flow(int version)
{
    struct flow flow = {
        .source_port = htons(40000),
        .destination_port = htons(443),
        .protocol = IPPROTO_TCP,
    };
    inet_pton(version == 4 ? AF_INET : AF_INET6,
              version == 4 ? "10.0.0.1" : "2001:db8::1", &flow.source);
    inet_pton(version == 4 ? AF_INET : AF_INET6,
              version == 4 ? "192.0.2.80" : "2001:db8:1::80",
              &flow.destination);
    return flow;
}

static void set_word(unsigned char *bytes, unsigned number)
{
    bytes[0] = (unsigned char)(number >> 8);
    bytes[1] = (unsigned char)number;
}

/* Seeds that people choose, and one that is drawn. */
#define SEEDS 6
static uint64_t nth_seed(int index, struct lab_random *random)
{
    static const uint64_t usual[SEEDS - 1] = {0, 1, 2, ~0ull, 1ull << 32};
    return index < SEEDS - 1 ? usual[index] : lab_random_next(random);
}

static const char *seed_text(uint64_t seed)
{
    static char text[32];
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)seed);
    return text;
}

/* ---- A number at all ---- */

/* Two flows have two numbers. */
STEP_TEST(flows_have_numbers)
{
    struct flow one = usual_flow(4), other = usual_flow(4);
    other.source_port = htons(40001);
    lab_note("TCP 10.0.0.1:40000 > 192.0.2.80:443, and the same from 40001");
    lab_check(flow_native_hash(&one, 7) != flow_native_hash(&other, 7),
              "two flows have two numbers");
}

/* Equal flows have equal numbers, wherever they lie in memory. */
STEP_TEST(equal_flows_have_equal_numbers)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    lab_note("1,000 flows, each at three places in memory");
    for (int i = 0; i < 1000; i++) {
        struct flow flow = any_flow(&random, i % 2 ? 4 : 6);
        uint64_t seed = lab_random_next(&random);
        uint64_t hash = flow_native_hash(&flow, seed);
        /* As far from the beginning of a block as its alignment allows. */
        for (size_t offset = 0; offset <= 8; offset += 4) {
            char *block = malloc(offset + sizeof flow);
            memcpy(block + offset, &flow, sizeof flow);
            uint64_t again = flow_native_hash((void *)(block + offset), seed);
            free(block);
            lab_check(again == hash, "a flow has one number, wherever it lies");
        }
    }
}

/* There and back are two flows; so are those whose ports changed sides. */
STEP_TEST(two_ends_are_not_alike)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    lab_note("1,000 flows, each with its two addresses exchanged, its two "
             "ports, and both");
    for (int i = 0; i < 1000; i++) {
        struct flow flow = any_flow(&random, i % 2 ? 4 : 6);
        struct flow addresses = flow, ports = flow;
        addresses.source = flow.destination;
        addresses.destination = flow.source;
        ports.source_port = flow.destination_port;
        ports.destination_port = flow.source_port;
        struct flow both = addresses;
        both.source_port = flow.destination_port;
        both.destination_port = flow.source_port;

        uint64_t hash = flow_native_hash(&flow, 7);
        lab_check(flow_native_hash(&addresses, 7) != hash,
                  "a flow has another number when its addresses change sides");
        lab_check(flow.source_port == flow.destination_port ||
                      flow_native_hash(&ports, 7) != hash,
                  "a flow has another number when its ports change sides");
        lab_check(flow_native_hash(&both, 7) != hash,
                  "a flow has another number than its way back");
    }
}

/* ---- One bit ---- */

/*
 * A bit of a random function's number changes in half of the cases. In 2,000
 * of them the share has a standard deviation of 1.12 %, so 40 and 60 % are 8.9
 * of these away: missed once in 10^18 trials, and there are about 10^5.
 */
#define BIT_CASES 2000

/* A bit of what goes in: of the flow, then of the seed. */
static void flip(struct flow *flow, uint64_t *seed, int bit)
{
    if (bit < FLOW_BITS)
        ((unsigned char *)flow)[bit / 8] ^= (unsigned char)(1 << bit % 8);
    else
        *seed ^= 1ull << (bit - FLOW_BITS);
}

static const char *bit_text(int bit)
{
    static char text[80];
    static const struct {
        const char *name;
        int end;
    } fields[] = {
        {"source address", ADDRESS_BITS},
        {"destination address", 2 * ADDRESS_BITS},
        {"source port", 2 * ADDRESS_BITS + 16},
        {"destination port", 2 * ADDRESS_BITS + 32},
        {"protocol", FLOW_BITS},
        {"seed", FLOW_BITS + 64},
    };
    int begin = 0, i = 0;
    for (; bit >= fields[i].end; i++)
        begin = fields[i].end;
    snprintf(text, sizeof text, "bit %d of byte %d of the %s",
             (bit - begin) % 8, (bit - begin) / 8, fields[i].name);
    return text;
}

/* An IPv4 address has 32 bits. */
static bool is_there(int bit, int version)
{
    return version == 6 || bit >= 2 * ADDRESS_BITS || bit % ADDRESS_BITS < 32;
}

/* How often each bit was 1 in some numbers. They are added up eight at a time:
 * lane n holds, in each of its bytes, the count of one bit. */
struct bit_counts {
    int counts[HASH_BITS];
    uint64_t lanes[8];
    int added;
};

static void bits_flush(struct bit_counts *c)
{
    for (int bit = 0; bit < HASH_BITS; bit++)
        c->counts[bit] += (int)(c->lanes[bit % 8] >> (bit / 8 * 8) & 0xff);
    memset(c->lanes, 0, sizeof c->lanes);
    c->added = 0;
}

static void bits_add(struct bit_counts *c, uint64_t number)
{
    for (int lane = 0; lane < 8; lane++)
        c->lanes[lane] += number >> lane & 0x0101010101010101;
    if (++c->added == 255)
        bits_flush(c);
}

static void try_bit(int bit, const uint64_t *fixed_seed, int version,
                    struct lab_random *random)
{
    struct bit_counts flips = {0};
    for (int i = 0; i < BIT_CASES; i++) {
        struct flow flow = any_flow(random, version);
        uint64_t seed = fixed_seed ? *fixed_seed : lab_random_next(random);
        uint64_t before = flow_native_hash(&flow, seed);
        flip(&flow, &seed, bit);
        bits_add(&flips, before ^ flow_native_hash(&flow, seed));
    }
    bits_flush(&flips);
    for (int out = 0; out < HASH_BITS; out++) {
        int count = flips.counts[out];
        if (count < BIT_CASES * 2 / 5 || count > BIT_CASES * 3 / 5)
            lab_fail("when %s changes, bit %d of the hash changes in %d of "
                     "%s flows; it should in about half",
                     bit_text(bit), out, count, lab_number(BIT_CASES));
    }
}

static void try_bits(int bit_count, const uint64_t *fixed_seed, int version,
                     struct lab_random *random)
{
    lab_note("flows of IPv%d, %s: one bit is changed, and each of the 64 bits "
             "of the hash looked at",
             version,
             fixed_seed ? seed_text(*fixed_seed) : "each with another seed");
    for (int bit = 0; bit < bit_count; bit++)
        if (is_there(bit, version))
            try_bit(bit, fixed_seed, version, random);
}

/* Each bit of flow and seed changes half of the bits of the number. */
STEP_TEST(each_bit_counts)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    try_bits(FLOW_BITS + 64, NULL, 4, &random);
    try_bits(FLOW_BITS + 64, NULL, 6, &random);
}

/* Whatever the seed. 0 is one, and whoever sets none has that. */
STEP_TEST(each_bit_counts_with_usual_seeds)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    for (int i = 0; i < SEEDS; i++) {
        uint64_t seed = nth_seed(i, &random);
        try_bits(FLOW_BITS, &seed, 4, &random);
    }
}

/* ---- Flows that are numbered through ---- */

#define SEQUENCE 65536

struct sequence {
    const char *name;
    int version;
    void (*number)(struct flow *flow, unsigned number);
};

static void by_source_port(struct flow *flow, unsigned number)
{
    flow->source_port = htons((uint16_t)number);
}

static void by_destination_port(struct flow *flow, unsigned number)
{
    flow->destination_port = htons((uint16_t)number);
}

static void by_both_ports(struct flow *flow, unsigned number)
{
    flow->source_port = htons((uint16_t)number);
    flow->destination_port = htons((uint16_t)number);
}

static void by_last_bytes(struct flow *flow, unsigned number)
{
    set_word(flow->source.bytes + 2, number);
}

static void by_first_bytes(struct flow *flow, unsigned number)
{
    set_word(flow->source.bytes, number);
}

static void by_service(struct flow *flow, unsigned number)
{
    set_word(flow->destination.bytes + 2, number);
}

static void by_address_and_port(struct flow *flow, unsigned number)
{
    flow->source.bytes[3] = (unsigned char)(number >> 8);
    flow->source_port = htons((uint16_t)(40000 + number % 256));
}

static void by_interface_id(struct flow *flow, unsigned number)
{
    set_word(flow->source.bytes + 14, number);
}

static void by_prefix(struct flow *flow, unsigned number)
{
    set_word(flow->source.bytes + 6, number);
}

static const struct sequence sequences[] = {
    {"source ports from 0 to 65,535", 4, by_source_port},
    {"destination ports from 0 to 65,535", 4, by_destination_port},
    {"both ports from 0 to 65,535, the same", 4, by_both_ports},
    {"sources 10.0.0.0/16, each once", 4, by_last_bytes},
    {"sources of each /16, each once", 4, by_first_bytes},
    {"services 192.0.0.0/16, each once", 4, by_service},
    {"256 sources with 256 ports each", 4, by_address_and_port},
    {"IPv6 sources, by their last 16 bits", 6, by_interface_id},
    {"IPv6 sources, by the last 16 bits of their /64", 6, by_prefix},
    {"IPv6, source ports from 0 to 65,535", 6, by_source_port},
};

static uint64_t nth_hash(const struct sequence *sequence, unsigned number,
                         uint64_t seed)
{
    struct flow flow = usual_flow(sequence->version);
    sequence->number(&flow, number);
    return flow_native_hash(&flow, seed);
}

/*
 * Chi-square over 256 buckets, of which each should get 256: a random function
 * has 255 with a standard deviation of 22.6, and over 470 once in 10^13 times
 * (Wilson and Hilferty: 7.5 sigma).
 */
#define BUCKETS 256
#define CHI_SQUARE_MAX 470

static double chi_square(const int counts[BUCKETS])
{
    double sum = 0, fair = (double)SEQUENCE / BUCKETS;
    for (int i = 0; i < BUCKETS; i++)
        sum += (counts[i] - fair) * (counts[i] - fair) / fair;
    return sum;
}

static void expect_spread(const int counts[BUCKETS], const char *buckets)
{
    double sum = chi_square(counts);
    int least = counts[0], most = counts[0];
    for (int i = 1; i < BUCKETS; i++) {
        least = counts[i] < least ? counts[i] : least;
        most = counts[i] > most ? counts[i] : most;
    }
    if (sum > CHI_SQUARE_MAX)
        lab_fail("by %s, 256 buckets get from %d to %d flows each, in place "
                 "of about 256: chi-square is %.0f, over %d",
                 buckets, least, most, sum, CHI_SQUARE_MAX);
}

static void try_sequence(const struct sequence *sequence, uint64_t seed)
{
    int low[BUCKETS] = {0}, high[BUCKETS] = {0}, entry[BUCKETS] = {0};
    for (unsigned i = 0; i < SEQUENCE; i++) {
        uint64_t hash = nth_hash(sequence, i, seed);
        low[hash & 255]++;
        high[hash >> 56]++;
        entry[((hash >> 32) * 65537 >> 32) & 255]++;
    }
    expect_spread(low, "the low byte of the hash");
    expect_spread(high, "the high byte of the hash");
    expect_spread(entry, "the low byte of its entry in a Maglev table");
}

/* Flows that differ by a count are spread as evenly as chance would. */
STEP_TEST(numbered_flows_spread)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    for (int i = 0; i < SEEDS; i++) {
        uint64_t seed = nth_seed(i, &random);
        for (size_t s = 0; s < sizeof sequences / sizeof sequences[0]; s++) {
            lab_note("%s, seed %s", sequences[s].name, seed_text(seed));
            try_sequence(&sequences[s], seed);
        }
    }
}

/*
 * Of two neighbours half of the bits differ: over 65,535 pairs 32 of 64, with
 * a standard deviation of the mean of 0.016.
 */
STEP_TEST(neighbours_differ_in_half_of_the_bits)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    for (size_t s = 0; s < sizeof sequences / sizeof sequences[0]; s++) {
        uint64_t seed = nth_seed((int)s % SEEDS, &random);
        uint64_t before = nth_hash(&sequences[s], 0, seed);
        long bits = 0;
        lab_note("%s, seed %s", sequences[s].name, seed_text(seed));
        for (unsigned i = 1; i < SEQUENCE; i++) {
            uint64_t hash = nth_hash(&sequences[s], i, seed);
            bits += __builtin_popcountll(hash ^ before);
            before = hash;
        }
        double mean = (double)bits / (SEQUENCE - 1);
        if (mean < 31 || mean > 33)
            lab_fail("between neighbours %.1f bits of the hash differ, in "
                     "place of about 32",
                     mean);
    }
}

/* ---- No two alike ---- */

#define FLOWS 200000

static int by_value(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

/* 64 bits and 200,000 flows: a random function has two alike once in 10^9
 * runs. Each flow here is another, by its number. */
STEP_TEST(no_two_alike)
{
    uint64_t *hashes = malloc(FLOWS * sizeof *hashes);
    struct lab_random random;
    lab_random_init(&random, 0);
    uint64_t seed = lab_random_next(&random);
    lab_note("%s flows: 500 sources with 400 ports each", lab_number(FLOWS));
    for (unsigned i = 0; i < FLOWS; i++) {
        struct flow flow = usual_flow(4);
        set_word(flow.source.bytes + 2, i / 400);
        flow.source_port = htons((uint16_t)(1024 + i % 400));
        hashes[i] = flow_native_hash(&flow, seed);
    }
    qsort(hashes, FLOWS, sizeof *hashes, by_value);
    int alike = 0;
    for (int i = 1; i < FLOWS; i++)
        alike += hashes[i] == hashes[i - 1];
    free(hashes);
    lab_equal(alike, 0, "flows with the number of another");
}

void hash_step(void)
{
    lab_step("hash");
    lab_test(flows_have_numbers);
    lab_test(equal_flows_have_equal_numbers);
    lab_test(two_ends_are_not_alike);
    lab_test(each_bit_counts);
    lab_test(each_bit_counts_with_usual_seeds);
    lab_test(numbered_flows_spread);
    lab_test(neighbours_differ_in_half_of_the_bits);
    lab_test(no_two_alike);
}
