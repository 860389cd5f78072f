/*
 * bench_stats.h: what is made of the turns of a bench: which count, medians,
 * ratios. No clock, no process: figures in, figures out.
 */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>

/* More of a turn than this share lost to others, and it tells of them. */
#define BENCH_SHARE_LOST_MAX 0.05

enum turn_fate {
    TURN_GOOD,
    TURN_STOLEN,  /* the machine below gave our processors to others */
    TURN_HELD_UP, /* something else ran where we wanted to */
    TURN_FAILED,  /* the program did not serve */
};

/* One program, driven once. */
struct turn {
    enum turn_fate fate;
    double rate; /* messages a second; of load: own, the scene's figure */
    double p50_us, p99_us;
    double cpu_us;     /* of the server's processor time, a message */
    double stolen;     /* share of the turn, of one processor */
    double held_up;    /* share of the turn: the server's or the load's, the
                          greater */
    bool load_limited; /* the load was the bottleneck */
};

struct summary {
    unsigned good, dropped, failed;      /* turns */
    double rate, p50_us, p99_us, cpu_us; /* medians of the good ones */
    bool load_limited;                   /* in most of them */
    unsigned pairs;                      /* good rounds of both */
    double ratio;                 /* rate to the reference's: the median */
    double ratio_low, ratio_high; /* half of the pairs lie between */
};

/* The value below which this share (0 to 1) of them lies, between neighbours
 * in proportion. Sorts the values. Requires: count > 0. */
double quantile(double *values, size_t count, double share);

/* Good, stolen or held up, by its two shares. */
enum turn_fate turn_judge(const struct turn *turn);

/*
 * Sum up a program's turns.
 *   turns, reference   `count` rounds of both, turn i of the same round;
 *                      reference may be turns itself
 */
struct summary turns_sum_up(const struct turn *turns,
                            const struct turn *reference, size_t count);

#endif
