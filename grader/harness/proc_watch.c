/*
 * proc_watch.c: a process seen from outside: descriptors, threads, leaks.
 *
 * LeakSanitizer can only be asked from inside. So a process of proc_call has,
 * in a build with LeakSanitizer, one thread of the harness, which sleeps on a
 * semaphore until the test asks. It blocks every signal, so none is taken from
 * the member's threads, and it is not counted among them.
 */
#include "proc_internal.h"

#include "lab_internal.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SURPLUS_SHOWN 8

/* There only in a build with AddressSanitizer. */
__attribute__((weak)) int __lsan_do_recoverable_leak_check(void);

/* ---- In the new process ---- */

static void *answer_leak_checks(void *argument)
{
    struct proc_page *page = argument;
    for (;;) {
        while (sem_wait(&page->asked) == -1)
            continue;
        page->answer = __lsan_do_recoverable_leak_check() ? PROC_LEAKS_FOUND
                                                          : PROC_LEAKS_NONE;
    }
    return NULL;
}

/* LeakSanitizer stops threads by ptrace(2): under a debugger it can't. */
static bool can_check_leaks(void)
{
    const char *options = getenv("ASAN_OPTIONS");
    if (__lsan_do_recoverable_leak_check == NULL || lab_debugging)
        return false;
    return options == NULL || strstr(options, "detect_leaks=0") == NULL;
}

static bool start_thread(struct proc_page *page)
{
    pthread_t thread;
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&thread, NULL, answer_leak_checks, page);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return error == 0 && pthread_detach(thread) == 0;
}

#ifdef __SANITIZE_THREAD__

static void *name_thread(void *tid)
{
    *(pid_t *)tid = gettid();
    return NULL;
}

/* ThreadSanitizer has threads of its own, the last from the first
 * pthread_create on: make one, and wait until it is gone from /proc. */
static void settle_threads(void)
{
    char path[64];
    pthread_t thread;
    pid_t tid;
    if (pthread_create(&thread, NULL, name_thread, &tid) != 0)
        return;
    pthread_join(thread, NULL);
    snprintf(path, sizeof path, "/proc/self/task/%d", (int)tid);
    while (access(path, F_OK) == 0)
        sched_yield();
}

#else

static void settle_threads(void)
{
}

#endif

void proc_page_serve(struct proc_page *page)
{
    settle_threads();
    page->checks_leaks = can_check_leaks() && start_thread(page);
    page->threads_of_harness =
        proc_count_entries(getpid(), "task", page->harness_threads,
                           PROC_HARNESS_THREADS_MAX) -
        1;
    page->ready = true;
}

int proc_count_fds(const struct proc *p)
{
    return proc_count_entries(p->pid, "fd", NULL, 0);
}

int proc_count_threads(const struct proc *p)
{
    int count = proc_count_entries(p->pid, "task", NULL, 0);
    return count == -1 ? -1 : count - p->page->threads_of_harness;
}

/* ---- Waiting for a count ---- */

void proc_fail_if_ended(struct lab_where where, struct proc *p,
                        const char *what)
{
    char is[PROC_END_BYTES + 32] = "it has ended: ";
    size_t n = strlen(is);
    if (!proc_has_ended(p))
        return;
    proc_describe_end(p, is + n);
    lab_differ_at(where, what, "it runs", is);
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* What the newest descriptors are; numbers grow, so those are the surplus. */
static void append_surplus(char *text, size_t size, const struct proc *p,
                           int surplus)
{
    static int fds[4096];
    char path[64], target[128];
    int count = proc_count_entries(p->pid, "fd", fds, 4096);
    if (count > 4096)
        count = 4096;
    if (count <= 0)
        return;
    qsort(fds, (size_t)count, sizeof fds[0], by_number);
    for (int i = 0; i < surplus && i < SURPLUS_SHOWN && i < count; i++) {
        int fd = fds[count - 1 - i];
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)p->pid, fd);
        ssize_t len = readlink(path, target, sizeof target);
        size_t n = strlen(text);
        snprintf(text + n, size - n, "%s %d is %.*s", i ? "," : ": the last",
                 fd, (int)(len < 0 ? 0 : len), target);
    }
}

static void until(struct lab_where where, struct proc *p, int count,
                  int (*ask)(const struct proc *))
{
    bool fds = ask == proc_count_fds;
    char what[128], is[2048];
    struct lab_patience patience;
    int now;
    snprintf(what, sizeof what, "%s that %s has",
             fds ? "open descriptors" : "threads", p->name);
    lab_note("waits until %s has %s", p->name,
             lab_count(count, fds ? "open descriptor" : "thread"));
    lab_patience_start(&patience);
    while ((now = ask(p)) != count) {
        proc_fail_if_ended(where, p, what);
        proc_drain(p);
        if (lab_patience_left(&patience))
            continue;
        snprintf(is, sizeof is, "%s", lab_number(now));
        if (fds)
            append_surplus(is, sizeof is, p, now - count);
        lab_differ_at(where, what, lab_number(count), is);
    }
}

void proc_until_fds_at(struct lab_where where, struct proc *p, int count)
{
    until(where, p, count, proc_count_fds);
}

void proc_until_threads_at(struct lab_where where, struct proc *p, int count)
{
    until(where, p, count, proc_count_threads);
}

/* ---- Leaks ---- */

void proc_expect_no_leaks_at(struct lab_where where, struct proc *p)
{
    char what[128], is[PROC_END_BYTES] = "LeakSanitizer found lost memory";
    struct lab_patience patience;
    size_t before = p->err_len;

    snprintf(what, sizeof what, "memory that %s has lost", p->name);
    proc_fail_if_ended(where, p, what);
    if (!p->page->checks_leaks) {
        lab_note("memory that %s has lost: not checked in this build", p->name);
        return;
    }
    lab_note("looks for memory that %s has lost", p->name);
    p->page->answer = PROC_LEAKS_ASKED;
    sem_post(&p->page->asked);
    lab_patience_start(&patience);
    while (p->page->answer == PROC_LEAKS_ASKED) {
        proc_drain(p); /* a report may be longer than a pipe */
        proc_fail_if_ended(where, p, what);
        if (!lab_patience_left(&patience))
            lab_fail_at(where, "LeakSanitizer does not answer in %s", p->name);
    }
    if (p->page->answer == PROC_LEAKS_NONE)
        return;
    proc_drain(p);
    proc_append_lines(is, sizeof is, p->err_text + before);
    lab_differ_at(where, what, "none", is);
}
