/*
 * wakeup_test.c: week 02, step 9: other threads, under ThreadSanitizer.
 */
#include "event_loop.h"
#include "lab.h"
#include "steps.h"
#include "stuck.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4
#define POSTS 2000

/* A loop in a thread of its own, and what it knows of the others. */
struct crew {
    struct loop *loop;
    pthread_t runner;
    _Atomic pid_t runner_id;
    atomic_bool running, returned;
    int next[THREADS]; /* the loop's thread alone uses it */
    atomic_int called;
    int64_t asleep_since; /* outside of its wait, in real time; 0: is not */
};

static void say_running(struct loop *loop, void *user)
{
    (void)loop;
    ((struct crew *)user)->running = true;
}

static void *run_crew(void *user)
{
    struct crew *crew = user;
    crew->runner_id = gettid();
    lab_ok(loop_run(crew->loop));
    crew->returned = true;
    return NULL;
}

/* Three looks find it asleep, and nothing has woken it in between. */
static bool sleeps_on(const struct crew *crew)
{
    uint64_t wait = clock_wait_now().number;
    for (int looks = 0; looks < 3; looks++)
        if (crew->runner_id == 0 || !stuck_thread(crew->runner_id))
            return false;
    return clock_wait_now().number == wait;
}

/* In nanoseconds. */
#define HANGS_AFTER 1000000000

static int64_t real_time(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* Asleep outside of its wait at each look of a second: it may be for a moment,
 * where a lock is another thread's. */
static bool hangs(struct crew *crew)
{
    if (crew->runner_id == 0 || clock_wait_now().number == 0 ||
        clock_wait_now().kind != CLOCK_NO_WAIT ||
        !proc_thread_is_asleep(getpid(), crew->runner_id)) {
        crew->asleep_since = 0;
        return false;
    }
    if (crew->asleep_since == 0)
        crew->asleep_since = real_time();
    return real_time() - crew->asleep_since >= HANGS_AFTER;
}

/* Why the loop's thread does not do it, or NULL while it may. */
static const char *why_not(struct crew *crew, bool patient)
{
    if (sleeps_on(crew))
        return "no: the loop sleeps in its wait";
    if (hangs(crew))
        return "no: the loop's thread sleeps, and not in its wait; a lock that "
               "it holds already, and wants again, would look so";
    return patient ? NULL : "no: the loop's thread is still busy";
}

/*
 * Wait until the loop's thread has done what another has asked it for. Once
 * that call has returned the thread must not sleep on: who was to wake it has
 * been there.
 */
#define until_done(crew, condition, what)                        \
    do {                                                         \
        const char *why_ = NULL;                                 \
        struct lab_patience patience_;                           \
        lab_patience_start(&patience_);                          \
        while (!(condition)) {                                   \
            why_ = why_not(crew, lab_patience_left(&patience_)); \
            if (why_ != NULL && !(condition))                    \
                lab_differ_at(LAB_HERE, (what), "yes", why_);    \
        }                                                        \
    } while (0)

/* The loop waits, with nothing to do, when this returns. */
static void start_crew_quietly(struct crew *crew)
{
    *crew = (struct crew){0};
    clock_watch();
    lab_ok(loop_open(&crew->loop));
    lab_ok(loop_defer(crew->loop, say_running, crew));
    lab_equal(pthread_create(&crew->runner, NULL, run_crew, crew), 0,
              "pthread_create");
    lab_until(crew->running, "the loop runs");
}

static void start_crew(struct crew *crew)
{
    lab_note("a thread runs a loop that watches nothing");
    start_crew_quietly(crew);
}

static void end_crew(struct crew *crew)
{
    until_done(crew, crew->returned, "loop_run() returns after loop_stop()");
    pthread_join(crew->runner, NULL);
    loop_close(crew->loop);
}

/* loop_stop() from another thread ends a loop that waits. */
STEP_TEST(stop_from_another_thread)
{
    struct crew crew;
    lab_note("20 times a thread runs a loop that watches nothing, and another "
             "stops it");
    for (int i = 0; i < 20; i++) {
        start_crew_quietly(&crew);
        loop_stop(crew.loop);
        end_crew(&crew);
    }
}

struct poster {
    struct crew *crew;
    int thread;
};

struct post {
    struct crew *crew;
    int thread, number;
};

static void on_post(struct loop *loop, void *user)
{
    struct post *post = user;
    struct crew *crew = post->crew;
    lab_check(loop == crew->loop, "the call gets its loop");
    lab_check(pthread_equal(pthread_self(), crew->runner),
              "it is made in the thread that is in loop_run()");
    lab_equal(post->number, crew->next[post->thread],
              "the number of thread %d's call", post->thread);
    crew->next[post->thread]++;
    crew->called++;
    free(post);
}

static void *post_many(void *user)
{
    struct poster *poster = user;
    for (int i = 0; i < POSTS; i++) {
        struct post *post = malloc(sizeof *post);
        *post = (struct post){poster->crew, poster->thread, i};
        lab_ok(loop_post(poster->crew->loop, on_post, post));
    }
    return NULL;
}

/* Every call of every thread is made, and each thread's in order. */
STEP_TEST(posts_arrive_in_order)
{
    struct crew crew;
    struct poster posters[THREADS];
    pthread_t threads[THREADS];

    start_crew(&crew);
    lab_note("%d threads post %s each", THREADS, lab_count(POSTS, "call"));
    for (int i = 0; i < THREADS; i++) {
        posters[i] = (struct poster){&crew, i};
        lab_equal(pthread_create(&threads[i], NULL, post_many, &posters[i]), 0,
                  "pthread_create");
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    until_done(&crew, crew.called == THREADS * POSTS,
               "every posted call is made");
    loop_stop(crew.loop);
    end_crew(&crew);
}

static void count_call(struct loop *loop, void *user)
{
    (void)loop;
    atomic_fetch_add((atomic_int *)user, 1);
}

/* One call at a time, each to a loop that waits: none is slept over. */
STEP_TEST(each_post_wakes_the_loop)
{
    struct crew crew;
    start_crew(&crew);
    lab_note("500 calls are posted, each after the one before was made");
    for (int i = 1; i <= 500; i++) {
        lab_ok(loop_post(crew.loop, count_call, &crew.called));
        until_done(&crew, crew.called == i, "a posted call is made");
    }
    loop_stop(crew.loop);
    end_crew(&crew);
}

/* The calling thread gives way to the crew's as soon as it wakes it: both have
 * one processor, and an idle one's turn ends when another can run. */
static void give_way_to(struct crew *crew)
{
    cpu_set_t one;
    struct sched_param none = {0};
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
    pthread_setaffinity_np(crew->runner, sizeof one, &one);
    sched_setscheduler(0, SCHED_IDLE, &none);
}

/* The loop runs before loop_post() has returned: it finds the call, or is woken
 * again. */
STEP_TEST(loop_is_faster_than_the_poster)
{
    struct crew crew;
    start_crew(&crew);
    lab_note("20 calls are posted by a thread that the loop's interrupts");
    give_way_to(&crew);
    for (int i = 1; i <= 20; i++) {
        lab_ok(loop_post(crew.loop, count_call, &crew.called));
        until_done(&crew, crew.called == i, "a posted call is made");
    }
    loop_stop(crew.loop);
    end_crew(&crew);
}

static void post_next(struct loop *loop, void *user)
{
    atomic_int *left = user;
    if (atomic_fetch_sub(left, 1) > 1)
        lab_ok(loop_post(loop, post_next, user));
}

/* A posted call may post, defer and stop: no lock is held around it. */
STEP_TEST(posted_call_posts)
{
    struct crew crew;
    atomic_int left = 100;
    start_crew(&crew);
    lab_note("a posted call posts the next, 100 times");
    lab_ok(loop_post(crew.loop, post_next, &left));
    until_done(&crew, left == 0, "a posted call is made");
    loop_stop(crew.loop);
    end_crew(&crew);
}

/* Posted before the loop runs: made when it does. */
STEP_TEST(post_before_run)
{
    struct crew crew = {0};
    atomic_int calls = 0;
    clock_watch();
    lab_ok(loop_open(&crew.loop));
    lab_note("two calls are posted, then a thread runs the loop");
    lab_ok(loop_post(crew.loop, count_call, &calls));
    lab_ok(loop_post(crew.loop, count_call, &calls));
    lab_equal(pthread_create(&crew.runner, NULL, run_crew, &crew), 0,
              "pthread_create");
    until_done(&crew, calls == 2, "both calls are made");
    loop_stop(crew.loop);
    end_crew(&crew);
}

/* Nobody runs the loop any more: what is posted is not called, nor lost. */
STEP_TEST(close_makes_no_call)
{
    struct loop *loop;
    atomic_int calls = 0;
    lab_ok(loop_open(&loop));
    lab_note("100 calls are posted, and the loop is closed");
    for (int i = 0; i < 100; i++)
        lab_ok(loop_post(loop, count_call, &calls));
    loop_close(loop);
    lab_equal(calls, 0, "calls that were made");
}

void wakeup_step(void)
{
    lab_step("wakeup");
    lab_test(stop_from_another_thread);
    lab_test(each_post_wakes_the_loop);
    lab_test(loop_is_faster_than_the_poster);
    lab_test(posts_arrive_in_order);
    lab_test(posted_call_posts);
    lab_test(post_before_run);
    lab_test(close_makes_no_call);
}
