/*
 * rate_test.c: week 18, step 7: so many packets a second, and no more. Time is
 * what the test writes into the map xdp_clock (xdp_clock.h).
 */
#include "filter_lab.h"
#include "steps.h"

#include <bpf/bpf.h>
#include <stdio.h>

#define NS_A_MS 1000000ULL
#define NS_A_SECOND 1000000000ULL
#define NS_A_YEAR (365 * 24 * 3600 * NS_A_SECOND)

static int clock_map;
static uint64_t now;

static void set_clock(uint64_t ns)
{
    __u32 only = 0;
    __u64 value = ns;
    now = ns;
    lab_sys(bpf_map_update_elem(clock_map, &only, &value, BPF_ANY));
}

static void open_filter_and_clock(void)
{
    filter_lab_open();
    lab_ok(xdp_filter_limit(filter, 0, 1));
    clock_map = bpf_lab_map(filter_program, "xdp_clock");
    set_clock(5 * NS_A_SECOND);
}

static void limit(unsigned rate, unsigned burst)
{
    lab_note("limit: %s a second, %s at once",
             lab_count((intmax_t)rate, "packet"), lab_number((intmax_t)burst));
    lab_ok(xdp_filter_limit(filter, rate, burst));
}

/* ---- Packets ---- */

static void packet_from(struct packet *p, const char *address)
{
    if (strchr(address, ':') != NULL)
        packet_build(p, eth(), ipv6(.from = address), udp());
    else
        packet_build(p, eth(), ipv4(.from = address), udp());
}

/* How many of so many equal packets pass, now. */
static int passing_of(const struct packet *p, int packets)
{
    int passed = 0;
    for (int i = 0; i < packets; i++) {
        struct bpf_answer answer;
        bpf_lab_run_quietly(filter_program, p, &answer);
        passed += answer.verdict == XDP_PASS;
    }
    return passed;
}

static int passing(const char *address, int packets)
{
    struct packet p;
    packet_from(&p, address);
    return passing_of(&p, packets);
}

#define expect_passing(address, packets, expected)                         \
    do {                                                                   \
        lab_note("%s from %s", lab_count((packets), "packet"), (address)); \
        lab_equal(passing((address), (packets)), (expected),               \
                  "packets that pass");                                    \
    } while (0)

#define SOURCE "10.0.0.1"

/* ---- One bucket ---- */

/* Without a limit all pass; with one a burst passes, and the rest does not. */
STEP_TEST(burst_and_no_more)
{
    expect_passing(SOURCE, 50, 50);
    limit(10, 5);
    expect_passing(SOURCE, 20, 5);
    filter_lab_expect_verdicts(.passed = 55, .limited = 15);
    lab_equal(filter_lab_sum().count.packets, 70, "packets in the rows");
}

/* At 10 a second, one more passes each 100 ms, and not a nanosecond before. */
STEP_TEST(refilled_in_time)
{
    uint64_t start = now;
    limit(10, 5);
    expect_passing(SOURCE, 6, 5);
    lab_note("99.999999 ms later");
    set_clock(start + 100 * NS_A_MS - 1);
    expect_passing(SOURCE, 1, 0);
    lab_note("at 100 ms");
    set_clock(start + 100 * NS_A_MS);
    expect_passing(SOURCE, 2, 1);
    lab_note("at 350 ms");
    set_clock(start + 350 * NS_A_MS);
    expect_passing(SOURCE, 4, 2);
    lab_note("at 400 ms");
    set_clock(start + 400 * NS_A_MS);
    expect_passing(SOURCE, 2, 1);
}

/* So many packets a second, when one is tried each so many nanoseconds. */
static void try_often(unsigned rate, uint64_t every_ns, int times)
{
    struct packet p;
    int passed = 0;
    uint64_t start = now;

    limit(rate, 2);
    packet_from(&p, SOURCE);
    lab_note("a packet each %s ns, %s times", lab_number((intmax_t)every_ns),
             lab_number(times));
    for (int i = 0; i < times; i++) {
        set_clock(start + (uint64_t)i * every_ns);
        passed += passing_of(&p, 1);
    }
    int refilled = (int)((uint64_t)(times - 1) * every_ns * rate / NS_A_SECOND);
    lab_at_least(passed, refilled,
                 "packets that pass: those that the rate "
                 "allows");
    lab_at_most(passed, refilled + 2,
                "packets that pass: those that the rate "
                "allows, and the burst of 2");
}

/* Who asks too early loses nothing: fractions of a token are kept. */
STEP_TEST(fractions_are_kept)
{
    try_often(3, NS_A_MS, 5000);
    set_clock(now + NS_A_SECOND);
    try_often(7, 10 * NS_A_MS, 2000);
    set_clock(now + NS_A_SECOND);
    try_often(999983, 700, 5000);
}

/* However long it was silent, a burst passes and no more. */
STEP_TEST(silence_fills_to_the_burst)
{
    static const uint64_t silences[] = {NS_A_SECOND, 60 * NS_A_SECOND,
                                        86400 * NS_A_SECOND, NS_A_YEAR,
                                        100 * NS_A_YEAR};
    limit(20, 8);
    expect_passing(SOURCE, 10, 8);
    for (size_t i = 0; i < sizeof silences / sizeof silences[0]; i++) {
        lab_note("silence of %s seconds",
                 lab_number((intmax_t)(silences[i] / NS_A_SECOND)));
        set_clock(now + silences[i]);
        expect_passing(SOURCE, 30, 8);
    }
}

/* Silence times rate may be a little more than 2^32 or 2^64, of which the lower
 * bits alone would be next to nothing. */
STEP_TEST(silence_overflows_nothing)
{
    static const unsigned rates[] = {65536, 1000000, 3};
    static const uint64_t units[] = {1, 1000, NS_A_MS};
    for (size_t r = 0; r < 3; r++) {
        limit(rates[r], 1);
        for (size_t u = 0; u < 3; u++) {
            for (int bit = 16; bit <= 64; bit++) {
                uint64_t most = bit < 64 ? (1ULL << bit) - 1 : UINT64_MAX;
                uint64_t silence = (most / rates[r] + 1) * units[u];
                if (silence < NS_A_SECOND / rates[r] + 1 || silence > NS_A_YEAR)
                    continue;
                passing(SOURCE, 1);
                set_clock(now + silence);
                lab_equal(passing(SOURCE, 2), 1,
                          "packets that pass of two, %s ns after the last",
                          lab_number((intmax_t)silence));
            }
        }
    }
}

/* ---- The clock ---- */

/* Another processor's clock may be a little behind: that gives nothing. */
STEP_TEST(clock_goes_back_a_little)
{
    uint64_t start = now;
    limit(10, 3);
    expect_passing(SOURCE, 4, 3);
    lab_note("1 microsecond back");
    set_clock(start - 1000);
    expect_passing(SOURCE, 2, 0);
    lab_note("2 seconds back");
    set_clock(start - 2 * NS_A_SECOND);
    expect_passing(SOURCE, 2, 0);
    lab_note("100 ms after the start");
    set_clock(start + 100 * NS_A_MS);
    expect_passing(SOURCE, 3, 1);
}

/* To and fro a thousand times is no time. */
STEP_TEST(clock_to_and_fro)
{
    uint64_t start = now;
    struct packet p;
    int passed = 0;

    limit(1000, 1);
    packet_from(&p, SOURCE);
    expect_passing(SOURCE, 2, 1);
    lab_note("1,000 packets, in turns at one moment and 1 ms before it");
    for (int i = 0; i < 1000; i++) {
        set_clock(i % 2 == 0 ? start : start - NS_A_MS);
        passed += passing_of(&p, 1);
    }
    lab_equal(passed, 0, "packets that pass");
}

/* ---- Many buckets ---- */

/* Each address has a bucket of its own, and all that it sends is one's. */
STEP_TEST(each_source_by_itself)
{
    static const char *const sources[] = {
        "10.0.0.1", "10.0.0.2",  "10.1.0.1", "0.0.0.1", "fd00::1",
        "fd00::2",  "fd00:1::1", "fd01::1",  "::1",     "a00:1::",
    };
    const int count = sizeof sources / sizeof sources[0];
    limit(10, 4);
    for (int i = 0; i < count; i++)
        expect_passing(sources[i], 3, 3);
    for (int i = 0; i < count; i++)
        expect_passing(sources[i], 3, 1);
}

STEP_TEST(all_that_one_source_sends)
{
    struct packet p;
    limit(10, 5);
    lab_note("six different packets from one source");
    packet_build(&p, eth(), ipv4(), tcp(.to = 80));
    lab_equal(passing_of(&p, 1), 1, "TCP that passes");
    packet_build(&p, eth(), ipv4(), udp(.from = 9, .to = 53));
    lab_equal(passing_of(&p, 1), 1, "UDP that passes");
    packet_build(&p, eth(), vlan(.id = 7), ipv4(), tcp());
    lab_equal(passing_of(&p, 1), 1, "tagged packets that pass");
    packet_build(&p, eth(), ipv4(.to = "10.0.0.99"), icmp());
    lab_equal(passing_of(&p, 1), 1, "ICMP that passes");
    packet_build(&p, eth(), ipv4(.fragment = 800), udp());
    lab_equal(passing_of(&p, 1), 1, "later fragments that pass");
    packet_build(&p, eth(), ipv4(), tcp(.to = 443));
    lab_equal(passing_of(&p, 1), 0, "TCP to another port that passes");
    packet_build(&p, eth(), arp());
    lab_equal(passing_of(&p, 20), 20, "ARP that passes, which is no IP");
}

/* ---- The limit itself ---- */

/* It changes while packets come. */
STEP_TEST(limit_changes)
{
    limit(10, 100);
    expect_passing(SOURCE, 20, 20);
    limit(10, 2);
    expect_passing(SOURCE, 20, 2);
    limit(1000, 2);
    lab_note("1 ms later");
    set_clock(now + NS_A_MS);
    expect_passing(SOURCE, 20, 1);
    limit(0, 1);
    expect_passing(SOURCE, 200, 200);
}

STEP_TEST(limit_out_of_range)
{
    limit(10, 5);
    lab_error(xdp_filter_limit(filter, 10, 0), -EINVAL);
    lab_error(xdp_filter_limit(filter, 10, FILTER_LIMIT_MAX + 1), -EINVAL);
    lab_error(xdp_filter_limit(filter, FILTER_LIMIT_MAX + 1, 5), -EINVAL);
    lab_error(xdp_filter_limit(filter, 0, 0), -EINVAL);
    lab_error(xdp_filter_limit(filter, 0xffffffff, 0xffffffff), -EINVAL);
    expect_passing(SOURCE, 20, 5);
    limit(FILTER_LIMIT_MAX, FILTER_LIMIT_MAX);
    expect_passing("10.0.0.2", 20, 20);
}

/* ---- A flood ---- */

/* How many entries the largest of the program's maps may have. */
static long largest_map(void)
{
    int fds[16];
    int count = bpf_lab_maps(filter_program, fds, 16);
    long largest = 0;
    for (int i = 0; i < count; i++) {
        struct bpf_map_info info = {0};
        __u32 len = sizeof info;
        lab_sys(bpf_obj_get_info_by_fd(fds[i], &info, &len));
        if (info.max_entries > largest)
            largest = info.max_entries;
    }
    return largest;
}

/* Let this many sources send a packet each. Returns how many pass. */
static int passing_of_crowd(int sources)
{
    struct packet p;
    int passed = 0;

    packet_build(&p, eth(), ipv4(), udp());
    for (int i = 0; i < sources; i++) {
        struct bpf_answer answer;
        p.bytes[27] = (unsigned char)(i >> 16);
        p.bytes[28] = (unsigned char)(i >> 8);
        p.bytes[29] = (unsigned char)i;
        bpf_lab_run_quietly(filter_program, &p, &answer);
        passed += answer.verdict == XDP_PASS;
    }
    return passed;
}

/* What a source spends on one processor it has not got on another. */
STEP_TEST(one_bucket_on_all_processors)
{
    int processors = bpf_lab_processors();
    limit(10, 4);
    bpf_lab_run_on(0);
    expect_passing(SOURCE, 6, 4);
    for (int i = 1; i < processors && i < 4; i++) {
        lab_note("on the processor with index %d", i);
        bpf_lab_run_on(i);
        expect_passing(SOURCE, 3, 0);
    }
}

/* FILTER_SOURCES_MAX sources are remembered, more or less: of three quarters of
 * them nearly all are. */
STEP_TEST(crowd_of_sources)
{
    const int crowd = FILTER_SOURCES_MAX * 3 / 4;
    limit(10, 1);
    lab_note("one packet each from %s sources, and then another",
             lab_number(crowd));
    lab_equal(passing_of_crowd(crowd), crowd, "first packets that pass");
    lab_at_most(passing_of_crowd(crowd), crowd / 20,
                "second packets that pass");
}

#define FLOOD 100000

/* 100,000 sources: each may begin; who comes after them is limited as who came
 * before; and memory has a bound. */
STEP_TEST(flood_of_sources)
{
    limit(10, 3);
    lab_note("one packet each from %s sources", lab_number(FLOOD));
    lab_equal(passing_of_crowd(FLOOD), FLOOD,
              "packets that pass: the first of each source");
    expect_passing("192.0.2.1", 6, 3);
    expect_passing("2001:db8::1", 6, 3);
    lab_at_most(largest_map(), FILTER_SOURCES_MAX,
                "entries that the largest map of the program may have");
}

void rate_step(void)
{
    lab_step("rate");
    lab_fixture(open_filter_and_clock, filter_lab_close);
    lab_test(burst_and_no_more);
    lab_test(refilled_in_time);
    lab_test(fractions_are_kept);
    lab_test(silence_fills_to_the_burst);
    lab_test(silence_overflows_nothing);
    lab_test(clock_goes_back_a_little);
    lab_test(clock_to_and_fro);
    lab_test(each_source_by_itself);
    lab_test(all_that_one_source_sends);
    lab_test(one_bucket_on_all_processors);
    lab_test(limit_changes);
    lab_test(limit_out_of_range);
    lab_test(crowd_of_sources);
    lab_test(flood_of_sources);
}
