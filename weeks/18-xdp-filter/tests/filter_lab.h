/*
 * filter_lab.h: a loaded filter, and what it has counted, for the tests of
 * steps 4 to 7.
 */
#ifndef FILTER_LAB_H
#define FILTER_LAB_H

#include "bpf.h"
#include "xdp_filter.h"

/* The filter of the test that runs, and its program: opened and closed by
 * these, a step's fixture. */
extern struct xdp_filter *filter;
extern int filter_program;
void filter_lab_open(void);
void filter_lab_close(void);

/* What was counted under this key, summed; zeroes if there is no row. Fails if
 * two rows have it. */
#define filter_lab_count(key) filter_lab_count_at(LAB_HERE, (key))
struct traffic_count filter_lab_count_at(struct lab_where where,
                                         struct traffic_key key);

/* All rows together, and how many there are that count anything. */
struct filter_lab_sum {
    struct traffic_count count;
    int rows;
};
#define filter_lab_sum() filter_lab_sum_at(LAB_HERE)
struct filter_lab_sum filter_lab_sum_at(struct lab_where where);

/* The row of this key counts so many packets, and so many bytes. */
#define filter_lab_expect_row(key, packets, bytes, what) \
    filter_lab_expect_row_at(                            \
        LAB_HERE, (key), (struct traffic_count){(packets), (bytes)}, (what))
void filter_lab_expect_row_at(struct lab_where where, struct traffic_key key,
                              struct traffic_count count, const char *what);

/* So many packets passed, and so on. */
struct filter_lab_verdicts {
    long passed, broken, blocked, limited;
};
#define filter_lab_expect_verdicts(...)     \
    filter_lab_expect_verdicts_at(LAB_HERE, \
                                  (struct filter_lab_verdicts){__VA_ARGS__})
void filter_lab_expect_verdicts_at(struct lab_where where,
                                   struct filter_lab_verdicts expected);

/* The network that this text names. */
struct network filter_lab_network(const char *text);

/* Block, or unblock, what this text names. */
#define filter_lab_block(text) filter_lab_block_at(LAB_HERE, (text))
void filter_lab_block_at(struct lab_where where, const char *text);
#define filter_lab_unblock(text) filter_lab_unblock_at(LAB_HERE, (text))
void filter_lab_unblock_at(struct lab_where where, const char *text);

#endif
