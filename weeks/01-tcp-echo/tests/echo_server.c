/*
 * echo_server.c: echo.c's functions in processes of their own.
 */
#include "echo_server.h"

#include "echo_job.h"
#include "fault.h"
#include "stuck.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A thread that nobody joins or detaches keeps its stack: 8 MiB of addresses,
 * of 4 KiB each. */
#define STACK_PAGES 2048

/* More calls than these of accept(2), none of which can succeed, are a loop. */
#define ACCEPTS_MAX 1000

/*
 * ThreadSanitizer, where a step has it: no second of rest at the end of each
 * server; and threads that a server joins later than they end are a choice, no
 * leak.
 */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "atexit_sleep_ms=0:report_thread_leaks=0";
}

/* ---- Starts ---- */

static void start(struct echo_server *s, const char *name, struct echo_job *job,
                  int (*run)(void *))
{
    proc_call(&s->proc, name, run, job);
    net_give_up_when(stuck_sleeper, &s->proc);
    s->stop_fd = -1;
    close(job->listener);
}

void echo_server_hello_on(struct echo_server *s, int listener, int clients)
{
    struct echo_job job = {.listener = listener, .clients = clients};
    start(s, "echo_hello", &job, echo_job_hello);
}

void echo_server_one_on(struct echo_server *s, int listener)
{
    struct echo_job job = {.listener = listener};
    start(s, "echo_connection", &job, echo_job_one);
}

void echo_server_hello(struct echo_server *s, int clients)
{
    echo_server_hello_on(s, net_listen(ECHO_HOST, s->port), clients);
}

void echo_server_one(struct echo_server *s)
{
    echo_server_one_on(s, net_listen(ECHO_HOST, s->port));
}

void echo_server_many(struct echo_server *s)
{
    struct echo_job job = {.listener = net_listen(ECHO_HOST, s->port)};
    start(s, "echo_serve", &job, echo_job_serve);
}

void echo_server_cramped(struct echo_server *s, int room)
{
    struct echo_job job = {.listener = net_listen(ECHO_HOST, s->port),
                           .room = room};
    start(s, "echo_serve", &job, echo_job_serve);
}

static void start_until(struct echo_server *s, struct echo_job *job)
{
    job->listener = net_listen(ECHO_HOST, s->port);
    lab_sys(pipe2(job->stop, O_CLOEXEC));
    start(s, "echo_serve_until", job, echo_job_until);
    close(job->stop[0]);
    s->stop_fd = job->stop[1];
}

void echo_server_until(struct echo_server *s, int deadline_ms)
{
    start_until(s, &(struct echo_job){.deadline_ms = deadline_ms});
}

void echo_server_until_error(struct echo_server *s, int error)
{
    start_until(
        s, &(struct echo_job){.deadline_ms = ECHO_FAR_MS, .expected = -error});
}

void echo_server_cramped_until(struct echo_server *s, int room)
{
    start_until(s, &(struct echo_job){.deadline_ms = 0, .room = room});
}

bool echo_server_has_until(void)
{
    struct proc p;
    proc_call(&p, "echo_serve_until", echo_job_probe_until, NULL);
    bool written = proc_wait(&p) == 0;
    proc_release(&p);
    if (!written)
        lab_note("echo_serve_until() is not written: nothing to test");
    return written;
}

/* The letter after the name in /proc/PID/stat; proc_pid_stat(5). */
static char state_of(const struct proc *p)
{
    char path[64], line[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)p->pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return '?';
    size_t len = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    const char *name_end = memrchr(line, ')', len);
    return name_end != NULL ? name_end[2] : '?';
}

void echo_server_freeze(struct echo_server *s)
{
    proc_signal(&s->proc, SIGSTOP);
    lab_until(state_of(&s->proc) == 'T', "the server stands still");
}

void echo_server_thaw(struct echo_server *s)
{
    proc_signal(&s->proc, SIGCONT);
}

void echo_server_stop(struct echo_server *s)
{
    lab_note("the server is told to stop: stop_fd becomes readable");
    lab_sys(write(s->stop_fd, "", 1));
}

void echo_server_hang_up(struct echo_server *s)
{
    lab_note("the server is told to stop: stop_fd comes to its end of file");
    close(s->stop_fd);
    s->stop_fd = -1;
}

void echo_server_settle(struct echo_server *s)
{
    struct net_client c;
    net_connect_quietly(&c, "first client", ECHO_HOST, s->port);
    net_send_text(&c, "hello\n");
    net_expect_text(&c, "hello\n");
    s->fds = proc_count_fds(&s->proc) - 1;
    s->threads = proc_count_threads(&s->proc) - 1;
    net_close(&c);
    echo_server_expect_empty(s);
}

void echo_server_expect_empty_at(struct lab_where where, struct echo_server *s)
{
    proc_until_fds_at(where, &s->proc, s->fds);
    proc_until_threads_at(where, &s->proc, s->threads);
}

/* ---- Ends ---- */

static bool has_ended(const struct proc *p)
{
    siginfo_t info = {0};
    waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid == p->pid;
}

/* Its end is awaited, but not of one that sleeps for ever. */
static void until_ended(struct lab_where where, struct echo_server *s)
{
    struct lab_patience patience;
    const char *why = NULL;
    char what[128];

    lab_patience_start(&patience);
    while (!has_ended(&s->proc) && why == NULL)
        why = lab_patience_left(&patience) ? stuck_sleeper(&s->proc)
                                           : "it runs on and on";
    if (why == NULL || has_ended(&s->proc))
        return;
    snprintf(what, sizeof what, "the end of %s", s->proc.name);
    lab_differ_at(where, what, "it ends", why);
}

void echo_server_expect_done_at(struct lab_where where, struct echo_server *s)
{
    net_give_up_when(NULL, NULL);
    until_ended(where, s);
    proc_expect_exit_at(where, &s->proc, 0);
    proc_release(&s->proc);
    if (s->stop_fd != -1)
        close(s->stop_fd);
}

/* No accept can succeed any more; that it returns is awaited. */
static void until_returned(struct lab_where where, struct echo_server *s,
                           int error)
{
    char what[128], should[128], is[128];
    struct lab_patience patience;
    unsigned long before = fault_calls(FAULT_ACCEPT), calls = 0;
    lab_patience_start(&patience);
    while (!has_ended(&s->proc)) {
        calls = fault_calls(FAULT_ACCEPT) - before;
        if (calls <= ACCEPTS_MAX && lab_patience_left(&patience))
            continue;
        snprintf(what, sizeof what, "%s() returns what accept(2) says",
                 s->proc.name);
        snprintf(is, sizeof is, "it goes on, after %s more calls of accept(2)",
                 lab_number((intmax_t)calls));
        snprintf(should, sizeof should, "-%s", lab_errno_text(error));
        lab_differ_at(where, what, should, is);
    }
}

void echo_server_expect_broken_at(struct lab_where where, int listener,
                                  int error)
{
    struct echo_job job = {.listener = listener, .expected = -error};
    struct echo_server s;
    start(&s, "echo_serve", &job, echo_job_broken);
    until_returned(where, &s, error);
    echo_server_expect_done_at(where, &s);
}

/* The last client wakes it from the accept in which it may already wait. */
void echo_server_finish_at(struct lab_where where, struct echo_server *s)
{
    struct net_client last;
    lab_note("the listener breaks: accept(2) fails with EINVAL from now on");
    fault_fail_every(FAULT_ACCEPT, 1, EINVAL);
    if (net_try_connect(&last, "last client", ECHO_HOST, s->port) == 0)
        shutdown(last.fd, SHUT_WR);
    last.quiet = true;
    until_returned(where, s, EINVAL);
    net_close(&last);
    echo_server_expect_done_at(where, s);
    fault_reset();
}

long echo_server_pages(const struct echo_server *s)
{
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)s->proc.pid);
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%ld", &pages) != 1)
        lab_fail("%s cannot be read: the server has ended", path);
    fclose(file);
    return pages;
}

void echo_server_expect_stacks_freed_at(struct lab_where where,
                                        const struct echo_server *s,
                                        long before, int clients)
{
    lab_note("looks at the server's virtual memory");
    lab_bound_at(where, echo_server_pages(s) - before, -1,
                 (intmax_t)clients * STACK_PAGES / 4,
                 "pages of virtual memory that the last %s clients have left "
                 "behind (a thread's stack is about 2,048, until it is joined "
                 "or was detached)",
                 lab_number(clients));
}
