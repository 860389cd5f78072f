/*
 * histogram.c: see histogram.h.
 *
 *     value      0 … 127    128 … 255    256 … 511    512 … 1023   …
 *     width        1            1            2            4        …
 *     bucket     0 … 127    128 … 255    256 … 383    384 … 511    …
 */
#include "histogram.h"

#include <math.h>
#include <stddef.h>

#define CUT (1u << HISTOGRAM_CUT_BITS)

/* By how many bits the values of this doubling are shortened. */
static unsigned shift_of(uint64_t value)
{
    if (value < CUT)
        return 0;
    return 63u - (unsigned)__builtin_clzll(value) - HISTOGRAM_CUT_BITS;
}

static size_t bucket_of(uint64_t value)
{
    if (value >> HISTOGRAM_VALUE_BITS)
        return HISTOGRAM_BUCKETS - 1;
    unsigned shift = shift_of(value);
    return ((size_t)shift << HISTOGRAM_CUT_BITS) + (value >> shift);
}

/* The largest value that falls in this bucket. */
static uint64_t top_of(size_t bucket)
{
    if (bucket < 2 * CUT)
        return bucket;
    unsigned shift = (unsigned)(bucket >> HISTOGRAM_CUT_BITS) - 1;
    uint64_t first = (bucket - ((size_t)shift << HISTOGRAM_CUT_BITS)) << shift;
    return first + (1ull << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    histogram->buckets[bucket_of(value)]++;
    histogram->count++;
    if (value > histogram->max)
        histogram->max = value;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
    uint64_t wanted = (uint64_t)ceil((double)histogram->count * percent / 100);
    uint64_t seen = 0;

    if (wanted == 0)
        wanted = 1;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
        seen += histogram->buckets[i];
        if (seen >= wanted)
            return top_of(i) < histogram->max ? top_of(i) : histogram->max;
    }
    return histogram->max;
}
