/*
 * count_test.c: week 18, step 4: count by port, on every processor.
 */
#include "filter_lab.h"
#include "model.h"
#include "steps.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>

static struct traffic_key key_of(int version, int protocol, int port)
{
    return (struct traffic_key){
        .version = (__u8)version,
        .protocol = (__u8)protocol,
        .port = htons((uint16_t)port),
    };
}

static void pass(const struct packet *p, int times)
{
    for (int i = 0; i < times; i++)
        bpf_lab_expect(filter_program, p, XDP_PASS, "the verdict");
}

/* ---- Rows ---- */

/* Packets are counted under version, protocol and destination port. */
STEP_TEST(rows_by_port)
{
    struct packet web, dns, web6;
    packet_build(&web, eth(), ipv4(), tcp(.to = 443), payload("hello"));
    packet_build(&dns, eth(), ipv4(), udp(.from = 443, .to = 53));
    packet_build(&web6, eth(), ipv6(), tcp(.to = 443));
    pass(&web, 3);
    pass(&dns, 1);
    pass(&web6, 2);
    filter_lab_expect_row(key_of(4, IPPROTO_TCP, 443), 3, 3 * web.len,
                          "TCP port 443 over IPv4");
    filter_lab_expect_row(key_of(4, IPPROTO_UDP, 53), 1, dns.len,
                          "UDP port 53 over IPv4");
    filter_lab_expect_row(key_of(6, IPPROTO_TCP, 443), 2, 2 * web6.len,
                          "TCP port 443 over IPv6");
    lab_equal(filter_lab_sum().rows, 3, "rows that count packets");
    filter_lab_expect_verdicts(.passed = 6);
}

/* What has no ports is counted under port 0, what is no IP under zeroes. */
STEP_TEST(rows_without_port)
{
    struct packet ping, later, who;
    packet_build(&ping, eth(), ipv4(), icmp());
    packet_build(&later, eth(), ipv4(.fragment = 1480), udp(), payload("rest"));
    packet_build(&who, eth(), arp());
    pass(&ping, 2);
    pass(&later, 3);
    pass(&who, 4);
    filter_lab_expect_row(key_of(4, IPPROTO_ICMP, 0), 2, 2 * ping.len, "ICMP");
    filter_lab_expect_row(key_of(4, IPPROTO_UDP, 0), 3, 3 * later.len,
                          "UDP's later fragments");
    filter_lab_expect_row(key_of(0, 0, 0), 4, 4 * who.len, "no IP");
    lab_equal(filter_lab_sum().rows, 3, "rows that count packets");
}

/* A first fragment has its ports, and counts under them. */
STEP_TEST(row_of_first_fragment)
{
    struct packet first;
    packet_build(&first, eth(), ipv4(.more = true),
                 udp(.to = 53, .wrong_length = 3000),
                 payload("16 bytes of it."));
    pass(&first, 2);
    filter_lab_expect_row(key_of(4, IPPROTO_UDP, 53), 2, 2 * first.len,
                          "UDP port 53");
    lab_equal(filter_lab_sum().rows, 1, "rows that count packets");
}

/* A VLAN tag makes no row of its own; padding counts as bytes of the frame. */
STEP_TEST(rows_of_tagged_and_padded)
{
    struct packet plain, tagged;
    packet_build(&plain, eth(), ipv4(), udp(.to = 53));
    packet_build(&tagged, eth(), vlan(.id = 7), ipv4(), udp(.to = 53));
    while (plain.len < 60)
        plain.bytes[plain.len++] = 0;
    pass(&plain, 1);
    pass(&tagged, 1);
    filter_lab_expect_row(key_of(4, IPPROTO_UDP, 53), 2, 60 + tagged.len,
                          "UDP port 53");
}

/* ---- Verdicts ---- */

/* A broken packet is dropped, and in no row. */
STEP_TEST(broken_is_dropped)
{
    struct packet good, bad;
    packet_build(&good, eth(), ipv4(), tcp());
    packet_build(&bad, eth(), ipv4(.wrong_ihl = 4), tcp());
    pass(&good, 1);
    bpf_lab_expect(filter_program, &bad, XDP_DROP, "the verdict");
    packet_build(&bad, eth(), ipv6(.wrong_length = 500), tcp());
    bpf_lab_expect(filter_program, &bad, XDP_DROP, "the verdict");
    filter_lab_expect_verdicts(.passed = 1, .broken = 2);
    lab_equal(filter_lab_sum().count.packets, 1, "packets in the rows");
}

/* What passes is not changed. */
STEP_TEST(passed_unchanged)
{
    struct packet p;
    struct bpf_answer answer;
    packet_build(&p, eth(), vlan(.id = 3), ipv4(.options = 8), tcp(),
                 payload("as it is"));
    bpf_lab_run(filter_program, &p, &answer);
    packet_same(&answer.packet, &p, "what passed");
}

/* ---- All processors ---- */

/* What one processor has counted is not lost when another counts. */
STEP_TEST(every_processor_counts)
{
    int processors = bpf_lab_processors();
    struct packet p;
    packet_build(&p, eth(), ipv4(), udp(.to = 53));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < processors; i++) {
            lab_note("10 packets on the processor with index %d", i);
            bpf_lab_run_on(i);
            for (int k = 0; k < 10; k++)
                bpf_lab_run_quietly(filter_program, &p,
                                    &(struct bpf_answer){0});
        }
    }
    filter_lab_expect_row(key_of(4, IPPROTO_UDP, 53), 20 * processors,
                          20 * processors * p.len, "UDP port 53");
    filter_lab_expect_verdicts(.passed = 20 * processors);
}

#define STORM_PACKETS 100000
#define STORM_ROUNDS 4

struct storm {
    int processor;
    const struct packet *packet;
    pthread_barrier_t *start;
    int err;
};

static void *storm(void *argument)
{
    struct storm *s = argument;
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = s->packet->bytes,
                .data_size_in = (__u32)s->packet->len, .repeat = STORM_PACKETS);
    bpf_lab_run_on(s->processor);
    pthread_barrier_wait(s->start);
    s->err = bpf_prog_test_run_opts(filter_program, &options);
    return NULL;
}

/* One packet on two processors at the same time, or where there is one
 * processor, in turns. */
static void storm_on_two(const struct packet *p)
{
    pthread_barrier_t start;
    pthread_t threads[2];
    struct storm storms[2];

    pthread_barrier_init(&start, NULL, 2);
    for (int i = 0; i < 2; i++) {
        storms[i] = (struct storm){.processor = i % bpf_lab_processors(),
                                   .packet = p,
                                   .start = &start};
        lab_equal(pthread_create(&threads[i], NULL, storm, &storms[i]), 0,
                  "pthread_create()");
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        lab_ok(storms[i].err);
    }
    pthread_barrier_destroy(&start);
}

/* Two processors count in the same row at the same moment. */
STEP_TEST(two_at_once)
{
    const long total = 2L * STORM_PACKETS * STORM_ROUNDS;
    struct packet p;
    packet_build(&p, eth(), ipv4(), udp(.to = 53));
    lab_note("two processors, %s packets each, all for UDP port 53",
             lab_number((intmax_t)STORM_PACKETS * STORM_ROUNDS));
    for (int round = 0; round < STORM_ROUNDS; round++)
        storm_on_two(&p);
    filter_lab_expect_row(key_of(4, IPPROTO_UDP, 53), total,
                          total * (long)p.len, "UDP port 53");
    filter_lab_expect_verdicts(.passed = total);
}

/* Two threads that meet before each new port. */
#define RACE_PORTS 300

struct race {
    int processor;
    int *arrived;
    int err;
};

/* Both of them have come so far: the second of the pair goes on at once, and
 * the first sees it a moment later. */
static void meet(int *arrived, int so_many)
{
    __atomic_add_fetch(arrived, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(arrived, __ATOMIC_ACQUIRE) < so_many)
        continue;
}

static void *race(void *argument)
{
    struct race *r = argument;
    struct packet p;
    bpf_lab_run_on(r->processor);
    for (int i = 0; i < RACE_PORTS; i++) {
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = p.bytes);
        packet_build(&p, eth(), ipv4(), tcp(.to = 1 + i));
        options.data_size_in = (__u32)p.len;
        meet(r->arrived, 2 * (i + 1));
        int err = bpf_prog_test_run_opts(filter_program, &options);
        r->err = r->err < 0 ? r->err : err;
    }
    return NULL;
}

/* Two processors make the same row at the same moment: one of them comes too
 * late, and its packet belongs into that row all the same. */
STEP_TEST(two_make_a_row)
{
    int arrived = 0;
    struct race races[2] = {{0, &arrived, 0}, {1, &arrived, 0}};
    pthread_t threads[2];
    if (bpf_lab_processors() < 2) {
        lab_note("this takes two processors");
        return;
    }
    lab_note("two processors, each a packet to the TCP ports 1 to %s, both to "
             "the same at the same time",
             lab_number(RACE_PORTS));
    for (int i = 0; i < 2; i++)
        lab_equal(pthread_create(&threads[i], NULL, race, &races[i]), 0,
                  "pthread_create()");
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        lab_ok(races[i].err);
    }
    lab_equal(filter_lab_count(FILTER_OTHERS).packets, 0,
              "packets in the row FILTER_OTHERS, with room for all");
    struct filter_lab_sum sum = filter_lab_sum();
    lab_equal(sum.rows, RACE_PORTS, "rows that count packets");
    lab_equal(sum.count.packets, 2 * RACE_PORTS, "packets in them together");
    filter_lab_expect_verdicts(.passed = 2 * RACE_PORTS);
}

/* ---- A full table ---- */

static void scan(int first, int last)
{
    struct packet p;
    lab_note("one packet each to the TCP ports %d to %d", first, last);
    for (int port = first; port <= last; port++) {
        struct bpf_answer answer;
        packet_build(&p, eth(), ipv4(), tcp(.to = port));
        bpf_lab_run_quietly(filter_program, &p, &answer);
        lab_same_text(bpf_verdict_text(answer.verdict), "XDP_PASS",
                      "the verdict on TCP port %d", port);
    }
}

/* Whoever scans all ports fills the table; what comes then is counted under
 * FILTER_OTHERS, and rows that are there go on. */
STEP_TEST(more_ports_than_rows)
{
    const int ports = 5000;
    struct packet p;

    packet_build(&p, eth(), ipv4(), udp(.to = 53));
    pass(&p, 1);
    scan(1, ports);
    struct filter_lab_sum sum = filter_lab_sum();
    lab_equal(sum.count.packets, ports + 1, "packets in the rows together");
    lab_equal(sum.rows, FILTER_TRAFFIC_ROWS_MAX, "rows that count packets");
    lab_equal(filter_lab_count(FILTER_OTHERS).packets,
              ports + 1 - (FILTER_TRAFFIC_ROWS_MAX - 1),
              "packets in the row FILTER_OTHERS");

    pass(&p, 1);
    filter_lab_expect_row(key_of(4, IPPROTO_UDP, 53), 2, 2 * p.len,
                          "UDP port 53, which came before the table was full");
    scan(1, ports);
    lab_equal(filter_lab_sum().count.packets, 2 * ports + 2,
              "packets in the rows together");
    filter_lab_expect_verdicts(.passed = 2 * ports + 2);
}

/* The table is read into as many rows as there is room for. */
STEP_TEST(less_room_than_rows)
{
    scan(1, 20);
    int all = lab_ok(xdp_filter_traffic(filter, NULL, 0));
    lab_at_least(all, 20, "what xdp_filter_traffic() returns, with no room");
    for (int max = 1; max <= 10; max++) {
        /* A row too many is one that AddressSanitizer sees. */
        struct traffic_row *few = malloc((size_t)max * sizeof *few);
        int count = lab_ok(xdp_filter_traffic(filter, few, (size_t)max));
        lab_equal(count, all,
                  "what xdp_filter_traffic() returns, with room "
                  "for %s",
                  lab_count(max, "row"));
        free(few);
    }
}

/* ---- All of it ---- */

/* Damaged packets: what the kernel's copy of the parser drops is what the
 * tests' own parser calls broken, and each packet is counted once. */
STEP_TEST(damaged_packets_are_counted)
{
    struct packet bases[4];
    struct lab_random random;
    long passed = 0, broken = 0, bytes = 0;

    packet_build(&bases[0], eth(), ipv4(.options = 12), tcp(), payload("abc"));
    packet_build(&bases[1], eth(), ipv6(), udp(), payload("abc"));
    packet_build(&bases[2], eth(), vlan(.id = 5), ipv4(), udp());
    packet_build(&bases[3], eth(), ipv4(.more = true), tcp(), payload("abcd"));
    lab_random_init(&random, 0);
    lab_note("4,000 packets, damaged at random");
    for (int i = 0; i < 4000; i++) {
        struct packet p = bases[lab_random_below(&random, 4)];
        struct model model;
        struct bpf_answer answer;
        packet_mutate(&p, &random);
        model_parse(&model, p.bytes, p.len, false);
        bpf_lab_run_quietly(filter_program, &p, &answer);
        if (!model.extended)
            lab_same_text(bpf_verdict_text(answer.verdict),
                          model.broken ? "XDP_DROP" : "XDP_PASS",
                          "the verdict on packet %d, %s", i + 1,
                          packet_text(&p));
        passed += answer.verdict == XDP_PASS;
        broken += answer.verdict == XDP_DROP;
        bytes += answer.verdict == XDP_PASS ? (long)p.len : 0;
    }
    filter_lab_expect_verdicts(.passed = passed, .broken = broken);
    lab_equal(filter_lab_sum().count.packets, passed, "packets in the rows");
    lab_equal(filter_lab_sum().count.bytes, bytes, "bytes in the rows");
}

/* Two filters in one process count by themselves. */
STEP_TEST(two_filters)
{
    struct xdp_filter *other, *first = filter;
    struct packet p;
    packet_build(&p, eth(), ipv4(), tcp());
    pass(&p, 2);
    bpf_lab_ok(xdp_filter_open(&other));
    bpf_lab_expect(xdp_filter_program(other), &p, XDP_PASS,
                   "the verdict of a second filter");
    filter_lab_expect_verdicts(.passed = 2);
    filter = other;
    filter_lab_expect_verdicts(.passed = 1);
    filter = first;
    xdp_filter_close(other);
}

void count_step(void)
{
    lab_step("count");
    lab_fixture(filter_lab_open, filter_lab_close);
    lab_test(rows_by_port);
    lab_test(rows_without_port);
    lab_test(row_of_first_fragment);
    lab_test(rows_of_tagged_and_padded);
    lab_test(broken_is_dropped);
    lab_test(passed_unchanged);
    lab_test(every_processor_counts);
    lab_test(more_ports_than_rows);
    lab_test(less_room_than_rows);
    lab_test(two_at_once);
    lab_test(two_make_a_row);
    lab_test(damaged_packets_are_counted);
    lab_test(two_filters);
}
