/*
 * uring_test.c: week 03, step 1, and the list of steps.
 *
 * The ring runs in the test's own process; who waits for what never comes is
 * ended with words by a thread that looks at the clock.
 */
#include "ring_run.h"
#include "steps.h"
#include "uring_watch.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENTRIES 64

static struct uring *ring;

static void open_ring(void)
{
    watch_begin(WATCH_COUNTS);
    lab_ok(uring_open(ENTRIES, &ring));
}

static void close_ring(void)
{
    uring_close(ring);
}

/* ---- One operation ---- */

/* A NOP: one call, with ring, op, result 0 and no flag. */
STEP_TEST(nop_is_completed)
{
    struct call call;
    lab_note("start a NOP, and run until its `done` stops the ring");
    call_init(&call, 1);
    start_nop(ring, &call);
    lab_equal(call.calls, 0, "calls of `done` before uring_run()");
    run(ring);
    lab_equal(call.calls, 1, "calls of `done`");
    lab_equal(call.result, 0, "the result that it gets");
    lab_equal(call.flags, 0, "the flags that it gets");
    lab_check(call.uring == ring, "`done` gets the ring");
}

/* What the kernel reads is in the op's memory when `done` is called. */
STEP_TEST(read_brings_its_bytes)
{
    int fds[2];
    char bytes[16] = "";
    struct call call;

    make_pipe(fds);
    call_init(&call, 1);
    lab_note("read up to 16 bytes from a pipe that has 5");
    start_read(ring, &call, fds[0], bytes, sizeof bytes);
    lab_sys(write(fds[1], "hello", 5));
    run(ring);
    lab_equal(call.result, 5, "the result of the read");
    lab_same_bytes(bytes, 5, "hello", 5, "bytes that were read");
    close_pipe(fds);
}

/* It fails as a result, not as a return value, and not in errno. */
STEP_TEST(failure_is_a_result)
{
    char byte;
    struct call call;
    call_init(&call, 1);
    lab_note("read from descriptor -1");
    start_read(ring, &call, -1, &byte, 1);
    errno = 0;
    run(ring);
    same_result(call.result, -EBADF, "the result of the read");
}

/* `what` is the caller's again as soon as uring_start() returns. */
STEP_TEST(what_is_borrowed_for_the_call)
{
    struct io_uring_sqe what;
    struct call calls[3];

    lab_note("three NOPs of one `what`, which has a user_data of its own and "
             "is overwritten each time");
    for (int i = 0; i < 3; i++) {
        call_init(&calls[i], i == 2);
        what = (struct io_uring_sqe){0}; /* prep sets what it wants set */
        io_uring_prep_nop(&what);
        what.user_data = 4711;
        lab_ok(uring_start(ring, &calls[i].op, &what));
        memset(&what, 0xff, sizeof what);
    }
    run(ring);
    for (int i = 0; i < 3; i++) {
        lab_equal(calls[i].calls, 1, "calls of `done` of NOP %d", i + 1);
        lab_equal(calls[i].result, 0, "the result of NOP %d", i + 1);
    }
}

/* Flags of a submission are kept: linked, the second is not done if the first
 * fails. */
STEP_TEST(flags_of_a_submission_are_kept)
{
    struct io_uring_sqe what = {0};
    struct call first, second;
    char byte;

    lab_note("a read of descriptor -1, with IOSQE_IO_LINK, and a NOP");
    call_init(&first, 0);
    call_init(&second, 1);
    io_uring_prep_read(&what, -1, &byte, 1, 0);
    what.flags |= IOSQE_IO_LINK;
    lab_ok(uring_start(ring, &first.op, &what));
    start_nop(ring, &second);
    lab_equal(watch_enters(), 0,
              "system calls before uring_run(): the read would be submitted "
              "too early, without what it is linked to");
    run(ring);
    lab_equal(first.calls, 1, "calls of the read's `done`");
    same_result(first.result, -EBADF, "the result of the read");
    same_result(second.result, -ECANCELED, "the result of the NOP behind it");
}

/* A multishot operation: `done` learns from the flags that more is to come, and
 * cancel finds it by the address of its op. */
STEP_TEST(multishot_is_told_and_cancelled)
{
    int fds[2];
    struct io_uring_sqe what = {0};
    struct call poll, cancel;

    make_pipe(fds);
    lab_note("a multishot poll of a pipe, and a byte");
    call_init(&poll, 1);
    io_uring_prep_poll_multishot(&what, fds[0], POLLIN);
    lab_ok(uring_start(ring, &poll.op, &what));
    lab_sys(write(fds[1], "x", 1));
    run(ring);
    lab_equal(poll.calls, 1, "calls of its `done`");
    lab_check(poll.flags & IORING_CQE_F_MORE,
              "its flags have IORING_CQE_F_MORE");
    lab_note("the poll is cancelled by the address of its op");
    call_init(&cancel, 0);
    poll.stop_at = 2;
    io_uring_prep_cancel(&what, &poll.op, 0);
    lab_ok(uring_start(ring, &cancel.op, &what));
    run(ring);
    while (cancel.calls == 0) {
        cancel.stop_at = 1;
        run(ring);
    }
    lab_equal(cancel.result, 0, "the result of the cancel");
    same_result(poll.result, -ECANCELED, "the last result of the poll");
    lab_check(!(poll.flags & IORING_CQE_F_MORE),
              "its last flags lack IORING_CQE_F_MORE");
    close_pipe(fds);
}

/* ---- Many operations ---- */

#define READS 16

/* The last that was started is the first to be done: each finds its own. */
STEP_TEST(each_completion_finds_its_op)
{
    int fds[READS][2];
    char bytes[READS] = "";
    struct call calls[READS];

    lab_note("%d reads of %d pipes; the bytes come from the last pipe to the "
             "first",
             READS, READS);
    for (int i = 0; i < READS; i++) {
        make_pipe(fds[i]);
        call_init(&calls[i], 1);
        start_read(ring, &calls[i], fds[i][0], &bytes[i], 1);
    }
    for (int i = READS - 1; i >= 0; i--) {
        lab_sys(write(fds[i][1], &"abcdefghijklmnop"[i], 1));
        run(ring);
        for (int k = 0; k < READS; k++)
            lab_equal(calls[k].calls, k >= i, "calls of `done` of read %d",
                      k + 1);
        lab_equal(calls[i].result, 1, "the result of read %d", i + 1);
    }
    lab_same_bytes(bytes, READS, "abcdefghijklmnop", READS,
                   "bytes, in the order of the pipes");
    for (int i = 0; i < READS; i++)
        close_pipe(fds[i]);
}

/* More than there are entries: uring_start() makes room. */
STEP_TEST(more_operations_than_entries)
{
    struct uring *small;
    struct call calls[12];
    struct count count = {0};

    lab_note("a ring of 4 entries; 12 NOPs are started in one turn");
    lab_ok(uring_open(4, &small));
    for (int i = 0; i < 12; i++) {
        call_init(&calls[i], 0);
        count_into(&calls[i], &count, 12);
        start_nop(small, &calls[i]);
    }
    run(small);
    for (int i = 0; i < 12; i++)
        lab_equal(calls[i].calls, 1, "calls of `done` of NOP %d", i + 1);
    uring_close(small);
}

/* In flight may be many more than the ring has entries. */
STEP_TEST(more_in_flight_than_entries)
{
    struct uring *small;
    int fds[READS][2];
    char bytes[READS];
    struct call calls[READS];
    struct count count = {0};

    lab_note("a ring of 4 entries; %d reads of empty pipes, then a byte for "
             "each",
             READS);
    lab_ok(uring_open(4, &small));
    for (int i = 0; i < READS; i++) {
        make_pipe(fds[i]);
        call_init(&calls[i], 0);
        count_into(&calls[i], &count, READS);
        start_read(small, &calls[i], fds[i][0], &bytes[i], 1);
    }
    for (int i = 0; i < READS; i++)
        lab_sys(write(fds[i][1], "x", 1));
    run(small);
    for (int i = 0; i < READS; i++) {
        lab_equal(calls[i].result, 1, "the result of read %d", i + 1);
        close_pipe(fds[i]);
    }
    uring_close(small);
}

static void start_again(struct call *call)
{
    start_nop(call->uring, call);
}

/* A completion may start an operation, this one too. */
STEP_TEST(done_starts_the_next)
{
    struct call call;
    lab_note("a NOP whose `done` starts it again, 100 times");
    call_init(&call, 100);
    call.then = start_again;
    start_nop(ring, &call);
    run(ring);
    lab_equal(call.calls, 100, "calls of `done`");
}

static void on_fleeting(struct uring *uring, struct uring_op *op, int result,
                        unsigned flags)
{
    (void)result;
    (void)flags;
    free(op);
    uring_stop(uring);
}

/* The last completion is the last that the ring knows of an op. */
STEP_TEST(done_may_free_its_op)
{
    struct io_uring_sqe what = {0};
    io_uring_prep_nop(&what);
    lab_note("eight NOPs, each of which frees its op");
    for (int i = 0; i < 8; i++) {
        struct uring_op *op = malloc(sizeof *op);
        *op = (struct uring_op){on_fleeting, NULL};
        lab_ok(uring_start(ring, op, &what));
        run(ring);
    }
}

/* ---- Stop ---- */

/* No completion is called after it; the next run goes on there. */
STEP_TEST(stop_leaves_the_rest_for_the_next_run)
{
    struct call calls[3];
    lab_note("three NOPs are done in one turn; each stops the ring");
    for (int i = 0; i < 3; i++) {
        call_init(&calls[i], 1);
        start_nop(ring, &calls[i]);
    }
    for (int i = 0; i < 3; i++) {
        run(ring);
        lab_equal(calls[0].calls + calls[1].calls + calls[2].calls, i + 1,
                  "completions that were called after run %d", i + 1);
    }
}

static void start_its_read(struct call *call)
{
    start_read(call->uring, call->other, call->fd, call->bytes, 1);
}

/* What a completion starts before it stops the ring is not forgotten. */
STEP_TEST(started_before_a_stop)
{
    int fds[2];
    char byte = 0;
    struct call nop, read;

    make_pipe(fds);
    lab_note("a NOP whose `done` starts a read and stops the ring");
    call_init(&nop, 1);
    call_init(&read, 1);
    nop.then = start_its_read;
    nop.other = &read;
    nop.fd = fds[0];
    nop.bytes = &byte;
    start_nop(ring, &nop);
    run(ring);
    lab_equal(read.calls, 0, "calls of the read's `done`");
    lab_sys(write(fds[1], "x", 1));
    run(ring);
    lab_equal(read.result, 1, "the result of the read, in the next run");
    close_pipe(fds);
}

/* ---- System calls ---- */

#define BATCH 32
#define ROUNDS 10

/* One turn is one system call, whatever is started in it. */
STEP_TEST(turn_is_one_system_call)
{
    struct call calls[BATCH];
    struct count count = {0};

    lab_note("%d NOPs on a ring of %d entries; each `done` starts it again, %d "
             "times",
             BATCH, ENTRIES, ROUNDS);
    for (int i = 0; i < BATCH; i++) {
        call_init(&calls[i], 0);
        calls[i].then = start_again;
        count_into(&calls[i], &count, BATCH * ROUNDS);
        start_nop(ring, &calls[i]);
    }
    run(ring);
    lab_at_least(watch_enters(), 1, "system calls that were seen");
    lab_at_most(watch_enters(), ROUNDS, "system calls for %d turns", ROUNDS);
}

#define TIMEOUTS 20

static void start_timeout(struct call *call)
{
    static struct __kernel_timespec millisecond = {.tv_nsec = 1000000};
    struct io_uring_sqe what = {0};
    io_uring_prep_timeout(&what, &millisecond, 0, 0);
    lab_ok(uring_start(call->uring, &call->op, &what));
}

/* The call that submits is the call that waits: none of these is done yet when
 * it is submitted, so two calls would be made for each. */
STEP_TEST(call_that_submits_waits_too)
{
    struct call call;
    lab_note("a timeout of 1 ms, whose `done` starts it again, %d times",
             TIMEOUTS);
    call_init(&call, TIMEOUTS);
    call.uring = ring;
    call.then = start_timeout;
    start_timeout(&call);
    lab_ok(uring_run(ring));
    same_result(call.result, -ETIME, "the result of the last");
    lab_at_least(watch_enters(), TIMEOUTS, "system calls that were seen");
    lab_at_most(watch_enters(), TIMEOUTS + 1,
                "system calls for %d operations, one after the other",
                TIMEOUTS);
}

/* ---- The list ---- */

static void ring_step(void)
{
    lab_step("ring");
    lab_fixture(open_ring, close_ring);
    lab_test(nop_is_completed);
    lab_test(read_brings_its_bytes);
    lab_test(failure_is_a_result);
    lab_test(what_is_borrowed_for_the_call);
    lab_test(flags_of_a_submission_are_kept);
    lab_test(each_completion_finds_its_op);
    lab_test(multishot_is_told_and_cancelled);
    lab_test(more_operations_than_entries);
    lab_test(more_in_flight_than_entries);
    lab_test(done_starts_the_next);
    lab_test(done_may_free_its_op);
    lab_test(stop_leaves_the_rest_for_the_next_run);
    lab_test(started_before_a_stop);
    lab_test(turn_is_one_system_call);
    lab_test(call_that_submits_waits_too);
    ring_process_tests();
}

int main(int argc, char **argv)
{
    ring_step();
    accept_recv_send_step();
    lifetime_step();
    multishot_step();
    provided_buffers_step();
    program_step();
    cancel_step();
    batching_step();
    overflow_step();
    return lab_main(argc, argv);
}
