/*
 * traffic.c: what a server has served, counted by all of its threads.
 *
 * Broken in one way; handout step 5.
 */
#include "warm_up.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct warm_traffic {
    struct warm_totals totals;
};

int warm_traffic_new(struct warm_traffic **out)
{
    struct warm_traffic *t = calloc(1, sizeof *t);

    if (t == NULL)
        return -ENOMEM;
    *out = t;
    return 0;
}

void warm_traffic_add(struct warm_traffic *t, uint64_t bytes)
{
    t->totals.requests++;
    t->totals.bytes += bytes;
}

void warm_traffic_read(struct warm_traffic *t, struct warm_totals *totals)
{
    *totals = t->totals;
}

void warm_traffic_free(struct warm_traffic *t)
{
    free(t);
}
