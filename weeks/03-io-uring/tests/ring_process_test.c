/*
 * ring_process_test.c: week 03, step 1 as well: rings beside each other, their
 * descriptors, and how they wait.
 */
#include "proc.h"
#include "ring_run.h"
#include "steps.h"
#include "uring_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void begin_to_watch(void)
{
    watch_begin(WATCH_COUNTS);
}

static int count_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = -1; /* the folder's own */
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
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

/* ---- Rings ---- */

static void run_the_other(struct call *call)
{
    start_nop(call->other->uring, call->other);
    run(call->other->uring);
}

/* Two rings in one process: an op is its ring's, and so is a stop. */
STEP_TEST(two_rings_are_apart)
{
    struct uring *a, *b;
    struct call of_a[2], of_b;

    lab_note("a NOP of ring A, in whose `done` ring B runs and is stopped");
    lab_ok(uring_open(8, &a));
    lab_ok(uring_open(8, &b));
    call_init(&of_a[0], 0);
    call_init(&of_a[1], 1);
    call_init(&of_b, 1);
    of_b.uring = b;
    of_a[0].then = run_the_other;
    of_a[0].other = &of_b;
    start_nop(a, &of_a[0]);
    start_nop(a, &of_a[1]);
    run(a);
    lab_equal(of_a[1].calls, 1, "calls of the next `done` of ring A");
    lab_equal(of_b.calls, 1, "calls of `done` of ring B");
    lab_check(of_a[1].uring == a && of_b.uring == b,
              "each `done` gets its own ring");
    uring_close(a);
    uring_close(b);
}

/* The ring's descriptors are closed with it, and no program that is started
 * gets them. */
STEP_TEST(close_gives_the_ring_back)
{
    struct uring *more;
    struct call call;

    int before = count_fds(), inherited = count_inherited_fds();
    for (int i = 0; i < 8; i++) {
        lab_ok(uring_open(8, &more));
        lab_equal(count_inherited_fds(), inherited,
                  "descriptors that are not close-on-exec, after uring_open()");
        call_init(&call, 1);
        start_nop(more, &call);
        run(more);
        uring_close(more);
        lab_equal(count_fds(), before, "open descriptors after uring_close()");
    }
    uring_close(NULL);
}

/* 0 entries, or too many; and no descriptor left: an error, and nothing stays
 * behind. */
STEP_TEST(open_reports_errors)
{
    struct uring *more = NULL;
    struct rlimit limit;

    int before = count_fds();
    lab_error(uring_open(0, &more), -EINVAL);
    lab_error(uring_open(1u << 20, &more), -EINVAL);
    lab_note("no descriptor is left");
    lab_sys(getrlimit(RLIMIT_NOFILE, &limit));
    rlim_t soft = limit.rlim_cur;
    limit.rlim_cur = 0;
    lab_sys(setrlimit(RLIMIT_NOFILE, &limit));
    int err = uring_open(8, &more);
    limit.rlim_cur = soft;
    lab_sys(setrlimit(RLIMIT_NOFILE, &limit));
    same_result(err, -EMFILE, "uring_open()");
    lab_equal(count_fds(), before, "open descriptors after the errors");
}

/* ---- In a process of its own, that sleeps ---- */

struct sleeper {
    int byte[2];   /* what its ring reads */
    int signal[2]; /* its signal handler writes here */
};

static int report_fd;

static void on_signal(int signal)
{
    (void)signal;
    lab_sys(write(report_fd, "s", 1));
}

/* Two reads of a pipe, one after the other. */
static int sleep_in_ring(void *argument)
{
    struct sleeper *sleeper = argument;
    struct sigaction action = {.sa_handler = on_signal};
    struct uring *uring;
    static struct call call;
    static char byte;

    report_fd = sleeper->signal[1];
    lab_sys(sigaction(SIGUSR1, &action, NULL));
    lab_ok(uring_open(8, &uring));
    for (int i = 0; i < 2; i++) {
        call_init(&call, 1);
        start_read(uring, &call, sleeper->byte[0], &byte, 1);
        lab_ok(uring_run(uring));
        lab_equal(call.result, 1, "the result of the read");
    }
    uring_close(uring);
    return 0;
}

static void start_sleeper(struct proc *p, struct sleeper *sleeper)
{
    make_pipe(sleeper->byte);
    make_pipe(sleeper->signal);
    proc_call(p, "a ring that reads a pipe", sleep_in_ring, sleeper);
    lab_until(watch_has_waited(), "uring_run() waits in the kernel");
}

static void end_sleeper(struct proc *p, struct sleeper *sleeper)
{
    proc_expect_exit(p, 0);
    proc_release(p);
    close_pipe(sleeper->byte);
    close_pipe(sleeper->signal);
}

/* With nothing to do it sleeps in the kernel: rule 5. */
STEP_TEST(ring_with_nothing_to_do_sleeps)
{
    struct proc p;
    struct sleeper sleeper;
    start_sleeper(&p, &sleeper);
    for (int i = 0; i < 2; i++) {
        lab_note("nothing is to be read: it shall sleep");
        proc_until_asleep(&p);
        unsigned long enters = watch_enters();
        proc_until_asleep(&p);
        lab_equal(watch_enters() - enters, 0,
                  "system calls while there is nothing to do");
        lab_note("a byte comes");
        lab_sys(write(sleeper.byte[1], "x", 1));
    }
    end_sleeper(&p, &sleeper);
}

/* A signal in the wait is no error: rule 1. */
STEP_TEST(signal_does_not_end_the_wait)
{
    struct proc p;
    struct sleeper sleeper;
    char report;
    start_sleeper(&p, &sleeper);
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 3; k++) {
            proc_until_asleep(&p);
            proc_signal(&p, SIGUSR1);
            lab_sys(read(sleeper.signal[0], &report, 1));
        }
        lab_note("a byte comes");
        lab_sys(write(sleeper.byte[1], "x", 1));
    }
    end_sleeper(&p, &sleeper);
}

void ring_process_tests(void)
{
    lab_fixture(begin_to_watch, NULL);
    lab_test(two_rings_are_apart);
    lab_test(close_gives_the_ring_back);
    lab_test(open_reports_errors);
    lab_test(ring_with_nothing_to_do_sleeps);
    lab_test(signal_does_not_end_the_wait);
}
