/*
 * traffic_test.c: totals of threads that count at the same time.
 *
 * A race must show on a machine with one processor too. There a thread is
 * interrupted only when another one becomes ready, so the test's own thread
 * naps for a moment between any two calls: each of its wakings interrupts a
 * counting thread somewhere, also in the middle of warm_traffic_add().
 */
#include "steps.h"

#include "lab.h"
#include "warm_up.h"

#include <pthread.h>
#include <time.h>

#define THREADS 4
#define REQUESTS 40000 /* of each thread */
#define REQUEST_BYTES 100

static struct warm_traffic *traffic;
static pthread_barrier_t start_line;
static int threads_done; /* atomic */

static void *serve(void *unused)
{
    (void)unused;
    pthread_barrier_wait(&start_line);
    for (int i = 0; i < REQUESTS; i++)
        warm_traffic_add(traffic, REQUEST_BYTES);
    __atomic_fetch_add(&threads_done, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void start_threads(pthread_t threads[THREADS])
{
    lab_note("%d threads count %d requests of %d bytes each", THREADS, REQUESTS,
             REQUEST_BYTES);
    lab_ok(warm_traffic_new(&traffic));
    lab_equal(pthread_barrier_init(&start_line, NULL, THREADS + 1), 0,
              "pthread_barrier_init");
    for (int i = 0; i < THREADS; i++)
        lab_equal(pthread_create(&threads[i], NULL, serve, NULL), 0,
                  "pthread_create");
    pthread_barrier_wait(&start_line);
}

/* Nap, as the head of this file says. False when every thread is done. */
static bool nap_while_they_count(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL);
    return __atomic_load_n(&threads_done, __ATOMIC_RELAXED) < THREADS;
}

static void join_threads(pthread_t threads[THREADS])
{
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* However the threads interleave, no request is lost. */
STEP_TEST(every_request_is_counted)
{
    uint64_t sent = THREADS * REQUESTS;
    pthread_t threads[THREADS];
    struct warm_totals totals = {0};

    start_threads(threads);
    lab_note("count more requests here, until the threads are done");
    for (; nap_while_they_count(); sent++)
        warm_traffic_add(traffic, REQUEST_BYTES);
    join_threads(threads);
    warm_traffic_read(traffic, &totals);
    lab_equal(totals.requests, sent, "requests counted");
    lab_equal(totals.bytes, sent * REQUEST_BYTES, "bytes counted");
    warm_traffic_free(traffic);
    warm_traffic_free(NULL);
}

/* Totals are those of one moment, and never less than they were. */
STEP_TEST(totals_belong_together)
{
    pthread_t threads[THREADS];
    struct warm_totals totals = {0};
    uint64_t before = 0;

    start_threads(threads);
    lab_note("read the totals until the threads are done");
    while (nap_while_they_count()) {
        warm_traffic_read(traffic, &totals);
        lab_equal(totals.bytes, totals.requests * REQUEST_BYTES,
                  "bytes of %llu requests",
                  (unsigned long long)totals.requests);
        lab_at_least(totals.requests, before, "requests counted by now");
        before = totals.requests;
    }
    join_threads(threads);
    warm_traffic_free(traffic);
}

void add_traffic_tests(void)
{
    lab_test(every_request_is_counted);
    lab_test(totals_belong_together);
}
