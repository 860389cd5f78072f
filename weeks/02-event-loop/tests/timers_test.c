/*
 * timers_test.c: week 02, step 4, in virtual time.
 *
 * Time stands still while callbacks run, and a wait takes exactly its timeout.
 * So a timer's lateness is a number, not a measurement: less than the one
 * millisecond that epoll_wait's timeout may be rounded up by.
 */
#include "clock.h"
#include "fault.h"
#include "quiet.h"
#include "steps.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMERS 5000
#define DAY (86400 * CLOCK_SECOND)

static struct loop *loop;

static void open_loop(void)
{
    clock_virtual();
    lab_ok(loop_open(&loop));
}

static void close_loop(void)
{
    loop_close(loop);
}

static void stop(struct loop *l, uint64_t at, void *user)
{
    (void)at;
    (void)user;
    loop_stop(l);
}

/* Run until this time. */
static void run_to(uint64_t at)
{
    lab_ok(loop_timer_start(loop, at, stop, NULL, NULL));
    lab_ok(loop_run(loop));
}

static void expect_on_time(uint64_t at)
{
    lab_at_least(clock_now(), at, "nanoseconds on the clock when it is called");
    lab_at_most(clock_now() - at, CLOCK_MILLISECOND - 1,
                "nanoseconds that it is late");
}

struct fired {
    int calls;
    uint64_t at;
};

static void on_fired(struct loop *l, uint64_t at, void *user)
{
    struct fired *fired = user;
    fired->calls++;
    fired->at = at;
    expect_on_time(at);
    lab_equal(loop_now(l), clock_now(), "loop_now() in the callback");
}

/* One timer fires once, at its time. */
STEP_TEST(timer_fires_at_its_time)
{
    static const uint64_t delays[] = {
        20 * CLOCK_MILLISECOND, CLOCK_SECOND, 1, 100000, 1500000, DAY};
    for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
        struct fired fired = {0};
        uint64_t at = loop_now(loop) + delays[i];
        lab_note("a timer of %s ns", lab_number((intmax_t)delays[i]));
        lab_ok(loop_timer_start(loop, at, on_fired, &fired, NULL));
        run_to(at + CLOCK_SECOND);
        lab_equal(fired.calls, 1, "calls of the timer");
        lab_equal(fired.at, at, "the moment that it is told");
    }
}

/* Longer than a timeout can say, and still neither early nor late. */
STEP_TEST(timer_of_a_hundred_days)
{
    struct fired fired = {0};
    uint64_t at = loop_now(loop) + 100 * DAY;
    lab_note("a timer of 100 days, which are more milliseconds than fit in an "
             "int");
    lab_ok(loop_timer_start(loop, at, on_fired, &fired, NULL));
    run_to(at + CLOCK_SECOND);
    lab_equal(fired.calls, 1, "calls of the timer");
}

/* The next loop_run() has a time of its own. */
STEP_TEST(time_between_two_runs)
{
    struct fired fired = {0};
    run_to(loop_now(loop) + CLOCK_SECOND);
    lab_note("10 s pass outside of loop_run()");
    clock_advance(10 * CLOCK_SECOND);
    uint64_t at = clock_now() + CLOCK_SECOND;
    lab_ok(loop_timer_start(loop, at, on_fired, &fired, NULL));
    run_to(at + CLOCK_SECOND);
    lab_equal(fired.calls, 1, "calls of the timer");
}

/* ---- Thousands ---- */

struct item {
    uint64_t at, handle;
    int number;
    bool started, over; /* over: called or cancelled */
};

struct crowd {
    struct item items[TIMERS];
    uint64_t last_at;
    int last_number, called;
    struct lab_random random;
};

static struct crowd *crowd;

static void on_item(struct loop *l, uint64_t at, void *user)
{
    struct item *item = user;
    (void)l;
    lab_check(!item->over,
              "timer %d is called once, and not after it was "
              "cancelled",
              item->number);
    item->over = true;
    lab_equal(at, item->at, "the moment that timer %d is told", item->number);
    expect_on_time(at);
    lab_check(at > crowd->last_at ||
                  (at == crowd->last_at && item->number > crowd->last_number),
              "timers come in the order of their moments, and of their start "
              "where that is the same: %d after %d",
              item->number, crowd->last_number);
    crowd->last_at = at;
    crowd->last_number = item->number;
    crowd->called++;
}

/* A random moment of the next second, a whole millisecond for half of them, so
 * that many meet. */
static uint64_t random_moment(void)
{
    uint64_t delay = lab_random_below(&crowd->random, CLOCK_SECOND);
    if (lab_random_below(&crowd->random, 2) == 0)
        delay -= delay % CLOCK_MILLISECOND;
    return loop_now(loop) + CLOCK_MILLISECOND + delay;
}

static void start_crowd(loop_timer_fn *fn)
{
    crowd = calloc(1, sizeof *crowd);
    lab_random_init(&crowd->random, 1);
    lab_note("%s are started, each for a random moment of a second",
             lab_count(TIMERS, "timer"));
    for (int i = 0; i < TIMERS; i++) {
        struct item *item = &crowd->items[i];
        item->number = i;
        item->at = random_moment();
        lab_ok(loop_timer_start(loop, item->at, fn, item, &item->handle));
        lab_check(item->handle != 0, "no handle is 0");
    }
}

/* Thousands: each once, at its time, in order. */
STEP_TEST(thousands_fire_in_order)
{
    start_crowd(on_item);
    run_to(loop_now(loop) + 2 * CLOCK_SECOND);
    lab_equal(crowd->called, TIMERS, "timers that were called");
    free(crowd);
}

/* Cancel one, and compare what it returns with what we know of it. */
static void cancel(struct item *item)
{
    int result = loop_timer_cancel(loop, item->handle);
    char what[96];
    snprintf(what, sizeof what, "loop_timer_cancel() of timer %d, which %s",
             item->number, item->over ? "is over" : "is to come");
    lab_error_at(LAB_HERE, result, item->over ? -ENOENT : 0, what);
    item->over = true;
}

static void on_item_that_cancels(struct loop *l, uint64_t at, void *user)
{
    on_item(l, at, user);
    cancel(user); /* oneself: over */
    for (int i = 0; i < 2; i++)
        cancel(&crowd->items[lab_random_below(&crowd->random, TIMERS)]);
}

/* Each cancels itself and two others from inside its call. */
STEP_TEST(timers_cancel_each_other)
{
    start_crowd(on_item_that_cancels);
    run_to(loop_now(loop) + 2 * CLOCK_SECOND);
    for (int i = 0; i < TIMERS; i++)
        lab_check(crowd->items[i].over, "timer %d was called or cancelled", i);
    lab_note("%s were called, the others cancelled", lab_number(crowd->called));
    free(crowd);
}

static struct fired victim;
static uint64_t victim_handle;

static void on_killer(struct loop *l, uint64_t at, void *user)
{
    (void)at;
    (void)user;
    lab_ok(loop_timer_cancel(l, victim_handle));
}

/* Both are due in this turn; the first cancels the second. */
STEP_TEST(due_timer_is_cancelled_by_the_one_before)
{
    uint64_t at = loop_now(loop) + CLOCK_SECOND;
    lab_ok(loop_timer_start(loop, at, on_killer, NULL, NULL));
    lab_ok(loop_timer_start(loop, at, on_fired, &victim, &victim_handle));
    run_to(at + CLOCK_SECOND);
    lab_equal(victim.calls, 0, "calls of the timer that was cancelled");
}

/* The handle of a timer that is over never means a later one. */
STEP_TEST(old_handles_are_harmless)
{
    uint64_t old[100], now;
    struct fired fired = {0};

    lab_error(loop_timer_cancel(loop, 0), -ENOENT);
    lab_note("100 timers are started and cancelled, one after the other");
    for (int i = 0; i < 100; i++) {
        uint64_t at = loop_now(loop) + CLOCK_SECOND;
        lab_ok(loop_timer_start(loop, at, on_fired, &fired, &old[i]));
        lab_ok(loop_timer_cancel(loop, old[i]));
        lab_error(loop_timer_cancel(loop, old[i]), -ENOENT);
    }
    lab_note("one more is started, and the 100 old handles are cancelled");
    lab_ok(loop_timer_start(loop, loop_now(loop) + CLOCK_SECOND, on_fired,
                            &fired, &now));
    for (int i = 0; i < 100; i++) {
        lab_check(old[i] != now, "its handle is a new one");
        lab_error(loop_timer_cancel(loop, old[i]), -ENOENT);
    }
    run_to(loop_now(loop) + 2 * CLOCK_SECOND);
    lab_equal(fired.calls, 1, "calls of the one that was not cancelled");
}

/* 65,536 is where a count of 8 or of 16 bits is what it was. */
#define REUSES 70000

/* … however many have had its slot since; and no handle is 0. */
STEP_TEST(first_handle_is_harmless_for_long)
{
    uint64_t first, now;
    struct fired fired = {0};
    uint64_t at = loop_now(loop) + CLOCK_SECOND;

    lab_note("a timer is started and cancelled; then %s others, one after the "
             "other, and each time the first one's handle is cancelled again",
             lab_number(REUSES));
    lab_ok(loop_timer_start(loop, at, on_fired, &fired, &first));
    lab_ok(loop_timer_cancel(loop, first));
    for (int i = 1; i <= REUSES; i++) {
        lab_ok(loop_timer_start(loop, at, on_fired, &fired, &now));
        lab_check(now != 0 && now != first,
                  "timer %d gets a handle of its own, other than 0 and than "
                  "that of the first",
                  i + 1);
        lab_error(loop_timer_cancel(loop, first), -ENOENT);
        lab_ok(loop_timer_cancel(loop, now));
    }
    run_to(at + CLOCK_SECOND);
    lab_equal(fired.calls, 0, "calls of timers that were cancelled");
}

/* ---- Started from inside a callback ---- */

struct tick {
    uint64_t period, work; /* each call takes that long */
    uint64_t next;
    int calls, left;
};

static void on_tick(struct loop *l, uint64_t at, void *user)
{
    struct tick *tick = user;
    tick->calls++;
    lab_equal(at, tick->next, "the moment of tick %d", tick->calls);
    expect_on_time(at);
    clock_advance(tick->work);
    tick->next = at + tick->period;
    if (--tick->left > 0)
        lab_ok(loop_timer_start(l, tick->next, on_tick, tick, NULL));
    else
        loop_stop(l);
}

/* A tick of 10 ms whose work takes 3.3 ms has not drifted after 3,000. */
STEP_TEST(ticks_do_not_drift)
{
    struct tick tick = {
        .period = 10 * CLOCK_MILLISECOND, .work = 3300000, .left = 3000};
    lab_note("a timer starts itself again, 10 ms after the moment it was for; "
             "each call takes 3.3 ms");
    tick.next = loop_now(loop) + tick.period;
    lab_ok(loop_timer_start(loop, tick.next, on_tick, &tick, NULL));
    lab_ok(loop_run(loop));
    lab_equal(tick.calls, 3000, "ticks");
}

static int pipe_calls, restless_pipe;

static void on_pipe(struct loop *l, int fd, unsigned events, void *user)
{
    (void)fd;
    (void)events;
    (void)user;
    pipe_calls++;
    loop_stop(l);
}

static void on_restless(struct loop *l, uint64_t at, void *user)
{
    int *calls = user;
    (void)at;
    if (*calls == 0)
        lab_sys(write(restless_pipe, "x", 1));
    lab_check(++*calls < 1000,
              "a ready descriptor gets its call although a timer starts itself "
              "for a moment that is past");
    lab_ok(loop_timer_start(l, loop_now(l) - CLOCK_SECOND, on_restless, user,
                            NULL));
}

/* A timer that is always due lets descriptors have their turn. */
STEP_TEST(restless_timer_starves_no_descriptor)
{
    int fds[2], calls = 0;

    lab_sys(pipe2(fds, O_CLOEXEC));
    lab_ok(loop_add(loop, fds[0], LOOP_READABLE, on_pipe, NULL));
    lab_ok(loop_timer_start(loop, 0, on_restless, &calls, NULL));
    lab_note("a timer starts itself again and again; a pipe gets a byte");
    restless_pipe = fds[1];
    lab_ok(loop_run(loop));
    lab_equal(pipe_calls, 1, "calls for the pipe");
    loop_remove(loop, fds[0]);
    close(fds[0]);
    close(fds[1]);
}

#define PATIENT 3

/* A timer that starts itself for a moment before all others. */
struct restless {
    int calls, patient_calls;
};

static void on_restless_of_some(struct loop *l, uint64_t at, void *user)
{
    struct restless *restless = user;
    (void)at;
    lab_check(++restless->calls < 1000,
              "timers that are due are called although another starts itself "
              "for a moment that is past; called are %d of %d",
              restless->patient_calls, PATIENT);
    clock_advance(CLOCK_MILLISECOND);
    lab_ok(loop_timer_start(l, loop_now(l) - CLOCK_SECOND, on_restless_of_some,
                            user, NULL));
}

static void on_patient(struct loop *l, uint64_t at, void *user)
{
    struct restless *restless = user;
    lab_at_most(clock_now() - at, 2 * CLOCK_MILLISECOND,
                "nanoseconds that it is late");
    if (++restless->patient_calls == PATIENT)
        loop_stop(l);
}

/* … and other timers theirs: in the first turn whose wait ends after their
 * moment, although it is never the earliest one. */
STEP_TEST(restless_timer_starves_no_timer)
{
    struct restless restless = {0};
    lab_note("a timer starts itself again and again, for a second ago; each "
             "call takes 1 ms");
    lab_ok(loop_timer_start(loop, 0, on_restless_of_some, &restless, NULL));
    for (unsigned i = 1; i <= PATIENT; i++) {
        lab_note("another is for in %u ms", 5 * i);
        lab_ok(loop_timer_start(loop,
                                loop_now(loop) + 5 * i * CLOCK_MILLISECOND,
                                on_patient, &restless, NULL));
    }
    lab_ok(loop_run(loop));
}

static uint64_t young_timer;

static void not_to_be_called(struct loop *l, uint64_t at, void *user)
{
    (void)l;
    (void)at;
    (void)user;
    lab_fail("a timer is called that was cancelled in the callback after the "
             "one that started it");
}

static void start_one(struct loop *l, uint64_t at, void *user)
{
    (void)at;
    (void)user;
    lab_ok(
        loop_timer_start(l, loop_now(l), not_to_be_called, NULL, &young_timer));
}

static void cancel_it(struct loop *l, uint64_t at, void *user)
{
    (void)at;
    (void)user;
    lab_ok(loop_timer_cancel(l, young_timer));
    lab_error(loop_timer_cancel(l, young_timer), -ENOENT);
}

/* Started and cancelled within one turn, by two timers' callbacks. */
STEP_TEST(timer_is_cancelled_in_the_turn_of_its_start)
{
    uint64_t at = loop_now(loop) + CLOCK_SECOND;
    lab_note("two timers are due: the first starts a third for now, the "
             "second cancels that");
    lab_ok(loop_timer_start(loop, at, start_one, NULL, NULL));
    lab_ok(loop_timer_start(loop, at, cancel_it, NULL, NULL));
    run_to(at + CLOCK_SECOND);
}

static void on_busy_pipe(struct loop *l, int fd, unsigned events, void *user)
{
    (void)l;
    (void)fd;
    (void)events;
    (void)user;
    pipe_calls++;
    clock_advance(700000);
}

static void on_due(struct loop *l, uint64_t at, void *user)
{
    (void)l;
    *(int *)user += 1;
    lab_at_least(clock_now(), at, "nanoseconds on the clock when it is called");
    lab_at_most(clock_now() - at, 2 * CLOCK_MILLISECOND,
                "nanoseconds that it is late");
}

/* A descriptor that is always ready does not hold timers up. */
STEP_TEST(busy_descriptor_holds_no_timer_up)
{
    int fds[2], calls = 0;
    uint64_t at = loop_now(loop) + 5 * CLOCK_MILLISECOND;

    lab_sys(pipe2(fds, O_CLOEXEC));
    lab_note("a pipe is always ready, and each of its calls takes 0.7 ms");
    lab_ok(loop_add(loop, fds[0], LOOP_READABLE, on_busy_pipe, NULL));
    lab_sys(write(fds[1], "x", 1));
    lab_ok(loop_timer_start(loop, at, on_due, &calls, NULL));
    run_to(at + CLOCK_SECOND);
    lab_equal(calls, 1, "calls of the timer");
    loop_remove(loop, fds[0]);
    close(fds[0]);
    close(fds[1]);
}

/* ---- The waits ---- */

static void check_time(struct loop *l, int fd, unsigned events, void *user)
{
    (void)fd;
    (void)events;
    (void)user;
    lab_equal(loop_now(l), clock_now(), "loop_now() in the callback");
    clock_advance(CLOCK_SECOND);
    lab_equal(loop_now(l), clock_now() - CLOCK_SECOND,
              "loop_now() a second later in the same turn");
    loop_stop(l);
}

/* Five seconds into the wait a byte comes. */
static bool write_after_a_while(void *user)
{
    clock_advance(5 * CLOCK_SECOND);
    lab_sys(write(*(int *)user, "x", 1));
    return true;
}

/* The time is that at which the wait ended, for the whole turn. */
STEP_TEST(time_after_a_wait)
{
    int fds[2];
    struct fired fired = {0};
    uint64_t at = loop_now(loop) + 60 * CLOCK_SECOND;

    lab_sys(pipe2(fds, O_CLOEXEC));
    lab_ok(loop_timer_start(loop, at, on_fired, &fired, NULL));
    lab_ok(loop_add(loop, fds[0], LOOP_READABLE, check_time, NULL));
    lab_note("a pipe gets a byte when the loop has waited for 5 s");
    clock_when_quiet(write_after_a_while, &fds[1]);
    lab_ok(loop_run(loop));
    clock_when_quiet(NULL, NULL);
    lab_ok(loop_remove(loop, fds[0]));
    run_to(at + CLOCK_SECOND);
    lab_equal(fired.calls, 1, "calls of a timer of 60 s");
    close(fds[0]);
    close(fds[1]);
}

/* A wait that a signal ended is made again, and is not longer for it. */
STEP_TEST(interrupted_waits_keep_time)
{
    lab_note("each second wait fails with EINTR");
    fault_fail_every(FAULT_WAIT, 2, EINTR);
    start_crowd(on_item);
    run_to(loop_now(loop) + 2 * CLOCK_SECOND);
    lab_equal(crowd->called, TIMERS, "timers that were called");
    free(crowd);
}

/* While it waits for a timer it sleeps: few waits, however long. */
STEP_TEST(waiting_is_no_work)
{
    struct fired fired = {0};
    lab_note("100 timers, one each 10.0003 ms");
    for (uint64_t i = 1; i <= 100; i++)
        lab_ok(loop_timer_start(loop, loop_now(loop) + i * 10000300, on_fired,
                                &fired, NULL));
    unsigned long before = fault_calls(FAULT_WAIT);
    run_to(loop_now(loop) + 2 * CLOCK_SECOND);
    lab_equal(fired.calls, 100, "timers that were called");
    lab_at_most(fault_calls(FAULT_WAIT) - before, 310,
                "calls of epoll_wait for 101 timers");
}

void timers_step(void)
{
    lab_step("timers");
    lab_fixture(open_loop, close_loop);
    lab_test(timer_fires_at_its_time);
    lab_test(thousands_fire_in_order);
    lab_test(timers_cancel_each_other);
    lab_test(due_timer_is_cancelled_by_the_one_before);
    lab_test(old_handles_are_harmless);
    lab_test(first_handle_is_harmless_for_long);
    lab_test(ticks_do_not_drift);
    lab_test(restless_timer_starves_no_descriptor);
    lab_test(restless_timer_starves_no_timer);
    lab_test(timer_is_cancelled_in_the_turn_of_its_start);
    lab_test(busy_descriptor_holds_no_timer_up);
    lab_test(time_between_two_runs);
    lab_test(time_after_a_wait);
    lab_test(timer_of_a_hundred_days);
    lab_test(interrupted_waits_keep_time);
    lab_test(waiting_is_no_work);
}
