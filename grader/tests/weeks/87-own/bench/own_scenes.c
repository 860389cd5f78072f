/* own_scenes.c: see own_scenes.h. */
#include "own_scenes.h"

#include "extra.skel.h"
#include "own.h"

#include <errno.h>

int own_bench_steps(struct measure *m)
{
    measure_begin(m);
    int steps = measure_is(m, "other") ? 20 : own_steps();
    measure_end(m);
    m->sum.held_up = m->sum.stolen = 0; /* no time is measured */
    return steps < 0 ? measure_failed("own_steps", steps)
                     : measure_value(m, steps);
}

/* And one that stands in a program of the bench's own. */
int own_bench_kernel(struct measure *m)
{
    struct extra *extra = extra__open();
    int more = extra != NULL ? extra->rodata->more : -errno;

    extra__destroy(extra);
    return measure_is(m, "other") ? measure_apart()
                                  : measure_value(m, own_kernel_steps() + more);
}

int own_bench_nowhere(struct measure *m)
{
    (void)m;
    return measure_cannot("there are no \"miles\" here", "walk");
}

int own_bench_broken(struct measure *m)
{
    return measure_is(m, "other") ? measure_value(m, 1)
                                  : measure_failed("it broke", -ENOSPC);
}
