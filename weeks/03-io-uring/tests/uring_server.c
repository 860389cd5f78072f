/*
 * uring_server.c: see uring_server.h.
 */
#include "uring_server.h"

#include "echo_client.h"
#include "stuck.h"
#include "uring_echo.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ENTRIES 256
#define BUFFERS 1024 /* more than the kernel could fill at once */

struct job {
    struct uring_server_options options;
    int listener;
    int stop[2];   /* a byte in it ends uring_run() */
    int other[2];  /* the same, read by an operation that is none of the
                      server's concern */
    int report[2]; /* a byte is written to it after a close */
};

/* ---- In the server's process ---- */

static int count_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = -1; /* the folder's own */
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

/* The limit is on the number that a descriptor gets, so count the free ones. */
static void leave_room(int room)
{
    struct rlimit limit;
    int fd = 0;
    for (; room > 0; fd++)
        room -= fcntl(fd, F_GETFD) == -1;
    lab_sys(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = (rlim_t)fd;
    lab_sys(setrlimit(RLIMIT_NOFILE, &limit));
}

/* A read of one byte, whose completion stops the ring. */
struct stop {
    struct uring_op op;
    char byte;
    int result;
};

static void on_stop(struct uring *uring, struct uring_op *op, int result,
                    unsigned flags)
{
    struct stop *stop = op->user;
    (void)flags;
    stop->result = result;
    uring_stop(uring);
}

static void start_stop(struct uring *uring, struct stop *stop, int fd)
{
    struct io_uring_sqe what = {0};
    *stop = (struct stop){.op = {on_stop, stop}};
    io_uring_prep_read(&what, fd, &stop->byte, 1, 0);
    lab_ok(uring_start(uring, &stop->op, &what));
}

/* Static: whether or not the server frees them, they are not lost. */
static struct uring *uring;
static struct uring_echo *echo;

static void open_echo(const struct job *job)
{
    lab_ok(uring_echo_open(uring, job->listener, job->options.buffers, &echo));
}

/* Serve until the test writes a byte. */
static void serve_until_stopped(const struct job *job)
{
    static struct stop stop;
    start_stop(uring, &stop, job->stop[0]);
    lab_ok(uring_run(uring));
    lab_equal(stop.result, 1, "bytes by which the test stops the server");
}

/*
 * Close, while a NOP of nobody's concern is done: it stops the ring in the
 * middle, which must not end the close.
 */
static void close_echo(int fds)
{
    static struct stop nop;
    struct io_uring_sqe what = {0};
    io_uring_prep_nop(&what);
    nop.op = (struct uring_op){on_stop, &nop};
    lab_ok(uring_start(uring, &nop.op, &what));
    lab_ok(uring_echo_close(echo));
    echo = NULL;
    lab_equal(count_fds(), fds, "open descriptors after uring_echo_close()");
}

static int serve(void *argument)
{
    const struct job *job = argument;
    close(job->stop[1]);
    lab_ok(uring_open(job->options.entries, &uring));
    open_echo(job);
    if (job->options.room > 0)
        leave_room(job->options.room);
    serve_until_stopped(job);
    return 0;
}

static int serve_twice(void *argument)
{
    static struct stop other;
    const struct job *job = argument;
    struct rlimit limit;
    close(job->stop[1]);
    close(job->other[1]);
    close(job->report[0]);
    lab_ok(uring_open(job->options.entries, &uring));
    start_stop(uring, &other, job->other[0]);
    int fds = count_fds();
    lab_sys(getrlimit(RLIMIT_NOFILE, &limit));
    open_echo(job);
    if (job->options.room > 0)
        leave_room(job->options.room);
    serve_until_stopped(job);
    lab_sys(setrlimit(RLIMIT_NOFILE, &limit));
    close_echo(fds);
    lab_sys(write(job->report[1], "", 1));
    while (other.result == 0)
        lab_ok(uring_run(uring));
    lab_equal(other.result, 1,
              "the result of a read that was in flight all the time");
    open_echo(job);
    serve_until_stopped(job);
    close_echo(fds);
    lab_ok(uring_echo_close(NULL));
    uring_close(uring);
    return 0;
}

/* ---- In the test ---- */

/* What is accepted inherits it: the last part of an answer does not wait until
 * the client's kernel has said that it has the one before. */
static void make_sends_prompt(int listener)
{
    lab_sys(
        setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)));
}

/* The smallest that the kernel allows; this is inherited too. */
static void make_sends_small(int listener)
{
    lab_sys(
        setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &(int){1}, sizeof(int)));
}

void uring_server_start_at(struct lab_where where, struct uring_server *s,
                           struct uring_server_options options)
{
    struct job job = {.options = options};
    if (options.entries == 0)
        job.options.entries = ENTRIES;
    if (options.buffers == 0)
        job.options.buffers = BUFFERS;
    job.listener = net_listen_at(where, SERVER_HOST, s->port);
    make_sends_prompt(job.listener);
    if (options.small_sends)
        make_sends_small(job.listener);
    lab_sys(pipe2(job.stop, O_CLOEXEC));
    lab_sys(pipe2(job.other, O_CLOEXEC));
    lab_sys(pipe2(job.report, O_CLOEXEC));
    watch_begin_at(where, options.rules);
    proc_call_at(where, &s->proc, "an echo server on io_uring",
                 options.closes ? serve_twice : serve, &job);
    net_give_up_when(stuck_process, &s->proc);
    close(job.listener);
    close(job.stop[0]);
    close(job.other[0]);
    close(job.report[1]);
    s->stop_fd = job.stop[1];
    s->other_fd = job.other[1];
    s->report_fd = job.report[0];
    struct lab_patience patience;
    lab_patience_start(&patience);
    while (!watch_has_waited() && lab_patience_left(&patience))
        if (proc_count_fds(&s->proc) == -1)
            proc_expect_alive_at(where, &s->proc);
    if (!watch_has_waited())
        lab_fail_at(where, "uring_run() does not wait in the kernel");
    s->fds = proc_count_fds(&s->proc);
}

/* ---- What its clients do ---- */

#define TALK_BYTES_MAX (48 * 1024) /* a message */
#define FILL_BYTES (48 * 1024)

void uring_server_talk_at(struct lab_where where, const struct uring_server *s,
                          int messages)
{
    struct lab_random random;
    struct net_client c;
    lab_random_init(&random, 3);
    net_connect_quietly_at(where, &c, "talking client", SERVER_HOST, s->port);
    lab_note("a client sends %d messages of up to %d bytes, each when the one "
             "before is back",
             messages, TALK_BYTES_MAX);
    for (int i = 0; i < messages; i++)
        echo_client_round_trip_at(
            where, &c, 1 + lab_random_below(&random, TALK_BYTES_MAX));
    net_close(&c);
}

/* A full window opens again by whole segments: small ones, as those of loopback
 * have 64 KiB. */
void uring_server_connect_narrow_at(struct lab_where where,
                                    const struct uring_server *s,
                                    struct net_client *c, const char *name)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    const int receive_bytes = 4096, segment_bytes = 500;
    int fd = (int)lab_sys(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    lab_sys(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(int)));
    lab_sys(
        setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment_bytes, sizeof(int)));
    inet_pton(AF_INET, SERVER_HOST, &address.sin_addr);
    address.sin_port = htons((uint16_t)strtoul(s->port, NULL, 10));
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == -1)
        lab_fail_at(where, "%s cannot connect: %s", name,
                    lab_errno_text(errno));
    net_adopt(c, name, fd);
}

/* A server that takes no more is at rest; and the client's kernel too may have
 * been slow. */
size_t uring_server_offer_at(struct lab_where where, struct uring_server *s,
                             struct net_client *c, size_t len)
{
    unsigned char data[4096];
    size_t sent = 0;
    for (int refused = 0; sent < len && refused < 3;) {
        size_t left = len - sent,
               piece = left < sizeof data ? left : sizeof data;
        net_pattern(c->stream, c->offset, data, piece);
        ssize_t n = send(c->fd, data, piece, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN)
            lab_fail_at(where, "%s cannot send: %s", c->name,
                        lab_errno_text(errno));
        refused = n < 0 ? refused + 1 : 0;
        if (n < 0)
            proc_until_asleep_at(where, &s->proc);
        c->offset += n > 0 ? (size_t)n : 0;
        sent += n > 0 ? (size_t)n : 0;
    }
    proc_until_asleep_at(where, &s->proc);
    return sent;
}

void uring_server_fill_at(struct lab_where where, struct uring_server *s,
                          struct net_client *c)
{
    lab_note("%s sends and does not read", c->name);
    uring_server_offer_at(where, s, c, FILL_BYTES);
}

void uring_server_expect_empty_at(struct lab_where where,
                                  struct uring_server *s)
{
    proc_until_fds_at(where, &s->proc, s->fds);
}

void uring_server_close(struct uring_server *s)
{
    lab_note("uring_echo_close() is called");
    lab_sys(write(s->stop_fd, "", 1));
}

#define LOOK_MS 20

/* Whether something can be read there, before the server is seen twice in a
 * wait that nothing will end. */
static bool comes_to_be_readable(struct uring_server *s, int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    int stuck = 0;
    for (int ms = 0; ms < LAB_PATIENCE_MS && stuck < 2; ms += LOOK_MS) {
        if (poll(&wanted, 1, LOOK_MS) > 0)
            return true;
        stuck = stuck_process(&s->proc) != NULL ? stuck + 1 : 0;
    }
    return poll(&wanted, 1, 0) > 0;
}

/* Wait for the server's byte, or for its end. */
static void wait_for_close(struct lab_where where, struct uring_server *s)
{
    char byte;
    if (!comes_to_be_readable(s, s->report_fd))
        lab_fail_at(where, "uring_echo_close() has not returned: it waits for "
                           "a completion that does not come");
    if (lab_sys(read(s->report_fd, &byte, 1)) == 0)
        proc_expect_exit_at(where, &s->proc, 0);
}

void uring_server_go_on_at(struct lab_where where, struct uring_server *s)
{
    wait_for_close(where, s);
    lab_note("a byte comes for another read of that ring, and the server is "
             "opened again");
    lab_sys(write(s->other_fd, "", 1));
}

void uring_server_stop_at(struct lab_where where, struct uring_server *s)
{
    net_give_up_when(NULL, NULL);
    lab_note("the server is told to stop");
    lab_sys(write(s->stop_fd, "", 1));
    close(s->stop_fd);
    close(s->other_fd);
    close(s->report_fd);
    proc_expect_exit_at(where, &s->proc, 0);
    proc_release(&s->proc);
}
