/*
 * echo_server.c: echo.c's functions in processes of their own.
 */
#include "echo_server.h"

#include "fault.h"
#include "tcp_echo.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A thread that nobody joins or detaches keeps its stack: 8 MiB of addresses,
 * of 4 KiB each. */
#define STACK_PAGES 2048

/* More calls than these of accept(2), none of which can succeed, are a loop. */
#define ACCEPTS_MAX 1000

/* What a process is to do; it is a copy, so the test's own stays untouched. */
struct job {
    int listener;
    int expected;    /* what the function is to return */
    int clients;     /* of echo_hello */
    int room;        /* descriptors; 0: as many as the test itself */
    int stop[2];     /* a pipe, of echo_serve_until */
    int deadline_ms; /* likewise */
};

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

/* A sanitizer that has found something keeps its report open. */
static bool is_report(const struct dirent *entry)
{
    struct stat status;
    return fstat(atoi(entry->d_name), &status) == 0 && S_ISREG(status.st_mode);
}

int echo_own_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = -1; /* the folder's own */
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.' && !is_report(entry);
    closedir(folder);
    return count;
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

/* ---- In the server's process ---- */

/*
 * What is wrong here is told when the test has come as far as it can: its
 * transcript is the same each time then.
 */
static void expect_result(struct lab_where where, int result, int expected,
                          const char *call)
{
    if (result != expected)
        proc_let_test_wait();
    lab_error_at(where, result, expected, call);
}

static void expect_count(struct lab_where where, long count, long expected,
                         const char *what)
{
    if (count != expected)
        proc_let_test_wait();
    lab_equal_at(where, count, expected, "%s", what);
}

static _Noreturn void fail(struct lab_where where, const char *what,
                           const char *expected, const char *is)
{
    proc_let_test_wait();
    lab_differ_at(where, what, expected, is);
}

/* A number that was closed is somebody else's, soon or now. */
static void expect_no_strays(struct lab_where where)
{
    expect_count(where, (long)fault_strays(), 0,
                 "calls of close(2) and shutdown(2) with a number that had "
                 "been closed before");
}

static int run_hello(void *argument)
{
    int listener = ((struct job *)argument)->listener;
    for (int i = 0; i < ((struct job *)argument)->clients; i++) {
        int fds = echo_own_fds();
        expect_result(LAB_HERE, echo_hello(listener), 0,
                      "echo_hello(listener)");
        if (!is_open(listener))
            fail(LAB_HERE, "the listener after echo_hello()",
                 "open: it is borrowed, and the next client comes through it",
                 "closed");
        expect_count(LAB_HERE, echo_own_fds(), fds,
                     "open descriptors after echo_hello(), which has closed "
                     "its client's");
    }
    expect_no_strays(LAB_HERE);
    return 0;
}

static int run_one(void *argument)
{
    int listener = ((struct job *)argument)->listener;
    int fd = (int)lab_sys(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
    close(listener);
    expect_result(LAB_HERE, echo_connection(fd), 0, "echo_connection(fd)");
    if (is_open(fd))
        fail(LAB_HERE, "fd after echo_connection()", "closed: it is taken",
             "open");
    expect_no_strays(LAB_HERE);
    return 0;
}

/* Only echo_server_finish() breaks the listener. */
static int run_serve(void *argument)
{
    int result = echo_serve(((struct job *)argument)->listener);
    if (result == -EINVAL && fault_hits(FAULT_ACCEPT) > 0) {
        expect_no_strays(LAB_HERE);
        return 0;
    }
    char is[128] = "it returns 0";
    if (result == -ENOSYS)
        expect_result(LAB_HERE, result, 0, "echo_serve(listener)");
    if (result < 0)
        snprintf(is, sizeof is, "it returns -%s", lab_errno_text(result));
    fail(LAB_HERE, "echo_serve(listener)", "it serves on: its listener is good",
         is);
}

static int run_broken(void *argument)
{
    const struct job *job = argument;
    expect_result(LAB_HERE, echo_serve(job->listener), job->expected,
                  "echo_serve(listener)");
    return 0;
}

/* The limit is on the number that a descriptor gets, so count the free ones. */
static rlim_t limit_with_room(int room)
{
    int fd = 0;
    for (; room > 0; fd++)
        room -= !is_open(fd);
    return (rlim_t)fd;
}

static void limit_descriptors(int room)
{
    struct rlimit limit;
    lab_sys(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = limit_with_room(room);
    lab_sys(setrlimit(RLIMIT_NOFILE, &limit));
}

static int run_cramped(void *argument)
{
    limit_descriptors(((struct job *)argument)->room);
    return run_serve(argument);
}

/* What echo_serve_until() promises for its return, at a stop or after an
 * error. */
static void expect_all_given_back(int fds)
{
    expect_count(LAB_HERE, fault_unjoined(), 0,
                 "threads that echo_serve_until() has started and not joined");
    expect_count(LAB_HERE, echo_own_fds(), fds - 1,
                 "open descriptors after echo_serve_until(), which has closed "
                 "its listener and every client's");
    expect_no_strays(LAB_HERE);
}

static int run_until(void *argument)
{
    struct job *job = argument;
    struct pollfd stop = {.fd = job->stop[0], .events = POLLIN};
    close(job->stop[1]);
    int fds = echo_own_fds();
    if (job->room > 0)
        limit_descriptors(job->room);
    int result = echo_serve_until(job->listener, stop.fd, job->deadline_ms);
    expect_result(LAB_HERE, result, job->expected,
                  "echo_serve_until(listener, stop_fd, deadline_ms)");
    expect_all_given_back(fds);
    if (job->expected == 0 && poll(&stop, 1, 0) == 0)
        fail(LAB_HERE, "what is in stop_fd afterwards",
             "the byte that was there: nothing is read from it", "nothing");
    return 0;
}

/* Told to stop before it begins: written at all, it returns at once. */
static int probe_until(void *unused)
{
    char port[NET_PORT_BYTES];
    int stop[2];
    (void)unused;
    lab_sys(pipe2(stop, O_CLOEXEC));
    close(stop[1]);
    int result = echo_serve_until(net_listen(ECHO_HOST, port), stop[0], 0);
    _exit(result == -ENOSYS ? 1 : 0);
}

/* ---- In the test ---- */

static void start(struct echo_server *s, const char *name, struct job *job,
                  int (*run)(void *))
{
    proc_call(&s->proc, name, run, job);
    s->stop_fd = -1;
    close(job->listener);
}

void echo_server_hello_on(struct echo_server *s, int listener, int clients)
{
    struct job job = {.listener = listener, .clients = clients};
    start(s, "echo_hello", &job, run_hello);
}

void echo_server_one_on(struct echo_server *s, int listener)
{
    struct job job = {.listener = listener};
    start(s, "echo_connection", &job, run_one);
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
    struct job job = {.listener = net_listen(ECHO_HOST, s->port)};
    start(s, "echo_serve", &job, run_serve);
}

void echo_server_cramped(struct echo_server *s, int room)
{
    struct job job = {.listener = net_listen(ECHO_HOST, s->port), .room = room};
    start(s, "echo_serve", &job, run_cramped);
}

static void start_until(struct echo_server *s, struct job *job)
{
    job->listener = net_listen(ECHO_HOST, s->port);
    lab_sys(pipe2(job->stop, O_CLOEXEC));
    start(s, "echo_serve_until", job, run_until);
    close(job->stop[0]);
    s->stop_fd = job->stop[1];
}

void echo_server_until(struct echo_server *s, int deadline_ms)
{
    start_until(s, &(struct job){.deadline_ms = deadline_ms});
}

void echo_server_until_error(struct echo_server *s, int error)
{
    start_until(s,
                &(struct job){.deadline_ms = ECHO_FAR_MS, .expected = -error});
}

void echo_server_cramped_until(struct echo_server *s, int room)
{
    start_until(s, &(struct job){.deadline_ms = 0, .room = room});
}

bool echo_server_has_until(void)
{
    struct proc p;
    proc_call(&p, "echo_serve_until", probe_until, NULL);
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

void echo_server_expect_done_at(struct lab_where where, struct echo_server *s)
{
    proc_expect_exit_at(where, &s->proc, 0);
    proc_release(&s->proc);
    if (s->stop_fd != -1)
        close(s->stop_fd);
}

/* ---- Ends ---- */

static bool has_ended(const struct proc *p)
{
    siginfo_t info = {0};
    waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid == p->pid;
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
    struct job job = {.listener = listener, .expected = -error};
    struct echo_server s;
    start(&s, "echo_serve", &job, run_broken);
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
