/*
 * failing.h: how a test of the harness sees an expectation fail.
 *
 * The body runs in a forked process, with a page of its own in place of the
 * run's: what fails there is read here, and fails nothing.
 *
 *     static void wrong_text(void)
 *     {
 *         FAILS(net_expect_text(&c, "hello\n"));
 *     }
 *
 *     STEP_TEST(text_that_differs_is_shown)
 *     {
 *         failing(wrong_text, "reads 6 bytes", "hello\\n", "help!\\n");
 *     }
 */
#ifndef FAILING_H
#define FAILING_H

#include "lab_internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The line of FAILS, in memory that the forked process shares. */
static int *failing_line;

/* The call that fails: its line is the one that the failure must name. */
#define FAILS(call) (*failing_line = __LINE__, (call))

/* The call that waits in vain, so long. What it needs has happened before. */
#define FAILS_AFTER(ms, call) (lab_patience_ms = (ms), FAILS(call))

/* The wait status goes to *status. Returns the page; nobody frees it. */
static inline struct lab_shared *failing_page(void (*body)(void), int *status)
{
    struct lab_shared *page =
        mmap(NULL, sizeof *page + sizeof(int), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memcpy(page, lab_page, sizeof *page);
    page->transcript_len = 0;
    failing_line = (int *)(page + 1);
    pid_t pid = (pid_t)lab_sys(fork());
    if (pid == 0) {
        lab_page = page;
        body();
        exit(0);
    }
    lab_sys(waitpid(pid, status, 0));
    return page;
}

#define failing(body, what, expected, actual) \
    failing_at(LAB_HERE, (body), (what), (expected), (actual))

/* The body fails on the line of its FAILS with texts that hold these parts. */
static inline void failing_at(struct lab_where where, void (*body)(void),
                              const char *what, const char *expected,
                              const char *actual)
{
    int status;
    const struct lab_shared_failure *f = &failing_page(body, &status)->failure;
    if (!f->ready)
        lab_fail_at(where, "the expectation was met (wait status %#x)", status);
    if (strstr(f->what, what) == NULL)
        lab_differ_at(where, "the failure's sentence", what, f->what);
    if (strstr(f->expected, expected) == NULL)
        lab_differ_at(where, "the value expected there", expected, f->expected);
    if (strstr(f->actual, actual) == NULL)
        lab_differ_at(where, "the value that was there", actual, f->actual);
    lab_equal_at(where, f->line, *failing_line, "the line that failed");
    lab_equal_at(where, status, 1 << 8, "its wait status");
}

#endif
