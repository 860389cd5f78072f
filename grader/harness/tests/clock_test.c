/*
 * clock_test.c: the claims of clock.h, on code that is wrapped as a member's is
 * (clock_wrapped.c).
 */
#include "clock.h"
#include "clock_wrapped.h"
#include "failing.h"
#include "fault.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#define HOUR_MS 3600000

static int epoll_fd, fds[2];

static void open_epoll(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    epoll_fd = (int)lab_sys(epoll_create1(EPOLL_CLOEXEC));
    lab_sys(pipe2(fds, O_CLOEXEC));
    lab_sys(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fds[0], &event));
}

static void close_epoll(void)
{
    close(epoll_fd);
    close(fds[0]);
    close(fds[1]);
}

/* Without clock_virtual() time is real. */
STEP_TEST(unarmed_time_is_real)
{
    struct timespec before, after;
    lab_sys(clock_gettime(CLOCK_MONOTONIC, &before));
    uint64_t now = wrapped_now(CLOCK_MONOTONIC);
    for (int wait = 0; wait < WAITS; wait++)
        lab_equal(wrapped_wait((enum wrapped_wait)wait, epoll_fd, 2), 0,
                  "events of wait %d", wait);
    lab_sys(clock_gettime(CLOCK_MONOTONIC, &after));
    lab_at_least(now, before.tv_sec * 1000000000L + before.tv_nsec, "time");
    lab_at_least(after.tv_sec * 1000000000L + after.tv_nsec,
                 now + 6 * CLOCK_MILLISECOND, "time after three waits of 2 ms");
}

/* A wait with nothing ready moves the clock by its timeout, and takes none. */
STEP_TEST(a_wait_takes_its_timeout)
{
    clock_virtual();
    for (int wait = 0; wait < WAITS; wait++) {
        uint64_t before = clock_now();
        lab_equal(wrapped_wait((enum wrapped_wait)wait, epoll_fd, HOUR_MS), 0,
                  "events of wait %d", wait);
        lab_equal(clock_now() - before, 3600 * CLOCK_SECOND, "time passed");
        lab_equal(wrapped_now(CLOCK_MONOTONIC), clock_now(), "CLOCK_MONOTONIC");
        lab_equal(wrapped_now(CLOCK_REALTIME), clock_now(), "CLOCK_REALTIME");
    }
    lab_check(wrapped_now(CLOCK_PROCESS_CPUTIME_ID) < 3600 * CLOCK_SECOND,
              "CPU time is real");
}

/* What is ready is told at once, and no time passes. */
STEP_TEST(ready_descriptors_take_no_time)
{
    clock_virtual();
    uint64_t before = clock_now();
    lab_sys(write(fds[1], "x", 1));
    for (int wait = 0; wait < WAITS; wait++)
        for (int64_t ms = -1; ms <= 1; ms++)
            lab_equal(wrapped_wait((enum wrapped_wait)wait, epoll_fd, ms), 1,
                      "events of wait %d", wait);
    lab_equal(clock_now(), before, "the time");
    clock_advance(7);
    lab_equal(wrapped_now(CLOCK_BOOTTIME), before + 7, "the time");
}

/* A fault goes first, and takes no time. */
STEP_TEST(an_interrupted_wait_takes_no_time)
{
    clock_virtual();
    uint64_t before = clock_now();
    for (int wait = 0; wait < WAITS; wait++) {
        fault_fail(FAULT_WAIT, 1, EINTR);
        lab_error(wrapped_wait((enum wrapped_wait)wait, epoll_fd, 1), -EINTR);
        fault_reset();
    }
    lab_equal(clock_now(), before, "the time");
    lab_error(wrapped_wait(WAIT, -1, 1), -EBADF);
}

static bool write_once(void *user)
{
    int *asked = user;
    if (++*asked == 3)
        lab_sys(write(fds[1], "x", 1));
    return *asked <= 3;
}

/* The test is asked before time passes, and may make something ready. */
STEP_TEST(the_test_is_asked_when_it_is_quiet)
{
    int asked = 0;
    char byte;
    clock_virtual();
    uint64_t before = clock_now();
    clock_when_quiet(write_once, &asked);
    lab_equal(wrapped_wait(WAIT, epoll_fd, -1), 1, "events");
    lab_equal(asked, 3, "times that it was asked");
    lab_equal(clock_now(), before, "the time");
    lab_sys(read(fds[0], &byte, 1));
    lab_equal(wrapped_wait(WAIT, epoll_fd, 5), 0, "events");
    lab_equal(asked, 4, "times that it was asked");
    lab_equal(clock_now() - before, 5 * CLOCK_MILLISECOND, "time passed");
    lab_equal(wrapped_wait(WAIT, epoll_fd, 0), 0, "events of no wait");
    lab_equal(asked, 4, "times that it was asked");
}

static void wait_for_ever(void)
{
    FAILS(clock_virtual());
    wrapped_wait(WAIT, epoll_fd, -1);
}

static void turn_in_circles(void)
{
    FAILS(clock_virtual());
    for (int i = 0; i < CLOCK_WAITS_MAX + 1; i++)
        wrapped_wait(WAIT, epoll_fd, 0);
}

/* Both ways to hang are told in words. */
STEP_TEST(hanging_is_told)
{
    failing(wait_for_ever,
            "the loop waits for ever: nothing is ready, and it waits without "
            "a timeout",
            "", "");
    failing(turn_in_circles,
            "the loop turns in circles: it waited 50000 times, each wait "
            "returned at once, and no time passed. Either something stays "
            "ready that nobody deals with, or the timeout is 0 where it "
            "should not be",
            "", "");
}

/* As long as time passes now and then, a loop may go on. */
STEP_TEST(waits_that_take_time_are_no_circle)
{
    clock_virtual();
    for (int i = 0; i < 2 * CLOCK_WAITS_MAX; i++)
        lab_equal(wrapped_wait(WAIT, epoll_fd, i % 2), 0, "events");
}

int main(int argc, char **argv)
{
    lab_step("clock");
    lab_fixture(open_epoll, close_epoll);
    lab_test(unarmed_time_is_real);
    lab_test(a_wait_takes_its_timeout);
    lab_test(ready_descriptors_take_no_time);
    lab_test(an_interrupted_wait_takes_no_time);
    lab_test(the_test_is_asked_when_it_is_quiet);
    lab_test(hanging_is_told);
    lab_test(waits_that_take_time_are_no_circle);
    return lab_main(argc, argv);
}
