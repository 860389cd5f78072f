/*
 * loop_server.c: see loop_server.h.
 */
#include "loop_server.h"

#include "loop_echo.h"
#include "own_fds_client.h"
#include "sigpipe.h"
#include "stuck.h"

#include <fcntl.h>
#include <unistd.h>

struct job {
    struct lab_where where;
    int listener;
    int stop[2];
    int room; /* descriptors; 0: as many as the test itself */
};

/* ---- In the server's process ---- */

static void on_stop(struct loop *loop, int fd, unsigned events, void *user)
{
    (void)fd;
    (void)events;
    (void)user;
    loop_stop(loop);
}

static int serve(void *argument)
{
    struct job *job = argument;
    struct loop *loop;
    struct loop_echo *echo;
    close(job->stop[1]);
    tell_sigpipe(job->where);
    int fds = own_fds_count();

    lab_ok(loop_open(&loop));
    lab_ok(loop_add(loop, job->stop[0], LOOP_READABLE, on_stop, NULL));
    lab_ok(loop_echo_open(loop, job->listener, 0, &echo));
    if (job->room > 0)
        own_fds_leave_room(job->room);
    lab_ok(loop_run(loop));
    loop_echo_close(echo);
    loop_close(loop);
    lab_equal(own_fds_count(), fds,
              "open descriptors after loop_echo_close() and loop_close()");
    return 0;
}

/* ---- In the test ---- */

/* job->listener is taken. */
static void start(struct lab_where where, struct loop_server *s,
                  struct job *job)
{
    job->where = where;
    lab_sys(pipe2(job->stop, O_CLOEXEC));
    clock_watch();
    proc_call_at(where, &s->proc, "an echo server on a loop", serve, job);
    net_give_up_when(stuck_process, &s->proc);
    close(job->listener);
    close(job->stop[0]);
    s->stop_fd = job->stop[1];
}

void loop_server_start_at(struct lab_where where, struct loop_server *s)
{
    int listener = net_listen_at(where, SERVER_HOST, s->port);
    start(where, s, &(struct job){.listener = listener});
}

void loop_server_start_cramped_at(struct lab_where where, struct loop_server *s,
                                  int room)
{
    int listener = net_listen_at(where, SERVER_HOST, s->port);
    start(where, s, &(struct job){.listener = listener, .room = room});
}

/* What is accepted inherits it; the kernel takes its least for it. */
void loop_server_start_narrow_at(struct lab_where where, struct loop_server *s)
{
    int listener = net_listen_at(where, SERVER_HOST, s->port);
    lab_sys(
        setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &(int){1}, sizeof(int)));
    start(where, s, &(struct job){.listener = listener});
}

void loop_server_settle(struct loop_server *s)
{
    struct net_client c;
    net_connect_quietly(&c, "first client", SERVER_HOST, s->port);
    net_send_text(&c, "hello\n");
    net_expect_text(&c, "hello\n");
    s->fds = proc_count_fds(&s->proc) - 1;
    net_close(&c);
    loop_server_expect_empty(s);
}

void loop_server_expect_empty_at(struct lab_where where, struct loop_server *s)
{
    proc_until_fds_at(where, &s->proc, s->fds);
}

void loop_server_stop_at(struct lab_where where, struct loop_server *s)
{
    net_give_up_when(NULL, NULL);
    lab_note("the server is told to stop");
    lab_sys(write(s->stop_fd, "", 1));
    close(s->stop_fd);
    proc_expect_exit_at(where, &s->proc, 0);
    proc_release(&s->proc);
}
