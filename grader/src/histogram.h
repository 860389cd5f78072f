/*
 * histogram.h: a great many durations in a little memory, after Gil Tene's
 * HdrHistogram: every value is kept with a relative error below 1 %, whether
 * it is a microsecond or a minute, so that a 99.9th percentile is as exact as
 * a median.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

/* Each doubling is cut into 2^7 buckets of one width: 1/128 is below 1 %. */
#define HISTOGRAM_CUT_BITS 7
#define HISTOGRAM_VALUE_BITS 40 /* 2^40 ns are 18 minutes */
#define HISTOGRAM_BUCKETS \
    ((HISTOGRAM_VALUE_BITS - HISTOGRAM_CUT_BITS + 1) << HISTOGRAM_CUT_BITS)

/* All zero is an empty one. */
struct histogram {
    uint64_t count;
    uint64_t max;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* A value of 2^40 and more is counted in the last bucket; max keeps it. */
void histogram_add(struct histogram *histogram, uint64_t value);

/*
 * The value that this share of all values does not exceed: of its bucket the
 * largest value, so that it is never told too small.
 *   percent   0 to 100
 * Returns 0 for an empty histogram.
 */
uint64_t histogram_percentile(const struct histogram *histogram,
                              double percent);

#endif
