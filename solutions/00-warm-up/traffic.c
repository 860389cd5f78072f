/*
 * traffic.c: what a server has served, counted by all of its threads.
 *
 * Two atomic counters would each be right and not belong together: between
 * the two, a reader sees a request without its bytes. The lock makes both
 * changes one.
 */
#include "warm_up.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct warm_traffic {
    pthread_mutex_t lock;
    struct warm_totals totals; /* under lock */
};

int warm_traffic_new(struct warm_traffic **out)
{
    struct warm_traffic *t = calloc(1, sizeof *t);
    int err;

    if (t == NULL)
        return -ENOMEM;
    err = pthread_mutex_init(&t->lock, NULL); /* returns an errno */
    if (err != 0) {
        free(t);
        return -err;
    }
    *out = t;
    return 0;
}

void warm_traffic_add(struct warm_traffic *t, uint64_t bytes)
{
    pthread_mutex_lock(&t->lock);
    t->totals.requests++;
    t->totals.bytes += bytes;
    pthread_mutex_unlock(&t->lock);
}

void warm_traffic_read(struct warm_traffic *t, struct warm_totals *totals)
{
    pthread_mutex_lock(&t->lock);
    *totals = t->totals;
    pthread_mutex_unlock(&t->lock);
}

void warm_traffic_free(struct warm_traffic *t)
{
    if (t == NULL)
        return;
    pthread_mutex_destroy(&t->lock);
    free(t);
}
