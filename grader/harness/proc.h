/*
 * proc.h: start, watch and end processes in a test.
 *
 * A process is either a program (proc_start) or a function of the member's
 * run in a fork (proc_call): a server that a test can kill, whose descriptors
 * and threads it can count, and whose death by SIGPIPE is visible.
 *
 *  1. Every process started here dies with the test (PR_SET_PDEATHSIG), and
 *     with proc_kill before that. To the kernel, the test is the thread that
 *     started it: start processes from the test's first thread, which lives
 *     as long as the test.
 *  2. Its standard output and error are pipes that the test reads; a reader
 *     thread is not needed: what fits in a pipe stays there, and proc_wait
 *     and proc_expect_line drain both.
 *  3. No function here waits longer than LAB_PATIENCE_MS without progress;
 *     then the test fails and says what it waited for.
 *
 * Every failure is reported at the line of the test that called.
 *
 * Threads: one thread of the test uses this module. It should start processes
 * before other threads: a fork copies only the thread that forks, so what only
 * the others know is lost memory to LeakSanitizer in the new process, and
 * under ThreadSanitizer the new process cannot have threads at all.
 */
#ifndef PROC_H
#define PROC_H

#include "lab.h"

#include <sys/types.h>

#define PROC_OUTPUT_BYTES_MAX 65536 /* kept of each stream; the rest is cut */

struct proc {
    char name[64];             /* for transcript and messages */
    pid_t pid;                 /* 0 when reaped */
    int in;                    /* write end of its standard input, or -1 */
    int out, err;              /* read ends, or -1 at end of file */
    char *out_text, *err_text; /* what was read, ended by '\0' */
    size_t out_len, err_len;
    size_t out_taken;       /* bytes of out_text already given out as lines */
    char *line;             /* the last line given out */
    int status;             /* wait status, valid once reaped */
    struct proc_page *page; /* where the texts are, and more */
};

/*
 * Start a program and note its command line in the transcript.
 *   argv   argv[0] is a path, or a name that PATH finds ("nc"); NULL ends
 *          it; borrowed for the call
 * The process gets default signal dispositions, an empty signal mask, and
 * only descriptors 0, 1 and 2. End it with proc_kill or proc_wait, then
 * release with proc_release().
 */
#define proc_start(p, argv) proc_start_at(LAB_HERE, (p), (argv))
void proc_start_at(struct lab_where where, struct proc *p,
                   const char *const argv[]);

/*
 * The same, with a terminal for its standard output, at which most programs
 * write what they print line by line. Bytes come through it unchanged.
 */
#define proc_start_at_terminal(p, argv) \
    proc_start_at_terminal_at(LAB_HERE, (p), (argv))
void proc_start_at_terminal_at(struct lab_where where, struct proc *p,
                               const char *const argv[]);

/* The same, with its standard input closed, as some start a daemon: the first
 * descriptor that it opens is number 0. */
#define proc_start_without_input(p, argv) \
    proc_start_without_input_at(LAB_HERE, (p), (argv))
void proc_start_without_input_at(struct lab_where where, struct proc *p,
                                 const char *const argv[]);

/* The same without a note, for harness code whose command line says nothing to
 * a reader. */
void proc_start_quietly_at(struct lab_where where, struct proc *p,
                           const char *const argv[]);

/*
 * Run function(argument) in a forked process, whose exit status is 0 if it
 * returns 0 or more, else 1 after a line on standard error that names the
 * errno. It gets default signal dispositions and an empty signal mask. It
 * inherits armed faults (fault.h) and every descriptor of the test but the
 * pipes of its other processes: a client that is connected already stays
 * connected there when the test closes it.
 */
#define proc_call(p, name, function, argument) \
    proc_call_at(LAB_HERE, (p), (name), (function), (argument))
void proc_call_at(struct lab_where where, struct proc *p, const char *name,
                  int (*function)(void *), void *argument);

/*
 * The end of a function for proc_call: what it did has worked, and the process
 * stays until it is killed. Called in the process.
 *   err    what it did returned
 *   line   written to standard output, with a newline, if err is 0 or more
 * Returns err where it is less than 0; else not, or -errno.
 */
int proc_say_and_wait(int err, const char *line);

/*
 * The next whole line of its standard output, without the newline; waits for
 * it. Fails if the process ends or stays silent instead. Borrowed until the
 * next call with this p.
 */
#define proc_expect_line(p) proc_expect_line_at(LAB_HERE, (p))
const char *proc_expect_line_at(struct lab_where where, struct proc *p);

/* The same without a note, for a test that asks again and again. */
#define proc_expect_line_quietly(p) proc_expect_line_quietly_at(LAB_HERE, (p))
const char *proc_expect_line_quietly_at(struct lab_where where, struct proc *p);

/* It has written no more to its standard output, up to now or up to its end,
 * than the lines that the test has taken. */
#define proc_expect_no_more_output(p) \
    proc_expect_no_more_output_at(LAB_HERE, (p))
void proc_expect_no_more_output_at(struct lab_where where, struct proc *p);

/* Send a signal to it, and to nothing else. */
#define proc_signal(p, signal) proc_signal_at(LAB_HERE, (p), (signal))
void proc_signal_at(struct lab_where where, struct proc *p, int signal);

/* Close its standard input. */
void proc_close_input(struct proc *p);

/* Wait for its end. Returns the wait status. Fails if it does not end. */
#define proc_wait(p) proc_wait_at(LAB_HERE, (p))
int proc_wait_at(struct lab_where where, struct proc *p);

/* Wait for its end, and expect this exit status. A death by signal is told in
 * words, with what it wrote to standard error. */
#define proc_expect_exit(p, code) proc_expect_exit_at(LAB_HERE, (p), (code))
void proc_expect_exit_at(struct lab_where where, struct proc *p, int code);

/* It still runs. Otherwise fails and tells how it ended, with its words. */
#define proc_expect_alive(p) proc_expect_alive_at(LAB_HERE, (p))
void proc_expect_alive_at(struct lab_where where, struct proc *p);

/*
 * Open descriptors, and threads, that it has now (/proc/PID/fd, task); -1 after
 * its end. Threads of the harness and of a sanitizer are not counted in a
 * process of proc_call; a program built with ThreadSanitizer has one more. A
 * joined thread may be listed for another moment: wait for a count rather
 * than compare it.
 */
int proc_count_fds(const struct proc *p);
int proc_count_threads(const struct proc *p);

/*
 * Wait until it has exactly this many. Fails with both numbers and, for
 * descriptors, with what the surplus ones are (readlink of /proc/PID/fd/N).
 */
#define proc_until_fds(p, count) proc_until_fds_at(LAB_HERE, (p), (count))
void proc_until_fds_at(struct lab_where where, struct proc *p, int count);
#define proc_until_threads(p, count) \
    proc_until_threads_at(LAB_HERE, (p), (count))
void proc_until_threads_at(struct lab_where where, struct proc *p, int count);

/*
 * Wait until it can do no more by itself: every thread of it sleeps in the
 * kernel, and has not run for two milliseconds; or it has ended.
 */
#define proc_until_asleep(p) proc_until_asleep_at(LAB_HERE, (p))
void proc_until_asleep_at(struct lab_where where, struct proc *p);

/* Whether every thread of it sleeps in the kernel just now; and one thread of
 * a process. Who has ended sleeps. */
bool proc_is_asleep(const struct proc *p);
bool proc_thread_is_asleep(pid_t pid, pid_t thread);

/*
 * In a process of proc_call, before it fails the test: let the test go on for
 * as long as it can without this process, so that the transcript of a failure
 * ends at the same line each time.
 */
void proc_let_test_wait(void);

/*
 * It has lost no memory so far: each block that it allocated and did not free
 * is still pointed at. Asks LeakSanitizer inside the process, so a server that
 * never returns can be checked; call it when the server is at rest. For
 * proc_call; where there is no LeakSanitizer (sanitizers thread and none, a
 * program, a debugger) the transcript says that it was not checked.
 * A block whose address still stands in a stack frame or a register counts as
 * pointed at: have the server do a thing eight times, not once.
 * The process is stopped and continued, so epoll_wait in it may return EINTR.
 */
#define proc_expect_no_leaks(p) proc_expect_no_leaks_at(LAB_HERE, (p))
void proc_expect_no_leaks_at(struct lab_where where, struct proc *p);

/* End it with SIGKILL if it still runs, and reap it. */
void proc_kill(struct proc *p);

/* Free what p owns; kills it first where needed. */
void proc_release(struct proc *p);

/* Kill what still runs, whoever started it. lab_main does this at the end of
 * each test, after which no proc may be used any more. */
void proc_kill_all(void);

#endif
