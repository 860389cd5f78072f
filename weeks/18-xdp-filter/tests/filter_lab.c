/*
 * filter_lab.c: see filter_lab.h.
 */
#include "filter_lab.h"

#include "cidr.h"

#include <stdio.h>

struct xdp_filter *filter;
int filter_program;

void filter_lab_open(void)
{
    bpf_lab_listen();
    bpf_lab_ok(xdp_filter_open(&filter));
    filter_program = lab_ok(xdp_filter_program(filter));
}

void filter_lab_close(void)
{
    xdp_filter_close(filter);
    filter = NULL;
}

/* ---- Rows ---- */

/* Two more than there can be, to see that there are not. */
static struct traffic_row rows[FILTER_TRAFFIC_ROWS_MAX + 2];

static int read_rows(struct lab_where where)
{
    int count = lab_ok_at(
        where, xdp_filter_traffic(filter, rows, FILTER_TRAFFIC_ROWS_MAX + 2),
        "xdp_filter_traffic()");
    if (count > FILTER_TRAFFIC_ROWS_MAX)
        lab_bound_at(where, count, -1, FILTER_TRAFFIC_ROWS_MAX,
                     "rows of the table of traffic");
    return count;
}

static bool same_key(const struct traffic_key *one,
                     const struct traffic_key *other)
{
    return memcmp(one, other, sizeof *one) == 0;
}

struct traffic_count filter_lab_count_at(struct lab_where where,
                                         struct traffic_key key)
{
    int row_count = read_rows(where), found = 0;
    struct traffic_count count = {0};
    for (int i = 0; i < row_count; i++) {
        if (!same_key(&rows[i].key, &key))
            continue;
        count = rows[i].count;
        found++;
    }
    lab_bound_at(where, found, -1, 1, "rows of the table with the same key");
    return count;
}

struct filter_lab_sum filter_lab_sum_at(struct lab_where where)
{
    int row_count = read_rows(where);
    struct filter_lab_sum sum = {0};
    for (int i = 0; i < row_count; i++) {
        sum.count.packets += rows[i].count.packets;
        sum.count.bytes += rows[i].count.bytes;
        sum.rows += rows[i].count.packets > 0;
    }
    return sum;
}

void filter_lab_expect_row_at(struct lab_where where, struct traffic_key key,
                              struct traffic_count count, const char *what)
{
    struct traffic_count is = filter_lab_count_at(where, key);
    lab_equal_at(where, (intmax_t)is.packets, (intmax_t)count.packets,
                 "packets in the row for %s", what);
    lab_equal_at(where, (intmax_t)is.bytes, (intmax_t)count.bytes,
                 "bytes in the row for %s", what);
}

/* ---- Verdicts ---- */

void filter_lab_expect_verdicts_at(struct lab_where where,
                                   struct filter_lab_verdicts expected)
{
    __u64 packets[FILTER_VERDICTS];
    memset(packets, 0xa5, sizeof packets);
    lab_ok_at(where, xdp_filter_verdicts(filter, packets),
              "xdp_filter_verdicts()");
    lab_equal_at(where, (intmax_t)packets[FILTER_PASSED], expected.passed,
                 "packets under FILTER_PASSED");
    lab_equal_at(where, (intmax_t)packets[FILTER_BROKEN], expected.broken,
                 "packets under FILTER_BROKEN");
    lab_equal_at(where, (intmax_t)packets[FILTER_BLOCKED], expected.blocked,
                 "packets under FILTER_BLOCKED");
    lab_equal_at(where, (intmax_t)packets[FILTER_LIMITED], expected.limited,
                 "packets under FILTER_LIMITED");
}

/* ---- Networks ---- */

struct network filter_lab_network(const char *text)
{
    struct network network;
    char why[CIDR_WHY_BYTES];
    if (cidr_parse(text, &network, why) < 0)
        lab_fail("%s", why);
    return network;
}

void filter_lab_block_at(struct lab_where where, const char *text)
{
    struct network network = filter_lab_network(text);
    lab_note("block %s", text);
    lab_ok_at(where, xdp_filter_block(filter, &network), "xdp_filter_block()");
}

void filter_lab_unblock_at(struct lab_where where, const char *text)
{
    struct network network = filter_lab_network(text);
    lab_note("unblock %s", text);
    lab_ok_at(where, xdp_filter_unblock(filter, &network),
              "xdp_filter_unblock()");
}
