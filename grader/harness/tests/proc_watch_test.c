/*
 * proc_watch_test.c: the claims of proc.h on descriptors, threads and leaks.
 */
#include "failing.h"
#include "proc.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

static struct proc p;

/*
 * A server that does what its standard input says, a letter at a time, and
 * answers each with a line:
 *   o  open a descriptor     c  close the last
 *   t  start a thread        j  end the last and join it
 *   l  lose a block          k  keep a block       f  free the last kept
 *   q  return
 */
struct server {
    int fds[64], fd_count;
    pthread_t threads[16];
    int thread_count;
    int stop[16][2];
    void *blocks[16];
    int block_count;
};

static void *wait_for_stop(void *stop)
{
    char byte;
    while (read(((int *)stop)[0], &byte, 1) == 1)
        continue;
    return NULL;
}

static void start_thread(struct server *s)
{
    int i = s->thread_count++;
    lab_sys(pipe(s->stop[i]));
    pthread_create(&s->threads[i], NULL, wait_for_stop, s->stop[i]);
}

static void stop_thread(struct server *s)
{
    int i = --s->thread_count;
    close(s->stop[i][1]);
    pthread_join(s->threads[i], NULL);
    close(s->stop[i][0]);
}

/* noinline: the lost address must not stay in a frame of the caller's. */
__attribute__((noinline)) static void lose_blocks(void)
{
    for (int i = 0; i < 8; i++) {
        volatile char *block = malloc(100);
        block[0] = 1;
    }
}

static void obey(struct server *s, char letter)
{
    if (letter == 'o')
        s->fds[s->fd_count++] = (int)lab_sys(dup(0));
    if (letter == 'c')
        close(s->fds[--s->fd_count]);
    if (letter == 't')
        start_thread(s);
    if (letter == 'j')
        stop_thread(s);
    if (letter == 'l')
        lose_blocks();
    if (letter == 'k')
        s->blocks[s->block_count++] = malloc(100);
    if (letter == 'f')
        free(s->blocks[--s->block_count]);
}

static int serve(void *unused)
{
    static struct server s;
    char letter;
    (void)unused;
    while (read(0, &letter, 1) == 1 && letter != 'q') {
        obey(&s, letter);
        lab_sys(write(1, "done\n", 5));
    }
    return 0;
}

static void tell(const char *letters)
{
    for (; *letters != '\0'; letters++) {
        lab_equal(write(p.in, letters, 1), 1, "bytes written");
        lab_same_text(proc_expect_line(&p), "done", "its answer");
    }
}

static void start(void)
{
    proc_call(&p, "server", serve, NULL);
}

/* ---- Descriptors ---- */

/* The count is that of the process, now. */
STEP_TEST(descriptors_are_counted)
{
    start();
    int before = proc_count_fds(&p);
    tell("ooo");
    lab_equal(proc_count_fds(&p), before + 3, "descriptors");
    proc_until_fds(&p, before + 3);
    tell("cc");
    proc_until_fds(&p, before + 1);
    proc_release(&p);
    lab_equal(proc_count_fds(&p), -1, "descriptors after its end");
}

/* The harness itself adds none: a function has what the test has, and the
 * three standard streams are pipes of its own. */
STEP_TEST(the_harness_adds_no_descriptor)
{
    int before = 0;
    for (int fd = 0; fd < 256; fd++)
        before += lseek(fd, 0, SEEK_CUR) != -1 || errno != EBADF;
    start();
    lab_equal(proc_count_fds(&p), before, "descriptors");
}

static void wait_for_closed_fds(void)
{
    start();
    int before = proc_count_fds(&p);
    tell("oo");
    FAILS_AFTER(200, proc_until_fds(&p, before));
}
static void wait_for_fds_of_a_dead_process(void)
{
    start();
    lab_sys(write(p.in, "q", 1));
    FAILS(proc_until_fds(&p, 1000));
}

STEP_TEST(descriptors_that_stay_open_are_told)
{
    failing(wait_for_closed_fds, "open descriptors that server has", "",
            " is pipe:[");
    failing(wait_for_fds_of_a_dead_process, "open descriptors that server has",
            "it runs", "it has ended: exit status 0");
}

/* ---- Threads ---- */

/* The harness's thread and the sanitizer's are not among them. */
STEP_TEST(threads_are_counted)
{
    start();
    lab_equal(proc_count_threads(&p), 1, "threads at the start");
    tell("tt");
    lab_equal(proc_count_threads(&p), 3, "threads");
    tell("j");
    proc_until_threads(&p, 2);
    tell("j");
    proc_until_threads(&p, 1);
    proc_expect_no_leaks(&p);
    proc_until_threads(&p, 1);
}

static void wait_for_ended_thread(void)
{
    start();
    tell("t");
    FAILS_AFTER(200, proc_until_threads(&p, 1));
}

STEP_TEST(threads_that_stay_are_told)
{
    failing(wait_for_ended_thread, "threads that server has", "1", "2");
}

/* ---- Leaks ---- */

static void need_leak_sanitizer(void)
{
#ifndef __SANITIZE_ADDRESS__
    lab_cannot_run("this build has no LeakSanitizer", "make SAN=address");
#endif
}

/* What is pointed at or freed is no leak, in all threads. */
STEP_TEST(memory_in_use_is_no_leak)
{
    start();
    proc_expect_no_leaks(&p);
    tell("kktkf");
    proc_expect_no_leaks(&p);
    tell("jffkl");
    proc_expect_alive(&p);
}

static void lose_memory(void)
{
    start();
    proc_expect_no_leaks(&p);
    tell("kl");
    FAILS(proc_expect_no_leaks(&p));
}

STEP_TEST(lost_memory_is_told)
{
    need_leak_sanitizer();
    failing(lose_memory, "memory that server has lost", "none",
            "LeakSanitizer found lost memory");
}

/* A server that was asked goes on, and takes signals as before. */
STEP_TEST(the_question_disturbs_nothing)
{
    start();
    for (int i = 0; i < 5; i++) {
        proc_expect_no_leaks(&p);
        tell("otcj");
    }
    proc_signal(&p, SIGTERM);
    lab_equal(proc_wait(&p), SIGTERM, "its wait status");
    lab_equal(p.err_len, 0, "bytes of standard error");
}

static int keep_sigterm_pending(void *unused)
{
    sigset_t term;
    char byte;
    (void)unused;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    lab_sys(write(1, "blocked\n", 8));
    lab_equal(read(0, &byte, 1), 0, "end of the input");
    sigpending(&term);
    return sigismember(&term, SIGTERM) ? 0 : -ESRCH;
}

/* A signal that the server blocks stays pending: the harness's thread does not
 * take it. */
STEP_TEST(no_signal_is_taken_from_the_server)
{
    proc_call(&p, "server", keep_sigterm_pending, NULL);
    proc_expect_line(&p);
    proc_signal(&p, SIGTERM);
    proc_close_input(&p);
    proc_expect_exit(&p, 0);
}

/* A thread a connection, each with an argument on the heap: what such servers
 * look like. The block is the thread's to free. */
static bool frees;

static void *serve_one(void *argument)
{
    volatile int *fd = argument;
    int value = *fd;
    if (frees)
        free(argument);
    return (void *)(intptr_t)(value & 0);
}

static int serve_many(void *unused)
{
    unsigned char letter;
    (void)unused;
    while (read(0, &letter, 1) == 1) {
        pthread_t thread;
        int *argument = malloc(sizeof *argument);
        *argument = letter;
        if (pthread_create(&thread, NULL, serve_one, argument) != 0)
            return -EAGAIN;
        pthread_detach(thread);
        lab_sys(write(1, "done\n", 5));
    }
    return 0;
}

static void serve_eight(void)
{
    proc_call(&p, "server", serve_many, NULL);
    tell("12345678");
    proc_until_threads(&p, 1);
}

static void forget_to_free(void)
{
    frees = false;
    serve_eight();
    FAILS(proc_expect_no_leaks(&p));
}

STEP_TEST(an_argument_never_freed_is_a_leak)
{
    need_leak_sanitizer();
    frees = true;
    serve_eight();
    proc_expect_no_leaks(&p);
    proc_release(&p);
    failing(forget_to_free, "memory that server has lost", "none",
            "LeakSanitizer found lost memory");
}

static int lose_and_return(void *unused)
{
    (void)unused;
    lose_blocks();
    return 0;
}

static void lose_and_exit(void)
{
    proc_call(&p, "server", lose_and_return, NULL);
    FAILS(proc_expect_exit(&p, 0));
}

/* A function that returns is checked by LeakSanitizer at its exit. */
STEP_TEST(a_leak_shows_at_the_exit)
{
    need_leak_sanitizer();
    failing(lose_and_exit, "how server ends", "exit status 0", "exit status ");
}

static void leaks_of_the_dead(void)
{
    proc_call(&p, "server", lose_and_return, NULL);
    proc_wait(&p);
    FAILS(proc_expect_no_leaks(&p));
}

/* After its end there is nobody to ask. */
STEP_TEST(leaks_of_an_ended_process_cannot_be_asked)
{
    failing(leaks_of_the_dead, "memory that server has lost", "it runs",
            "it has ended: exit status ");
}

/* A program cannot be asked, and the transcript says so. */
STEP_TEST(a_program_is_not_checked)
{
    const char *argv[] = {"cat", NULL};
    proc_start(&p, argv);
    proc_expect_no_leaks(&p);
    lab_check(strstr(lab_page->transcript,
                     "memory that cat has lost: not checked in this build\n"),
              "the transcript says that it was not checked");
}

/* ---- Asleep ---- */

static int turn(void *unused)
{
    volatile unsigned long turns = 0;
    (void)unused;
    for (;;)
        turns++;
    return 0;
}

static void wait_for_a_loop_to_sleep(void)
{
    proc_call(&p, "loop", turn, NULL);
    FAILS_AFTER(200, proc_until_asleep(&p));
}

/* One thread that runs is enough to be awake; one that has ended is not. */
STEP_TEST(a_process_sleeps_when_all_threads_do)
{
    start();
    tell("tt");
    proc_until_asleep(&p);
    tell("jj");
    proc_until_asleep(&p);
    proc_kill(&p);
    proc_until_asleep(&p);
    failing(wait_for_a_loop_to_sleep,
            "every thread of the process comes to rest", "all sleep",
            "one is always running");
}

static int fail_politely(void *unused)
{
    (void)unused;
    proc_let_test_wait();
    lab_fail("the failure");
}

static void note_a_lot_and_wait(void)
{
    proc_call(&p, "failing", fail_politely, NULL);
    for (int i = 0; i < 1000; i++)
        lab_note("note %d", i + 1);
    proc_wait(&p);
}

/* What the test had to say before it waits is there when it fails. */
STEP_TEST(a_failure_lets_the_test_come_to_its_wait)
{
    for (int i = 0; i < 5; i++) {
        int status;
        const struct lab_shared *page =
            failing_page(note_a_lot_and_wait, &status);
        lab_check(page->failure.ready, "it failed");
        lab_check(strstr(page->transcript, "note 1000\nwaits for the end"),
                  "the transcript goes on to the wait");
    }
}

static int close_and_say_why(void *end)
{
    close(*(int *)end);
    proc_let_test_wait();
    lab_fail("the cause");
}

/* The process has not said a word when its end of the pipe is closed. */
static void see_the_effect(void)
{
    int ends[2];
    char byte;
    lab_sys(pipe2(ends, O_CLOEXEC));
    proc_call(&p, "closing", close_and_say_why, &ends[1]);
    close(ends[1]);
    while (read(ends[0], &byte, 1) == -1)
        continue;
    lab_fail("the effect");
}

/* Where a failure of the test's is the effect of one in a process, the cause
 * is told. */
STEP_TEST(a_process_tells_the_cause_of_a_failure)
{
    for (int i = 0; i < 5; i++) {
        int status;
        const struct lab_shared *page = failing_page(see_the_effect, &status);
        lab_same_text(page->failure.what, "the cause", "what failed");
    }
}

int main(int argc, char **argv)
{
    lab_step("descriptors");
    lab_test(descriptors_are_counted);
    lab_test(the_harness_adds_no_descriptor);
    lab_test(descriptors_that_stay_open_are_told);
    lab_step("threads");
    lab_test(threads_are_counted);
    lab_test(threads_that_stay_are_told);
    lab_step("asleep");
    lab_test(a_process_sleeps_when_all_threads_do);
    lab_test(a_failure_lets_the_test_come_to_its_wait);
    lab_test(a_process_tells_the_cause_of_a_failure);
    lab_step("leaks");
    lab_test(memory_in_use_is_no_leak);
    lab_test(lost_memory_is_told);
    lab_test(the_question_disturbs_nothing);
    lab_test(no_signal_is_taken_from_the_server);
    lab_test(an_argument_never_freed_is_a_leak);
    lab_test(a_leak_shows_at_the_exit);
    lab_test(leaks_of_an_ended_process_cannot_be_asked);
    lab_test(a_program_is_not_checked);
    return lab_main(argc, argv);
}
