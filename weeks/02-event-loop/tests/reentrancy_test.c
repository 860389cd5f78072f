/*
 * reentrancy_test.c: week 02, step 5: what callbacks do to the loop that is
 * calling them. In virtual time; all pipes of a test are ready in one batch.
 */
#include "clock.h"
#include "quiet.h"
#include "steps.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIPES LOOP_BATCH_MIN
#define FD_HIGH 900 /* far beyond every number that was watched before */

static struct loop *loop;
static int fds[PIPES][2];
static int calls[PIPES];

static void open_loop(void)
{
    clock_virtual();
    lab_ok(loop_open(&loop));
    memset(calls, 0, sizeof calls);
    for (int i = 0; i < PIPES; i++)
        lab_sys(pipe2(fds[i], O_CLOEXEC | O_NONBLOCK));
}

static void close_loop(void)
{
    loop_close(loop);
    for (int i = 0; i < PIPES; i++) {
        close(fds[i][0]);
        close(fds[i][1]);
    }
}

/* Watch every pipe, with its number as user, and make all of them ready. */
static void watch_all(loop_fd_fn *fn)
{
    lab_note("%d pipes are watched, and all are ready", PIPES);
    for (intptr_t i = 0; i < PIPES; i++) {
        lab_ok(loop_add(loop, fds[i][0], LOOP_READABLE, fn, (void *)i));
        lab_sys(write(fds[i][1], "x", 1));
    }
}

static void take_byte(int fd)
{
    char byte;
    lab_sys(read(fd, &byte, 1));
}

static int sum_of_calls(void)
{
    int sum = 0;
    for (int i = 0; i < PIPES; i++)
        sum += calls[i];
    return sum;
}

/* ---- Removing ---- */

static void remove_oneself(struct loop *l, int fd, unsigned events, void *user)
{
    (void)events;
    calls[(intptr_t)user]++;
    lab_ok(loop_remove(l, fd));
    lab_error(loop_remove(l, fd), -ENOENT);
}

/* A callback removes its own descriptor, whose byte is still there. */
STEP_TEST(callback_removes_itself)
{
    watch_all(remove_oneself);
    run_until_quiet(loop);
    for (int i = 0; i < PIPES; i++)
        lab_equal(calls[i], 1, "calls for pipe %d, which removes itself", i);
}

static void remove_all_others(struct loop *l, int fd, unsigned events,
                              void *user)
{
    (void)events;
    calls[(intptr_t)user]++;
    take_byte(fd);
    for (int i = 0; i < PIPES; i++)
        if (fds[i][0] != fd)
            lab_ok(loop_remove(l, fds[i][0]));
}

/* The first of a batch removes all others: none of them is called. */
STEP_TEST(callback_removes_the_rest_of_its_batch)
{
    watch_all(remove_all_others);
    lab_note("whichever is called first removes the %d others", PIPES - 1);
    run_until_quiet(loop);
    lab_equal(sum_of_calls(), 1, "calls of all callbacks");
}

static void pause_all_others(struct loop *l, int fd, unsigned events,
                             void *user)
{
    (void)events;
    calls[(intptr_t)user]++;
    take_byte(fd);
    for (int i = 0; i < PIPES; i++)
        if (fds[i][0] != fd)
            lab_ok(loop_modify(l, fds[i][0], 0));
}

/* Likewise what is not asked for any more. */
STEP_TEST(callback_modifies_the_rest_of_its_batch)
{
    watch_all(pause_all_others);
    lab_note("whichever is called first sets the others' events to 0");
    run_until_quiet(loop);
    lab_equal(sum_of_calls(), 1, "calls of all callbacks");
}

/* ---- The same number, another file ---- */

static int newcomer_calls;

static void on_newcomer(struct loop *l, int fd, unsigned events, void *user)
{
    (void)l;
    (void)events;
    (void)user;
    char byte;
    newcomer_calls++;
    if (read(fd, &byte, 1) != 1)
        lab_fail("a new pipe's callback is told that descriptor %d is "
                 "readable, and the pipe is empty: the event was said of "
                 "the file that had this number before",
                 fd);
}

/* Close the reading end, and open an empty pipe with the same number. */
static void reuse_number(int i)
{
    int empty[2];
    lab_sys(pipe2(empty, O_CLOEXEC | O_NONBLOCK));
    close(fds[i][1]);
    lab_sys(dup2(empty[0], fds[i][0])); /* closes the old one */
    close(empty[0]);
    fds[i][1] = empty[1];
}

static void replace_all_others(struct loop *l, int fd, unsigned events,
                               void *user)
{
    (void)events;
    calls[(intptr_t)user]++;
    take_byte(fd);
    for (int i = 0; i < PIPES; i++) {
        if (fds[i][0] == fd)
            continue;
        lab_ok(loop_remove(l, fds[i][0]));
        reuse_number(i);
        lab_ok(loop_add(l, fds[i][0], LOOP_READABLE, on_newcomer, NULL));
    }
    lab_ok(loop_remove(l, fd));
}

/* The stale event: what the batch says of a number was said of another file. */
STEP_TEST(number_is_reused_within_a_batch)
{
    watch_all(replace_all_others);
    lab_note("whichever is called first removes and closes the others, opens "
             "empty pipes with the same numbers, and adds them");
    run_until_quiet(loop);
    lab_equal(sum_of_calls(), 1, "calls of the old callbacks");
    lab_equal(newcomer_calls, 0, "calls for the new pipes, which are empty");
    lab_note("each new pipe gets a byte");
    for (int i = 0; i < PIPES; i++)
        lab_sys(write(fds[i][1], "x", 1));
    run_until_quiet(loop);
    lab_equal(newcomer_calls, PIPES - 1, "calls for the new pipes");
}

/* 65,536 is where a count of 8 or of 16 bits is what it was. */
#define OWNERS 65536

static void replace_again_and_again(struct loop *l, int fd, unsigned events,
                                    void *user)
{
    int other = (intptr_t)user == 0 ? 1 : 0;
    int number = fds[other][0];
    (void)events;
    calls[(intptr_t)user]++;
    take_byte(fd);
    lab_ok(loop_remove(l, number));
    reuse_number(other);
    lab_ok(loop_add(l, number, LOOP_READABLE, on_newcomer, NULL));
    for (int i = 1; i < OWNERS; i++) {
        lab_ok(loop_remove(l, number));
        lab_ok(loop_add(l, number, LOOP_READABLE, on_newcomer, NULL));
    }
}

/* … also if the number has had many owners since. */
STEP_TEST(number_is_reused_thousands_of_times)
{
    lab_note("two pipes are ready; whichever is called first puts an empty "
             "one in the other's place, and adds it %d times",
             OWNERS);
    for (intptr_t i = 0; i < 2; i++) {
        lab_ok(loop_add(loop, fds[i][0], LOOP_READABLE, replace_again_and_again,
                        (void *)i));
        lab_sys(write(fds[i][1], "x", 1));
    }
    run_until_quiet(loop);
    lab_equal(sum_of_calls(), 1, "calls of the old callbacks");
    lab_equal(newcomer_calls, 0, "calls for the new pipe, which is empty");
}

/* ---- Adding ---- */

static void add_far_away(struct loop *l, int fd, unsigned events, void *user)
{
    int i = (int)(intptr_t)user;
    (void)events;
    calls[i]++;
    take_byte(fd);
    int far = (int)lab_sys(fcntl(fd, F_DUPFD_CLOEXEC, FD_HIGH + 20 * i));
    lab_ok(loop_add(l, far, LOOP_READABLE, on_newcomer, NULL));
    lab_ok(loop_modify(l, fd, LOOP_READABLE));
}

/* Each callback adds a descriptor with a far higher number: tables grow. */
STEP_TEST(callbacks_add_high_numbers)
{
    watch_all(add_far_away);
    lab_note("each callback adds a descriptor above %d", FD_HIGH);
    run_until_quiet(loop);
    for (int i = 0; i < PIPES; i++) {
        lab_equal(calls[i], 1, "calls for pipe %d", i);
        lab_ok(loop_remove(loop, fds[i][0]));
        lab_sys(write(fds[i][1], "y", 1));
    }
    run_until_quiet(loop);
    lab_equal(newcomer_calls, PIPES, "calls for those that were added");
}

/* ---- Memory ---- */

struct owner {
    int fd;
    uint64_t timer;
};

static void free_owner(struct loop *l, struct owner *owner)
{
    lab_ok(loop_remove(l, owner->fd));
    lab_ok(loop_timer_cancel(l, owner->timer));
    memset(owner, 0xa5, sizeof *owner);
    free(owner);
}

static void on_owner(struct loop *l, int fd, unsigned events, void *user)
{
    (void)events;
    lab_equal(fd, ((struct owner *)user)->fd, "the descriptor of its owner");
    free_owner(l, user);
}

static void not_to_fire(struct loop *l, uint64_t at, void *user)
{
    (void)l;
    (void)at;
    (void)user;
    lab_fail("a timer fires that was cancelled before its time");
}

/* A callback frees what its user pointer points at. */
STEP_TEST(callback_frees_its_user)
{
    lab_note("%d pipes are ready; each callback removes its descriptor, "
             "cancels its timer and frees its user pointer",
             PIPES);
    for (int i = 0; i < PIPES; i++) {
        struct owner *owner = malloc(sizeof *owner);
        owner->fd = fds[i][0];
        lab_ok(loop_add(loop, owner->fd, LOOP_READABLE, on_owner, owner));
        lab_ok(loop_timer_start(loop, loop_now(loop) + CLOCK_SECOND,
                                not_to_fire, owner, &owner->timer));
        lab_sys(write(fds[i][1], "x", 1));
    }
    run_until_quiet(loop);
}

static void remove_from_timer(struct loop *l, uint64_t at, void *user)
{
    (void)at;
    free_owner(l, user);
    loop_stop(l);
}

/* A timer's callback does so too, and cancels another that is due. */
STEP_TEST(timer_removes_descriptors)
{
    struct owner *owner = malloc(sizeof *owner);
    uint64_t at = loop_now(loop) + CLOCK_SECOND;

    owner->fd = fds[0][0];
    lab_ok(loop_add(loop, owner->fd, LOOP_READABLE, on_owner, owner));
    lab_ok(loop_timer_start(loop, at, remove_from_timer, owner, NULL));
    lab_ok(loop_timer_start(loop, at, not_to_fire, owner, &owner->timer));
    lab_note("the first of two timers cancels the second, and removes a pipe");
    lab_ok(loop_run(loop));
    lab_sys(write(fds[0][1], "x", 1));
    run_until_quiet(loop);
}

/* ---- Deferred calls ---- */

static char order[64];

static void say_letter(struct loop *l, void *user)
{
    (void)l;
    strncat(order, user, 1);
}

static void say_and_defer(struct loop *l, int fd, unsigned events, void *user)
{
    (void)events;
    (void)user;
    take_byte(fd);
    strcat(order, "f");
    lab_ok(loop_defer(l, say_letter, "d"));
}

static void say_t(struct loop *l, uint64_t at, void *user)
{
    (void)at;
    (void)user;
    strcat(order, "t");
    lab_ok(loop_defer(l, say_letter, "e"));
}

/* Deferred calls come after the batch and the timers, in their order. */
STEP_TEST(deferred_calls_come_after_the_batch)
{
    lab_note("%d pipes are ready, which is LOOP_BATCH_MIN, and a timer is "
             "due; each callback defers a call",
             LOOP_BATCH_MIN);
    lab_ok(loop_timer_start(loop, 0, say_t, NULL, NULL));
    for (int i = 0; i < LOOP_BATCH_MIN; i++) {
        lab_ok(loop_add(loop, fds[i][0], LOOP_READABLE, say_and_defer, NULL));
        lab_sys(write(fds[i][1], "x", 1));
    }
    run_until_quiet(loop);
    lab_same_text(order,
                  "ffffffffffffffff"
                  "t"
                  "dddddddddddddddd"
                  "e",
                  "the calls (f: descriptor, t: timer, d, e: deferred by "
                  "them)");
}

/* Deferred before the loop runs: it does not wait first. */
STEP_TEST(deferred_call_needs_no_event)
{
    order[0] = '\0';
    lab_ok(loop_defer(loop, say_letter, "a"));
    lab_ok(loop_defer(loop, say_letter, "b"));
    run_until_quiet(loop);
    lab_same_text(order, "ab", "the calls");
}

static int deferred_calls;

static void defer_again(struct loop *l, void *user)
{
    if (deferred_calls == 0)
        lab_sys(write(fds[0][1], "x", 1));
    lab_check(++deferred_calls < 1000,
              "a ready descriptor gets its call although a deferred call "
              "defers itself");
    lab_ok(loop_defer(l, defer_again, user));
}

static void stop_loop(struct loop *l, int fd, unsigned events, void *user)
{
    (void)events;
    (void)user;
    take_byte(fd);
    loop_stop(l);
}

/* A deferred call defers itself: that is for the next turn. */
STEP_TEST(deferred_calls_starve_nobody)
{
    lab_ok(loop_add(loop, fds[0][0], LOOP_READABLE, stop_loop, NULL));
    lab_ok(loop_defer(loop, defer_again, NULL));
    lab_note("a deferred call defers itself; a pipe gets a byte");
    lab_ok(loop_run(loop));
}

static void defer_many(struct loop *l, void *user)
{
    (void)user;
    for (int i = 0; i < 500; i++)
        lab_ok(loop_defer(l, say_letter, ""));
    lab_ok(loop_defer(l, say_letter, "z"));
}

/* Lists grow while they are walked. */
STEP_TEST(deferred_calls_defer_many)
{
    order[0] = '\0';
    lab_ok(loop_defer(loop, defer_many, NULL));
    lab_ok(loop_defer(loop, say_letter, "a"));
    run_until_quiet(loop);
    lab_same_text(order, "az", "the calls");
}

/* ---- Stopping ---- */

static void stop_and_count(struct loop *l, int fd, unsigned events, void *user)
{
    (void)events;
    calls[(intptr_t)user]++;
    take_byte(fd);
    loop_stop(l);
}

static void fired_too_early(struct loop *l, uint64_t at, void *user)
{
    (void)l;
    (void)at;
    strcat(order, "t");
    *(bool *)user = true;
}

/* After loop_stop() nothing is called; the next loop_run() goes on. */
STEP_TEST(stop_is_at_once)
{
    bool fired = false;
    order[0] = '\0';
    watch_all(stop_and_count);
    lab_ok(loop_timer_start(loop, 0, fired_too_early, &fired, NULL));
    lab_ok(loop_defer(loop, say_letter, "d"));
    lab_note("a timer is due and a call deferred; each callback stops the "
             "loop");
    for (int i = 1; i <= PIPES; i++) {
        lab_ok(loop_run(loop));
        lab_equal(sum_of_calls(), i, "calls after loop_run() number %d", i);
        lab_same_text(order, "", "timers and deferred calls by then");
    }
    run_until_quiet(loop);
    lab_same_text(order, "td", "timers and deferred calls at the end");
    for (int i = 0; i < PIPES; i++)
        lab_equal(calls[i], 1, "calls for pipe %d", i);
}

static void say_and_stop(struct loop *l, void *user)
{
    strncat(order, user, 1);
    loop_stop(l);
}

/* Stopped among deferred calls, it makes the others at the next run. */
STEP_TEST(stop_keeps_deferred_calls)
{
    order[0] = '\0';
    lab_ok(loop_defer(loop, say_letter, "a"));
    lab_ok(loop_defer(loop, say_and_stop, "b"));
    lab_ok(loop_defer(loop, say_letter, "c"));
    lab_ok(loop_run(loop));
    lab_same_text(order, "ab", "calls before the stop");
    lab_ok(loop_defer(loop, say_letter, "d"));
    run_until_quiet(loop);
    lab_same_text(order, "abcd", "calls at the end");
}

/* A stop before loop_run() ends that one, and only that one. */
STEP_TEST(stop_before_run)
{
    watch_all(stop_and_count);
    lab_note("loop_stop() twice, then loop_run()");
    loop_stop(loop);
    loop_stop(loop);
    lab_ok(loop_run(loop));
    lab_equal(sum_of_calls(), 0, "calls in the run that was stopped before");
    lab_ok(loop_run(loop));
    lab_equal(sum_of_calls(), 1, "calls in the next one");
}

/* ---- Two loops ---- */

static struct loop *inner;

static void run_inner(struct loop *l, int fd, unsigned events, void *user)
{
    (void)events;
    (void)user;
    take_byte(fd);
    lab_ok(
        loop_add(inner, fds[1][0], LOOP_READABLE, stop_and_count, (void *)1));
    lab_ok(loop_run(inner));
    lab_ok(loop_remove(inner, fds[1][0]));
    lab_ok(loop_modify(l, fd, LOOP_READABLE));
}

/* A callback runs another loop. */
STEP_TEST(callback_runs_another_loop)
{
    lab_ok(loop_open(&inner));
    lab_ok(loop_add(loop, fds[0][0], LOOP_READABLE, run_inner, NULL));
    lab_note("two pipes are ready: the callback of the first runs another "
             "loop, which watches the second");
    lab_sys(write(fds[0][1], "x", 1));
    lab_sys(write(fds[1][1], "x", 1));
    run_until_quiet(loop);
    lab_equal(calls[1], 1, "calls in the inner loop");
    loop_close(inner);
}

/* ---- A storm ---- */

/* What we know of each pipe; the callback's user is its watch. */
struct watch_model {
    int pipe;
    bool watched;
    unsigned events;
};

static struct {
    struct watch_model *now[PIPES]; /* of each pipe, NULL: none */
    struct lab_random random;
    int calls, left;
} storm;

static void on_storm(struct loop *l, int fd, unsigned events, void *user);

/* Models of past watches are kept: one of them must never come again. */
static void storm_add(int i)
{
    struct watch_model *watch = malloc(sizeof *watch);
    *watch = (struct watch_model){i, true, LOOP_READABLE};
    storm.now[i] = watch;
    lab_ok(loop_add(loop, fds[i][0], LOOP_READABLE, on_storm, watch));
}

static void storm_remove(int i)
{
    lab_ok(loop_remove(loop, fds[i][0]));
    free(storm.now[i]);
    storm.now[i] = NULL;
}

/* One random thing to one random pipe. */
static void storm_act(void)
{
    int i = (int)lab_random_below(&storm.random, PIPES);
    switch (lab_random_below(&storm.random, 5)) {
    case 0:
        if (storm.now[i] != NULL)
            storm_remove(i);
        else
            storm_add(i);
        break;
    case 1:
        if (storm.now[i] == NULL)
            break;
        storm.now[i]->events ^= LOOP_READABLE;
        lab_ok(loop_modify(loop, fds[i][0], storm.now[i]->events));
        break;
    case 2:
        if (storm.now[i] != NULL)
            storm_remove(i);
        reuse_number(i);
        storm_add(i);
        break;
    default:
        lab_sys(write(fds[i][1], "x", 1));
    }
}

static void on_storm(struct loop *l, int fd, unsigned events, void *user)
{
    struct watch_model *watch = user; /* ASan knows a freed one */
    char byte;
    lab_equal(fd, fds[watch->pipe][0], "the descriptor of the watch");
    lab_check(storm.now[watch->pipe] == watch && watch->events != 0,
              "pipe %d is watched, and by this watch", watch->pipe);
    lab_equal(events, LOOP_READABLE, "the events");
    lab_equal(read(fd, &byte, 1), 1, "bytes in a pipe that is readable");
    storm.calls++;
    for (int i = 0; i < 4; i++)
        storm_act();
    if (--storm.left <= 0)
        loop_stop(l);
}

/* Random things in random callbacks, against a model. */
STEP_TEST(storm_of_changes)
{
    lab_random_init(&storm.random, 1);
    lab_note("in each callback four random things happen to random pipes: "
             "added, removed, modified, closed and reopened, written to");
    storm.left = 20000;
    while (storm.left > 0) {
        for (int i = 0; i < 32; i++)
            storm_act();
        run_until_quiet(loop);
    }
    lab_note("%s", lab_count(storm.calls, "callback"));
    for (int i = 0; i < PIPES; i++)
        if (storm.now[i] != NULL)
            storm_remove(i);
}

void reentrancy_step(void)
{
    lab_step("reentrancy");
    lab_fixture(open_loop, close_loop);
    lab_test(callback_removes_itself);
    lab_test(callback_removes_the_rest_of_its_batch);
    lab_test(callback_modifies_the_rest_of_its_batch);
    lab_test(number_is_reused_within_a_batch);
    lab_test(number_is_reused_thousands_of_times);
    lab_test(callbacks_add_high_numbers);
    lab_test(callback_frees_its_user);
    lab_test(timer_removes_descriptors);
    lab_test(deferred_calls_come_after_the_batch);
    lab_test(deferred_call_needs_no_event);
    lab_test(deferred_calls_starve_nobody);
    lab_test(deferred_calls_defer_many);
    lab_test(stop_is_at_once);
    lab_test(stop_keeps_deferred_calls);
    lab_test(stop_before_run);
    lab_test(callback_runs_another_loop);
    lab_test(storm_of_changes);
}
