/*
 * event_loop_test.c: week 02, step 1, and the list of steps.
 *
 * Time is virtual, so a loop that waits for what never comes fails with words.
 */
#include "clock.h"
#include "fault.h"
#include "own_fds_client.h"
#include "quiet.h"
#include "steps.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CROWD 700 /* pipes ready at once: more than one wait may take */

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

static void make_pipe(int fds[2])
{
    lab_sys(pipe2(fds, O_CLOEXEC));
}

static void close_pipe(const int fds[2])
{
    close(fds[0]);
    close(fds[1]);
}

/* What a callback was told, last. */
struct told {
    int calls;
    struct loop *loop;
    int fd;
    unsigned events;
    int reads; /* how many bytes each call takes */
    bool stops;
};

static void on_told(struct loop *l, int fd, unsigned events, void *user)
{
    struct told *told = user;
    char bytes[64];
    told->calls++;
    told->loop = l;
    told->fd = fd;
    told->events = events;
    if (told->reads > 0)
        lab_sys(read(fd, bytes, (size_t)told->reads));
    if (told->stops)
        loop_stop(l);
}

/* A byte comes: one call, with loop, descriptor, event and user pointer. */
STEP_TEST(readable_pipe_calls_back)
{
    int fds[2];
    struct told told = {.reads = 1, .stops = true};

    make_pipe(fds);
    lab_note("the loop watches a pipe, and a byte is written to it");
    lab_ok(loop_add(loop, fds[0], LOOP_READABLE, on_told, &told));
    lab_sys(write(fds[1], "x", 1));
    lab_ok(loop_run(loop));
    lab_equal(told.calls, 1, "calls of the callback, which stops the loop");
    lab_check(told.loop == loop, "the callback gets the loop");
    lab_equal(told.fd, fds[0], "the descriptor that it gets");
    lab_equal(told.events, LOOP_READABLE, "the events that it gets");
    close_pipe(fds);
}

/* Bytes that a callback leaves unread are told again: level-triggered. */
STEP_TEST(unread_bytes_are_told_again)
{
    int fds[2];
    struct told told = {.reads = 1};

    make_pipe(fds);
    lab_ok(loop_add(loop, fds[0], LOOP_READABLE, on_told, &told));
    lab_note("5 bytes are written at once; each call reads one");
    lab_sys(write(fds[1], "hello", 5));
    run_until_quiet(loop);
    lab_equal(told.calls, 5, "calls of the callback");
    lab_note("nothing is to be read now, and then one byte more");
    run_until_quiet(loop);
    lab_equal(told.calls, 5, "calls of the callback");
    lab_sys(write(fds[1], "!", 1));
    run_until_quiet(loop);
    lab_equal(told.calls, 6, "calls of the callback");
    close_pipe(fds);
}

/* Each of many descriptors has its own function's user pointer. */
STEP_TEST(each_watch_has_its_own_user)
{
    int fds[8][2];
    struct told told[8] = {{0}};

    for (int i = 0; i < 8; i++) {
        make_pipe(fds[i]);
        told[i].reads = 1;
        lab_ok(loop_add(loop, fds[i][0], LOOP_READABLE, on_told, &told[i]));
    }
    lab_note("8 pipes are watched; pipes 2, 5 and 7 get a byte");
    lab_sys(write(fds[2][1], "x", 1));
    lab_sys(write(fds[5][1], "x", 1));
    lab_sys(write(fds[7][1], "x", 1));
    run_until_quiet(loop);
    for (int i = 0; i < 8; i++) {
        bool has_byte = i == 2 || i == 5 || i == 7;
        lab_equal(told[i].calls, has_byte, "calls for pipe %d", i);
        lab_check(!has_byte || told[i].fd == fds[i][0],
                  "the callback of pipe %d gets its descriptor", i);
        close_pipe(fds[i]);
    }
}

/* More descriptors are ready than one wait takes: all are called. */
STEP_TEST(crowd_of_ready_descriptors)
{
    int(*fds)[2] = calloc(CROWD, sizeof *fds);
    struct told *told = calloc(CROWD, sizeof *told);

    lab_note("%d pipes are watched, and each has a byte", CROWD);
    for (int i = 0; i < CROWD; i++) {
        make_pipe(fds[i]);
        told[i].reads = 1;
        lab_ok(loop_add(loop, fds[i][0], LOOP_READABLE, on_told, &told[i]));
        lab_sys(write(fds[i][1], "x", 1));
    }
    run_until_quiet(loop);
    for (int i = 0; i < CROWD; i++) {
        lab_equal(told[i].calls, 1, "calls for pipe %d", i);
        close_pipe(fds[i]);
    }
    free(fds);
    free(told);
}

static void make_pair(int fds[2])
{
    lab_sys(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
}

/* Readable and writable together are one call with both. */
STEP_TEST(all_that_holds_is_told_in_one_call)
{
    int fds[2];
    struct told told = {.stops = true};

    make_pair(fds);
    lab_note("a socket is watched for both, and has a byte and room");
    lab_sys(write(fds[1], "x", 1));
    lab_ok(
        loop_add(loop, fds[0], LOOP_READABLE | LOOP_WRITABLE, on_told, &told));
    lab_ok(loop_run(loop));
    lab_equal(told.calls, 1, "calls of the callback");
    lab_equal(told.events, LOOP_READABLE | LOOP_WRITABLE, "events");
    close_pipe(fds);
}

/* What is not asked for is not told, and loop_modify changes what is. */
STEP_TEST(modify_changes_what_is_told)
{
    int fds[2];
    struct told told = {.stops = true};

    make_pair(fds);
    lab_note("a socket with a byte and room is watched for nothing");
    lab_sys(write(fds[1], "x", 1));
    lab_ok(loop_add(loop, fds[0], 0, on_told, &told));
    run_until_quiet(loop);
    lab_equal(told.calls, 0, "calls of the callback");
    lab_ok(loop_modify(loop, fds[0], LOOP_WRITABLE));
    lab_ok(loop_run(loop));
    lab_equal(told.events, LOOP_WRITABLE, "events, of LOOP_WRITABLE");
    lab_ok(loop_modify(loop, fds[0], LOOP_READABLE));
    lab_ok(loop_run(loop));
    lab_equal(told.events, LOOP_READABLE, "events, of LOOP_READABLE");
    lab_equal(told.calls, 2, "calls of the callback");
    lab_ok(loop_modify(loop, fds[0], 0));
    run_until_quiet(loop);
    lab_equal(told.calls, 2, "calls of the callback, of nothing again");
    close_pipe(fds);
}

/* The other end is gone: LOOP_ENDED, asked for or not. */
STEP_TEST(ended_is_told_unasked)
{
    int fds[2];
    struct told told = {.stops = true};

    for (unsigned asked = 0; asked <= LOOP_READABLE; asked++) {
        make_pipe(fds);
        lab_note("a pipe is watched for %s, and its writer closes",
                 asked ? "LOOP_READABLE" : "nothing");
        told.calls = 0;
        lab_ok(loop_add(loop, fds[0], asked, on_told, &told));
        run_until_quiet(loop);
        lab_equal(told.calls, 0, "calls before that");
        close(fds[1]);
        lab_ok(loop_run(loop));
        lab_check(told.events & LOOP_ENDED,
                  "the events have LOOP_ENDED; they are %u", told.events);
        lab_ok(loop_remove(loop, fds[0]));
        close(fds[0]);
    }
}

/* A removed descriptor is silent, and can be added again. */
STEP_TEST(removed_descriptor_is_silent)
{
    int fds[2];
    struct told told = {.reads = 1};

    make_pipe(fds);
    lab_ok(loop_add(loop, fds[0], LOOP_READABLE, on_told, &told));
    lab_sys(write(fds[1], "hello", 5));
    lab_ok(loop_remove(loop, fds[0]));
    run_until_quiet(loop);
    lab_equal(told.calls, 0, "calls after loop_remove()");
    lab_ok(loop_add(loop, fds[0], LOOP_READABLE, on_told, &told));
    run_until_quiet(loop);
    lab_equal(told.calls, 5, "calls after it was added again");
    close_pipe(fds);
}

/* A duplicate of the removed descriptor is open somewhere: no matter. */
STEP_TEST(removed_descriptor_with_a_duplicate)
{
    int fds[2];
    struct told told = {.reads = 1};

    make_pipe(fds);
    lab_note("a watched pipe is duplicated, removed and closed; the duplicate "
             "stays open, and a byte comes");
    int duplicate = (int)lab_sys(dup(fds[0]));
    lab_ok(loop_add(loop, fds[0], LOOP_READABLE, on_told, &told));
    lab_ok(loop_remove(loop, fds[0]));
    close(fds[0]);
    lab_sys(write(fds[1], "x", 1));
    run_until_quiet(loop);
    lab_equal(told.calls, 0, "calls after loop_remove()");
    close(duplicate);
    close(fds[1]);
}

/* What makes no sense is refused with the right error. */
STEP_TEST(misuse_is_refused)
{
    int fds[2];
    struct told told = {0};

    make_pipe(fds);
    lab_ok(loop_add(loop, fds[0], LOOP_READABLE, on_told, &told));
    lab_error(loop_add(loop, fds[0], LOOP_READABLE, on_told, &told), -EEXIST);
    lab_error(loop_modify(loop, fds[1], LOOP_WRITABLE), -ENOENT);
    lab_error(loop_remove(loop, fds[1]), -ENOENT);
    lab_error(loop_remove(loop, 30000), -ENOENT);
    lab_error(loop_add(loop, -1, LOOP_READABLE, on_told, &told), -EBADF);
    lab_ok(loop_remove(loop, fds[0]));
    lab_error(loop_remove(loop, fds[0]), -ENOENT);
    lab_error(loop_modify(loop, fds[0], LOOP_READABLE), -ENOENT);
    close_pipe(fds);
    lab_note("the number is closed now");
    lab_error(loop_add(loop, fds[0], LOOP_READABLE, on_told, &told), -EBADF);

    int folder = (int)lab_sys(open(lab_tmp(), O_RDONLY | O_CLOEXEC));
    lab_note("a folder can't be waited for");
    lab_error(loop_add(loop, folder, LOOP_READABLE, on_told, &told), -EPERM);
    close(folder);
}

/* After an error nothing has changed. */
STEP_TEST(failed_calls_change_nothing)
{
    int fds[2];
    struct told told = {.reads = 1};

    make_pair(fds);
    lab_sys(write(fds[1], "hello", 5));
    lab_note("epoll_ctl fails with ENOSPC, then it works");
    fault_fail("epoll_ctl", 1, ENOSPC);
    lab_error(loop_add(loop, fds[0], LOOP_READABLE, on_told, &told), -ENOSPC);
    lab_ok(loop_add(loop, fds[0], LOOP_READABLE, on_told, &told));
    run_until_quiet(loop);
    lab_equal(told.calls, 5, "calls of the callback");

    lab_note("loop_modify to LOOP_WRITABLE, in which epoll_ctl fails with "
             "ENOMEM, and a byte comes");
    fault_fail("epoll_ctl", 1, ENOMEM);
    lab_error(loop_modify(loop, fds[0], LOOP_WRITABLE), -ENOMEM);
    lab_sys(write(fds[1], "!", 1));
    fault_reset();
    run_until_quiet(loop);
    lab_equal(told.calls, 6, "calls of the callback: LOOP_READABLE is watched");
    close_pipe(fds);
}

/* A signal may end the wait: it is made again. */
STEP_TEST(interrupted_wait_goes_on)
{
    int fds[2];
    struct told told = {.reads = 1};

    make_pipe(fds);
    lab_ok(loop_add(loop, fds[0], LOOP_READABLE, on_told, &told));
    lab_note("each second wait fails with EINTR");
    fault_fail_every(FAULT_WAIT, 2, EINTR);
    lab_sys(write(fds[1], "hello", 5));
    run_until_quiet(loop);
    lab_equal(told.calls, 5, "calls of the callback");
    close_pipe(fds);
}

static void not_to_be_called(struct loop *l, int fd, unsigned events,
                             void *user)
{
    (void)l;
    (void)events;
    (void)user;
    lab_fail("the callback of descriptor %d is called in another loop's "
             "loop_run(), or after the stop",
             fd);
}

/* Two loops in one process do not know each other. */
STEP_TEST(two_loops_are_apart)
{
    int fds[2][2];
    struct loop *other;
    struct told told = {.reads = 1};

    lab_ok(loop_open(&other));
    make_pipe(fds[0]);
    make_pipe(fds[1]);
    lab_note("two loops watch a pipe each; both are ready, one loop runs");
    lab_ok(loop_add(loop, fds[0][0], LOOP_READABLE, on_told, &told));
    lab_ok(loop_add(other, fds[1][0], LOOP_READABLE, not_to_be_called, NULL));
    lab_sys(write(fds[0][1], "xy", 2));
    lab_sys(write(fds[1][1], "x", 1));
    run_until_quiet(loop);
    lab_equal(told.calls, 2, "calls of the first loop's callback");
    lab_error(loop_remove(loop, fds[1][0]), -ENOENT);
    lab_note("the same pipe may be in both");
    lab_ok(loop_remove(other, fds[1][0]));
    lab_ok(loop_add(other, fds[0][0], LOOP_READABLE, on_told, &told));
    lab_sys(write(fds[0][1], "x", 1));
    run_until_quiet(other);
    lab_equal(told.calls, 3, "calls of the callback");
    loop_close(other);
    lab_note("one loop is closed; the other goes on");
    lab_sys(write(fds[0][1], "x", 1));
    run_until_quiet(loop);
    lab_equal(told.calls, 4, "calls of the callback");
    close_pipe(fds[0]);
    close_pipe(fds[1]);
}

/* Those that a program which is started gets. */
static int count_inherited_fds(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++) {
        int flags = fcntl(fd, F_GETFD);
        count += flags != -1 && !(flags & FD_CLOEXEC);
    }
    return count;
}

/* The descriptors of the loop are its own: closed with it, close-on-exec, and
 * those that it watched stay open. */
STEP_TEST(close_gives_back_what_is_the_loops)
{
    int fds[2];
    struct told told = {0};
    struct loop *more;

    make_pipe(fds);
    int before = own_fds_count();
    int inherited = count_inherited_fds();
    lab_ok(loop_open(&more));
    lab_equal(count_inherited_fds(), inherited,
              "descriptors that are not close-on-exec, after loop_open()");
    lab_ok(loop_add(more, fds[0], LOOP_READABLE, on_told, &told));
    lab_note("a loop that watches a pipe is closed");
    loop_close(more);
    lab_equal(own_fds_count(), before, "open descriptors after loop_close()");
    lab_check(fcntl(fds[0], F_GETFD) != -1,
              "the pipe is still open: it is not the loop's");
    loop_close(NULL);
    close_pipe(fds);
}

/* No descriptor left: an error, and nothing stays behind. */
STEP_TEST(open_reports_errors)
{
    struct loop *more = NULL;
    int before = own_fds_count();
    lab_note("epoll_create1 fails with EMFILE");
    fault_fail("epoll_create1", 1, EMFILE);
    lab_error(loop_open(&more), -EMFILE);
    lab_equal(own_fds_count(), before, "open descriptors after the error");
}

/* ---- The list ---- */

static void readiness_step(void)
{
    lab_step("readiness");
    lab_fixture(open_loop, close_loop);
    lab_test(readable_pipe_calls_back);
    lab_test(unread_bytes_are_told_again);
    lab_test(each_watch_has_its_own_user);
    lab_test(crowd_of_ready_descriptors);
    lab_test(all_that_holds_is_told_in_one_call);
    lab_test(modify_changes_what_is_told);
    lab_test(ended_is_told_unasked);
    lab_test(removed_descriptor_is_silent);
    lab_test(removed_descriptor_with_a_duplicate);
    lab_test(misuse_is_refused);
    lab_test(failed_calls_change_nothing);
    lab_test(interrupted_wait_goes_on);
    lab_test(two_loops_are_apart);
    lab_test(close_gives_back_what_is_the_loops);
    lab_test(open_reports_errors);
}

int main(int argc, char **argv)
{
    readiness_step();
    nonblocking_echo_step();
    backpressure_step();
    timers_step();
    reentrancy_step();
    program_step();
    ten_thousand_step();
    idle_step();
    wakeup_step();
    return lab_main(argc, argv);
}
