/*
 * echo_server.c: echo.c's functions in processes of their own.
 */
#include "echo_server.h"

#include "fault.h"
#include "tcp_echo.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* What a process is to do; it is a copy, so the test's own stays untouched. */
struct job {
    int listener;
    int clients;     /* of echo_hello */
    int room;        /* descriptors; 0: as many as the test itself */
    int stop[2];     /* a pipe, of echo_serve_until */
    int deadline_ms; /* likewise */
};

/*
 * ThreadSanitizer, where a step has it: no second of rest at the end of each
 * server, as echo_server_finish() has seen the last client's thread end; and
 * threads that a server joins later than they end are a choice, no leak.
 */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "atexit_sleep_ms=0:report_thread_leaks=0";
}

int echo_own_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = -1; /* the folder's own */
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

/* ---- In the server's process ---- */

static int run_hello(void *argument)
{
    int listener = ((struct job *)argument)->listener;
    for (int i = 0; i < ((struct job *)argument)->clients; i++) {
        int fds = echo_own_fds();
        lab_error(echo_hello(listener), 0);
        lab_check(is_open(listener), "echo_hello() leaves the listener open: "
                                     "it is borrowed, and the next client "
                                     "comes through it");
        lab_equal(echo_own_fds(), fds,
                  "open descriptors after echo_hello(), which has closed its "
                  "client's");
    }
    return 0;
}

static int run_one(void *argument)
{
    int listener = ((struct job *)argument)->listener;
    int fd = (int)lab_sys(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
    close(listener);
    lab_error(echo_connection(fd), 0);
    lab_check(!is_open(fd), "echo_connection() closes the descriptor that it "
                            "was given: it is taken");
    return 0;
}

/* Only echo_server_finish() breaks the listener. */
static int run_serve(void *argument)
{
    int result = echo_serve(((struct job *)argument)->listener);
    if (result == -EINVAL && fault_hits(FAULT_ACCEPT) > 0)
        return 0;
    lab_ok_at(LAB_HERE, result, "echo_serve(listener)");
    lab_fail("echo_serve() returned %d, and its listener is good: it serves "
             "for ever",
             result);
}

/* The limit is on the number that a descriptor gets, so count the free ones. */
static rlim_t limit_with_room(int room)
{
    int fd = 0;
    for (; room > 0; fd++)
        room -= !is_open(fd);
    return (rlim_t)fd;
}

static int run_cramped(void *argument)
{
    struct rlimit limit;
    lab_sys(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = limit_with_room(((struct job *)argument)->room);
    lab_sys(setrlimit(RLIMIT_NOFILE, &limit));
    return run_serve(argument);
}

static int run_until(void *argument)
{
    struct job *job = argument;
    close(job->stop[1]);
    int fds = echo_own_fds();
    int result =
        echo_serve_until(job->listener, job->stop[0], job->deadline_ms);
    lab_error_at(LAB_HERE, result, 0,
                 "echo_serve_until(listener, stop_fd, deadline_ms)");
    lab_equal(echo_own_fds(), fds - 1,
              "open descriptors after echo_serve_until(), which has closed its "
              "listener and every client's");
    return 0;
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

void echo_server_until(struct echo_server *s, int deadline_ms)
{
    struct job job = {.listener = net_listen(ECHO_HOST, s->port),
                      .deadline_ms = deadline_ms};
    lab_sys(pipe2(job.stop, O_CLOEXEC));
    start(s, "echo_serve_until", &job, run_until);
    close(job.stop[0]);
    s->stop_fd = job.stop[1];
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

/*
 * The last client wakes it from the accept in which it may already wait; the
 * client's end tells that its thread, if it got one, is done.
 */
void echo_server_finish_at(struct lab_where where, struct echo_server *s)
{
    struct net_client last;
    lab_note("the listener breaks: accept(2) fails with EINVAL from now on");
    fault_fail_every(FAULT_ACCEPT, 1, EINVAL);
    if (net_try_connect(&last, "last client", ECHO_HOST, s->port) == 0) {
        last.quiet = true;
        net_shutdown_write(&last);
        net_expect_end(&last);
        net_close(&last);
    }
    echo_server_expect_done_at(where, s);
    fault_reset();
}
