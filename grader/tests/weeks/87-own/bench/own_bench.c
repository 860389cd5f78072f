/*
 * own_bench.c: measures a made-up week's module, and a peer: `other`.
 */
#include "own.h"
#include "own_scenes.h"

static const struct measure_scene scenes[] = {
    {"steps", "steps", MEASURE_LESS, "steps that it takes", own_bench_steps, 1},
    {"kernel", "steps", MEASURE_MORE, "steps in the kernel, and one more",
     own_bench_kernel, 1},
    {"nowhere", "miles", MEASURE_LESS, "what nobody can measure here",
     own_bench_nowhere, 1},
    {"broken", "miles", MEASURE_LESS, "what goes wrong", own_bench_broken, 1},
    {0},
};

int main(int argc, char **argv)
{
    return measure_main(argc, argv, scenes);
}
