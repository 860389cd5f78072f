/*
 * proc_internal.h: what the files of proc.h share; not for tests.
 */
#ifndef PROC_INTERNAL_H
#define PROC_INTERNAL_H

#include "proc.h"

#include <semaphore.h>

#define PROC_HARNESS_THREADS_MAX 8

/*
 * A mapping for each process. Its first part is what one of proc_call and the
 * test say to each other (0 for a program): shared memory, because a descriptor
 * could be closed, counted or reused by the code there. The texts are the
 * test's alone; they are here and not in the heap so that a test that ends
 * without proc_release has lost no memory in LeakSanitizer's eyes.
 */
struct proc_page {
    _Atomic bool ready;     /* the function is about to run */
    int threads_of_harness; /* threads beside the first one, by then */
    int harness_threads[PROC_HARNESS_THREADS_MAX]; /* all that are there then */
    bool checks_leaks;  /* a thread waits for `asked` */
    sem_t asked;        /* the test wants a leak check */
    _Atomic int answer; /* enum proc_leaks */

    char out_text[PROC_OUTPUT_BYTES_MAX + 1];
    char err_text[PROC_OUTPUT_BYTES_MAX + 1];
    char line[PROC_OUTPUT_BYTES_MAX + 1];
};

enum proc_leaks { PROC_LEAKS_ASKED, PROC_LEAKS_NONE, PROC_LEAKS_FOUND };

/* Close the test's end of a pipe, once. */
void proc_close_end(int *fd);

/* Take its status, and what is left in its pipes. Requires: it has ended, or is
 * about to by SIGKILL. */
void proc_reap(struct proc *p);

/* "exit status 3", "killed by SIGPIPE (Broken pipe)", and what it wrote to
 * standard error. Requires: it has ended; reaps it. */
#define PROC_END_BYTES 3072
void proc_describe_end(struct proc *p, char text[PROC_END_BYTES]);

/* ---- proc_output.c ---- */

/* Take what is in the pipes now; does not wait. */
void proc_drain(struct proc *p);

/* Wait for output or the end. Returns false when patience ended. */
bool proc_wait_for_news(struct lab_where where, const struct proc *p);

/* It is no longer running; it may still be a zombie. */
bool proc_has_ended(const struct proc *p);

/* Append lines of output to text, each on a line of its own with a bar. */
void proc_append_lines(char *text, size_t size, const char *lines);

/* ---- proc_state.c ---- */

/* Entries of /proc/PID/KIND that are numbers; -1 where there is no such
 * process. The numbers go to list, as many as fit. */
int proc_count_entries(pid_t pid, const char *kind, int *list, int size);

/*
 * How often its threads have left the processor, if all of them sleep; -1 if
 * one runs. Those of the harness and of a sanitizer do not count: some of them
 * look in now and then.
 */
long proc_asleep_since(const struct proc *p);

/* Every thread of it sleeps, and goes on sleeping; or it is no more. */
bool proc_stays_asleep(pid_t pid);

/* ---- proc_watch.c ---- */

/* In the new process: start what answers proc_expect_no_leaks, count the
 * threads there are, and tell the test that it may go on. */
void proc_page_serve(struct proc_page *page);

/* Fail, and tell how it ended, if it has ended. what: the expectation. */
void proc_fail_if_ended(struct lab_where where, struct proc *p,
                        const char *what);

#endif
