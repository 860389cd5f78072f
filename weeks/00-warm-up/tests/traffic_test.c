/*
 * traffic_test.c: totals of threads that count at the same time.
 *
 * A race must show on a machine with one processor too. There a thread is
 * interrupted only when another one becomes ready, so the test's own thread
 * naps for a moment between any two calls: each of its wakings interrupts a
 * counting thread somewhere, often in the middle of warm_traffic_add(). The
 * threads count until the test has woken WAKINGS times and found each time that
 * they had moved on, however long that takes.
 */
#include "steps.h"

#include "lab.h"
#include "locks.h"
#include "memory.h"
#include "warm_up.h"
#include "watch.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#define THREADS 2
#define WAKINGS 40
#define NAPS_MAX 100 /* for one waking, should the threads not move on */
#define REQUEST_BYTES 100

static struct warm_traffic *traffic;
static bool stop; /* atomic */

/* A thread counts until it is told to stop. */
struct thread {
    pthread_t id;
    uint64_t requests; /* that it has counted; atomic */
};

static void *serve(void *argument)
{
    struct thread *thread = argument;

    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        warm_traffic_add(traffic, REQUEST_BYTES);
        __atomic_fetch_add(&thread->requests, 1, __ATOMIC_RELAXED);
        watch_moved();
    }
    return NULL;
}

static void start_threads(struct thread threads[THREADS])
{
    lab_ok(warm_traffic_new(&traffic));
    stop = false;
    lab_note("%d threads count requests of %d bytes each", THREADS,
             REQUEST_BYTES);
    for (int i = 0; i < THREADS; i++) {
        threads[i].requests = 0;
        lab_equal(pthread_create(&threads[i].id, NULL, serve, &threads[i]), 0,
                  "pthread_create");
    }
}

/* How many requests the threads have counted by now. */
static uint64_t requests_of(struct thread threads[THREADS])
{
    uint64_t requests = 0;

    for (int i = 0; i < THREADS; i++)
        requests += __atomic_load_n(&threads[i].requests, __ATOMIC_RELAXED);
    return requests;
}

static void stop_threads(struct thread threads[THREADS])
{
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i].id, NULL);
}

/* One waking, as the head of this file says. */
static void nap(struct thread threads[THREADS])
{
    uint64_t before = requests_of(threads);

    for (int i = 0; i < NAPS_MAX && requests_of(threads) == before; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL);
}

/* The reader lets a lock go: who waits for it may count before the reader's
 * next line runs. A reader that holds another lock meanwhile keeps them out;
 * then the nap ends by itself. */
static void let_them_count(void *threads)
{
    nap(threads);
}

/* One thread alone: each call lets go what it took, and the totals are those
 * of the calls before. Where memory for it is lacking, that is told. */
STEP_TEST(one_thread_counts_and_reads)
{
    struct warm_totals totals;
    struct warm_traffic *none = NULL;

    lab_note("the first allocation of warm_traffic_new() fails");
    memory_fail(1);
    int result = warm_traffic_new(&none);
    if (memory_failed() && result < 0) {
        lab_error_at(LAB_HERE, result, -ENOMEM, "warm_traffic_new(&none)");
        lab_check(none == NULL, "*out is as it was after an error");
    }
    warm_traffic_free(none);
    lab_note("count two requests, and read the totals after each");
    lab_ok(warm_traffic_new(&traffic));
    for (uint64_t i = 1; i <= 2; i++) {
        watch_line();
        warm_traffic_add(traffic, REQUEST_BYTES);
        watch_line();
        warm_traffic_read(traffic, &totals);
        lab_equal(totals.requests, i, "requests counted");
        lab_equal(totals.bytes, i * REQUEST_BYTES, "bytes counted");
    }
    warm_traffic_free(traffic);
}

/* However the threads interleave, no request is lost. */
STEP_TEST(every_request_is_counted)
{
    struct thread threads[THREADS];
    struct warm_totals totals = {0};

    start_threads(threads);
    lab_note("count %d more here, in between", WAKINGS);
    for (int i = 0; i < WAKINGS; i++) {
        nap(threads);
        watch_line();
        warm_traffic_add(traffic, REQUEST_BYTES);
    }
    stop_threads(threads);
    uint64_t requests = requests_of(threads) + WAKINGS;
    watch_line();
    warm_traffic_read(traffic, &totals);
    lab_equal(totals.requests, requests, "requests counted");
    lab_equal(totals.bytes, requests * REQUEST_BYTES, "bytes counted");
    warm_traffic_free(traffic);
    warm_traffic_free(NULL);
}

/* Totals are those of one moment, and never less than they were. The threads
 * are stopped before anything is judged: a failure leaves none behind. */
STEP_TEST(totals_belong_together)
{
    struct thread threads[THREADS];
    struct warm_totals totals = {0};
    uint64_t before = 0;
    bool right = true;

    start_threads(threads);
    lab_note("read the totals %d times, meanwhile", WAKINGS);
    for (int i = 0; i < WAKINGS && right; i++) {
        before = totals.requests;
        nap(threads);
        watch_line();
        locks_after_unlock(let_them_count, threads);
        warm_traffic_read(traffic, &totals);
        locks_after_unlock(NULL, NULL);
        right = totals.bytes == totals.requests * REQUEST_BYTES &&
                totals.requests >= before;
    }
    stop_threads(threads);
    lab_equal(totals.bytes, totals.requests * REQUEST_BYTES,
              "bytes of %llu requests", (unsigned long long)totals.requests);
    lab_at_least(totals.requests, before, "requests counted by now");
    warm_traffic_free(traffic);
}

void add_traffic_tests(void)
{
    lab_fixture(watch_start, watch_stop);
    lab_test(one_thread_counts_and_reads);
    lab_test(every_request_is_counted);
    lab_test(totals_belong_together);
}
