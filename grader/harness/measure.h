/*
 * measure.h: main() of a program that measures a week's module for `grade
 * bench` (load: own; grader/src/bench_own.h says how it is asked).
 *
 *     static int measure_append(struct measure *m)
 *     {
 *         measure_begin(m);
 *         for (long i = 0; !measure_is_over(m); i++) …
 *         measure_end(m);
 *         return measure_value(m, nanoseconds / appends);
 *     }
 *
 *     static const struct measure_scene scenes[] = {
 *         {"append", "ns", MEASURE_LESS, "one append of 64 bytes",
 *          measure_append, 1},
 *         {0}};
 *
 *     int main(int argc, char **argv)
 *     {
 *         return measure_main(argc, argv, scenes);
 *     }
 *
 * A scene returns by one of measure_value(), measure_cannot(),
 * measure_apart() and measure_failed().
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>
#include <stdint.h>

struct measure {
    const char *subject; /* a peer's; NULL: the module */
    double seconds;      /* for about so long */
    int cpu;             /* the process is pinned to it, in scenes of one */
    int other_cpu;       /* another one; cpu where there is no other */
    /* measure.c's */
    int processors;
    int64_t began_ns, waited_ns;
    double stolen;
    struct {
        double seconds, stolen, held_up;
    } sum; /* of what lay between begin and end */
};

enum measure_better { MEASURE_LESS, MEASURE_MORE };

struct measure_scene {
    const char *name; /* NULL ends the list */
    const char *unit; /* one word: "ns", "packets/s" */
    enum measure_better better;
    const char *title;
    int (*run)(struct measure *m);
    int processors; /* 1: the process is pinned to one; 2: the scene pins */
};

/* Do what argv says with these scenes. Returns main()'s status. */
int measure_main(int argc, char **argv, const struct measure_scene *scenes);

/* What lies between the two is what was measured, all pairs together: the turn
 * does not count where too much of it was others'. measure_end() returns how
 * many seconds it was. */
void measure_begin(struct measure *m);
double measure_end(struct measure *m);

/* How long others kept us from running is told by the scene itself: one of many
 * threads that wait for each other. */
void measure_held_up(struct measure *m, double seconds);

/* Monotonic nanoseconds. */
int64_t measure_now(void);

/* Is this the subject that is asked for? "" is the module. */
bool measure_is(const struct measure *m, const char *subject);

/* The figure. Returns 0. */
int measure_value(struct measure *m, double value);

/* It can't be measured here; command: what would enable it, or NULL. Returns
 * 0. */
int measure_cannot(const char *why, const char *command);

/* This scene is none of this subject's. Returns 0. */
int measure_apart(void);

/* It failed: words, and errno's where err < 0. Returns 1. */
int measure_failed(const char *what, int err);

#endif
