/*
 * echo_job.c: see echo_job.h.
 */
#include "echo_job.h"

#include "echo_server.h"
#include "fault.h"
#include "own_fds_client.h"
#include "tcp_echo.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

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

int echo_job_hello(void *argument)
{
    const struct echo_job *job = argument;
    for (int i = 0; i < job->clients; i++) {
        int fds = own_fds_count();
        expect_result(LAB_HERE, echo_hello(job->listener), 0,
                      "echo_hello(listener)");
        if (!own_fds_is_open(job->listener))
            fail(LAB_HERE, "the listener after echo_hello()",
                 "open: it is borrowed, and the next client comes through it",
                 "closed");
        expect_count(LAB_HERE, own_fds_count(), fds,
                     "open descriptors after echo_hello(), which has closed "
                     "its client's");
    }
    expect_no_strays(LAB_HERE);
    return 0;
}

int echo_job_one(void *argument)
{
    int listener = ((struct echo_job *)argument)->listener;
    int fd = (int)lab_sys(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
    close(listener);
    expect_result(LAB_HERE, echo_connection(fd), 0, "echo_connection(fd)");
    if (own_fds_is_open(fd))
        fail(LAB_HERE, "fd after echo_connection()", "closed: it is taken",
             "open");
    expect_no_strays(LAB_HERE);
    return 0;
}

int echo_job_serve(void *argument)
{
    const struct echo_job *job = argument;
    if (job->room > 0)
        own_fds_leave_room(job->room);
    int result = echo_serve(job->listener);
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

int echo_job_broken(void *argument)
{
    const struct echo_job *job = argument;
    expect_result(LAB_HERE, echo_serve(job->listener), job->expected,
                  "echo_serve(listener)");
    return 0;
}

/* What echo_serve_until() promises for its return, at a stop or after an
 * error. */
static void expect_all_given_back(int fds)
{
    expect_count(LAB_HERE, fault_unjoined(), 0,
                 "threads that echo_serve_until() has started and not joined");
    expect_count(LAB_HERE, own_fds_count(), fds - 1,
                 "open descriptors after echo_serve_until(), which has closed "
                 "its listener and every client's");
    expect_no_strays(LAB_HERE);
}

int echo_job_until(void *argument)
{
    const struct echo_job *job = argument;
    struct pollfd stop = {.fd = job->stop[0], .events = POLLIN};
    close(job->stop[1]);
    int fds = own_fds_count();
    if (job->room > 0)
        own_fds_leave_room(job->room);
    int result = echo_serve_until(job->listener, stop.fd, job->deadline_ms);
    expect_result(LAB_HERE, result, job->expected,
                  "echo_serve_until(listener, stop_fd, deadline_ms)");
    expect_all_given_back(fds);
    if (job->expected == 0 && poll(&stop, 1, 0) == 0)
        fail(LAB_HERE, "what is in stop_fd afterwards",
             "the byte that was there: nothing is read from it", "nothing");
    return 0;
}

/* Written at all, it returns at once. */
int echo_job_probe_until(void *unused)
{
    char port[NET_PORT_BYTES];
    int stop[2];
    (void)unused;
    lab_sys(pipe2(stop, O_CLOEXEC));
    close(stop[1]);
    int result = echo_serve_until(net_listen(ECHO_HOST, port), stop[0], 0);
    _exit(result == -ENOSYS ? 1 : 0);
}
