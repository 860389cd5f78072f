/* own_scenes.h: the scenes of a made-up week's bench. */
#ifndef OWN_SCENES_H
#define OWN_SCENES_H

#include <measure.h>

int own_bench_steps(struct measure *m);
int own_bench_kernel(struct measure *m);
int own_bench_nowhere(struct measure *m);
int own_bench_broken(struct measure *m);

#endif
