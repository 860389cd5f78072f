/*
 * main.c: the program `echo-uring [HOST] PORT`. Given.
 *
 * It prints one line, "listening on 127.0.0.1 port 40123", and serves until
 * SIGINT (Ctrl-C) or SIGTERM. Without a HOST it listens on 127.0.0.1 alone;
 * PORT 0 lets the kernel pick one.
 *
 * Exit status: 0 stopped by a signal, 1 could not listen or serve, 2 wrong
 * arguments.
 */
#include "tcp_echo.h"
#include "uring_echo.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define ENTRIES 4096 /* operations that one system call submits */
#define BUFFERS 2048

/* What the operation that waits for a signal reads into. */
struct signal_watch {
    struct uring_op op;
    struct signalfd_siginfo info;
    int fd;
};

static int usage(void)
{
    fprintf(stderr, "usage: echo-uring [HOST] PORT\n"
                    "  HOST  a numeric address, 127.0.0.1 if not given\n"
                    "  PORT  0 to 65535; 0 lets the kernel pick one\n");
    return 2;
}

/* The address as the kernel knows it: with port 0, only now is it known. */
static int print_address(int listener)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (getsockname(listener, (struct sockaddr *)&address, &len) < 0)
        return -errno;
    if (getnameinfo((struct sockaddr *)&address, len, host, sizeof host, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return -EAFNOSUPPORT;
    printf("listening on %s port %s\n", host, port);
    return fflush(stdout) == 0 ? 0 : -errno;
}

/* The soft limit of open files is 1,024 for the sake of select(2), which we do
 * not use: ask for all that we may have. */
static void raise_file_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static void on_signal(struct uring *uring, struct uring_op *op, int result,
                      unsigned flags)
{
    (void)op;
    (void)result;
    (void)flags;
    uring_stop(uring);
}

/* A signal that is blocked makes a signalfd readable, and a read of that is an
 * operation like any other. */
static int watch_signals(struct uring *uring, struct signal_watch *watch)
{
    struct io_uring_sqe what = {0};
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &stop, NULL) < 0)
        return -errno;
    watch->fd = signalfd(-1, &stop, SFD_CLOEXEC);
    if (watch->fd < 0)
        return -errno;
    watch->op = (struct uring_op){on_signal, NULL};
    io_uring_prep_read(&what, watch->fd, &watch->info, sizeof watch->info, 0);
    return uring_start(uring, &watch->op, &what);
}

static int serve(int listener)
{
    static struct signal_watch watch; /* in flight when an error ends us */
    struct uring *uring = NULL;
    struct uring_echo *echo = NULL;

    int err = uring_open(ENTRIES, &uring);
    if (err == 0)
        err = watch_signals(uring, &watch);
    if (err == 0)
        err = uring_echo_open(uring, listener, BUFFERS, &echo);
    if (err == 0)
        err = print_address(listener);
    if (err == 0)
        err = uring_run(uring);
    if (err < 0)
        return err;
    err = uring_echo_close(echo);
    if (err == -ENOSYS) { /* step 7 is not written: the kernel takes all of it
                             back, and a leak checker has nothing to say */
        fflush(stdout);
        _exit(0);
    }
    uring_close(uring);
    close(watch.fd);
    return err;
}

static int fail(const char *what, int err)
{
    fprintf(stderr, "echo-uring: %s: %s\n", what, strerror(-err));
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3)
        return usage();
    const char *host = argc == 3 ? argv[1] : "127.0.0.1";
    const char *port = argv[argc - 1];

    raise_file_limit();
    int listener = tcp_listen(host, port);
    if (listener == -EINVAL)
        return usage();
    if (listener < 0) {
        char what[300];
        snprintf(what, sizeof what, "cannot listen on %s port %s", host, port);
        return fail(what, listener);
    }
    /* Clients inherit it: what is to be sent is sent at once, and does not
     * wait for the acknowledgement of what was before (tcp(7)). */
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    int err = serve(listener);
    close(listener);
    return err < 0 ? fail("cannot serve", err) : 0;
}
