/*
 * bench_own.h: a bench with `load: own`: a program of the week's, built from
 * weeks/NN/bench and linked with each contestant's module, measures it. What
 * scenes there are, it says itself:
 *
 *     NAME --scenes     a line for each: its name, its unit, `less` or `more`
 *                       (which is better), and the rest of the line its title
 *     NAME --scene=SCENE --seconds=X [--subject=PEER]
 *                       measure once, for about so long; a peer in place of the
 *                       module. The last line that it prints is an object:
 *
 *     {"value": 41.5, "stolen": 0.01, "held_up": 0.02}
 *         stolen, held_up: shares of the time measured (bench_stats.h), where
 *         time is what it measures
 *     {"cannot": "nginx is not installed", "command": "apt-get install nginx"}
 *         it can't be measured here; what would enable it, if anything
 *     {}
 *         this scene is none of this peer's
 *
 * Another exit status than 0 is a failure, with what it printed as its words.
 * grader/harness/measure.h is a main() for such a program.
 */
#ifndef BENCH_OWN_H
#define BENCH_OWN_H

#include "bench.h"

/*
 * Ask the reference's program for its scenes.
 *   wanted   names with commas between them; NULL: all
 * Returns 0; -EINVAL after telling that there is none of that name; -EIO after
 * telling that the program does not answer.
 */
int bench_own_scenes(struct bench *bench, const char *wanted);

/* Read such lines into bench->runs, for tests. 0, or -EBADMSG. */
int bench_own_read_scenes(struct bench *bench, const char *lines);

/* Measure one program once. Sets the run's failure or cannot where there is no
 * figure. */
struct turn bench_own_turn(const struct bench *bench, struct bench_run *run,
                           unsigned program);

/* What the last line of an output says, for tests too. */
struct turn bench_own_read_turn(const char *output, struct bench_cannot *cannot,
                                char **failure);

#endif
