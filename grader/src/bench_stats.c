/*
 * bench_stats.c: see bench_stats.h.
 *
 * A ratio is taken within a round and then the median of these, not the ratio
 * of two medians: the machine's speed changes from minute to minute, and two
 * turns next to each other share it.
 */
#include "bench_stats.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double quantile(double *values, size_t count, double share)
{
    qsort(values, count, sizeof *values, compare);
    double place = share * (double)(count - 1);
    size_t below = (size_t)place;
    size_t above = below + 1 < count ? below + 1 : below;

    return values[below] +
           (values[above] - values[below]) * (place - (double)below);
}

enum turn_fate turn_judge(const struct turn *turn)
{
    if (turn->stolen > BENCH_SHARE_LOST_MAX)
        return TURN_STOLEN;
    if (turn->held_up > BENCH_SHARE_LOST_MAX)
        return TURN_HELD_UP;
    return TURN_GOOD;
}

/* ---- Medians ---- */

static double rate_of(const struct turn *turn)
{
    return turn->rate;
}

static double p50_of(const struct turn *turn)
{
    return turn->p50_us;
}

static double p99_of(const struct turn *turn)
{
    return turn->p99_us;
}

static double cpu_of(const struct turn *turn)
{
    return turn->cpu_us;
}

/* Of one figure of the good turns; 0 where there is none. */
static double median_of(const struct turn *turns, size_t count,
                        double (*figure)(const struct turn *), double *room)
{
    size_t good = 0;

    for (size_t i = 0; i < count; i++)
        if (turns[i].fate == TURN_GOOD)
            room[good++] = figure(&turns[i]);
    return good > 0 ? quantile(room, good, 0.5) : 0;
}

static void count_fates(const struct turn *turns, size_t count,
                        struct summary *sum)
{
    unsigned limited = 0;

    for (size_t i = 0; i < count; i++) {
        sum->good += turns[i].fate == TURN_GOOD;
        sum->failed += turns[i].fate == TURN_FAILED;
        sum->dropped +=
            turns[i].fate == TURN_STOLEN || turns[i].fate == TURN_HELD_UP;
        limited += turns[i].fate == TURN_GOOD && turns[i].load_limited;
    }
    sum->load_limited = limited * 2 > sum->good;
}

static void set_ratio(const struct turn *turns, const struct turn *reference,
                      size_t count, double *room, struct summary *sum)
{
    for (size_t i = 0; i < count; i++)
        if (turns[i].fate == TURN_GOOD && reference[i].fate == TURN_GOOD &&
            reference[i].rate > 0)
            room[sum->pairs++] = turns[i].rate / reference[i].rate;
    if (sum->pairs == 0)
        return;
    sum->ratio = quantile(room, sum->pairs, 0.5);
    sum->ratio_low = quantile(room, sum->pairs, 0.25);
    sum->ratio_high = quantile(room, sum->pairs, 0.75);
}

struct summary turns_sum_up(const struct turn *turns,
                            const struct turn *reference, size_t count)
{
    struct summary sum = {0};
    double *room = calloc(count + 1, sizeof *room);

    if (!room)
        abort();
    count_fates(turns, count, &sum);
    sum.rate = median_of(turns, count, rate_of, room);
    sum.p50_us = median_of(turns, count, p50_of, room);
    sum.p99_us = median_of(turns, count, p99_of, room);
    sum.cpu_us = median_of(turns, count, cpu_of, room);
    set_ratio(turns, reference, count, room, &sum);
    free(room);
    return sum;
}
