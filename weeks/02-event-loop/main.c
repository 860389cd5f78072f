/*
 * main.c: the program `echo-loop [-i MS] [HOST] PORT`. Given.
 *
 * It prints one line, "listening on 127.0.0.1 port 40123", and serves until
 * SIGINT (Ctrl-C) or SIGTERM. Without a HOST it listens on 127.0.0.1 alone;
 * PORT 0 lets the kernel pick one. With -i clients that are idle for so many
 * milliseconds are closed (step 8).
 *
 * Exit status: 0 stopped by a signal, 1 could not listen or serve, 2 wrong
 * arguments.
 */
#include "loop_echo.h"
#include "tcp_echo.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

static int usage(void)
{
    fprintf(stderr, "usage: echo-loop [-i MS] [HOST] PORT\n"
                    "  MS    close clients that are idle for so long; 0: "
                    "never, as without -i\n"
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

static void on_signal(struct loop *loop, int fd, unsigned events, void *user)
{
    (void)fd;
    (void)events;
    (void)user;
    loop_stop(loop);
}

/* A signal that is blocked makes a signalfd readable: one more descriptor of
 * the loop's, and no handler that may interrupt anything. */
static int watch_signals(struct loop *loop, int *signal_fd)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &stop, NULL) < 0)
        return -errno;
    *signal_fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
    if (*signal_fd < 0)
        return -errno;
    return loop_add(loop, *signal_fd, LOOP_READABLE, on_signal, NULL);
}

static int serve(int listener, int idle_ms)
{
    struct loop *loop = NULL;
    struct loop_echo *echo = NULL;
    int signal_fd = -1;

    int err = loop_open(&loop);
    if (err == 0)
        err = watch_signals(loop, &signal_fd);
    if (err == 0)
        err = loop_echo_open(loop, listener, idle_ms, &echo);
    if (err == 0)
        err = print_address(listener);
    if (err == 0)
        err = loop_run(loop);
    loop_echo_close(echo);
    loop_close(loop);
    if (signal_fd >= 0)
        close(signal_fd);
    return err;
}

static int fail(const char *what, int err)
{
    fprintf(stderr, "echo-loop: %s: %s\n", what, strerror(-err));
    return 1;
}

/* "-i MS" is taken off the arguments. Returns the count that is left, or -1. */
static int take_options(int argc, char **argv, int *idle_ms)
{
    int option;
    while ((option = getopt(argc, argv, "+i:")) != -1) {
        char *end;
        long ms = option == 'i' ? strtol(optarg, &end, 10) : -1;
        if (ms < 0 || ms > 86400000 || *optarg == '\0' || *end != '\0')
            return -1;
        *idle_ms = (int)ms;
    }
    return argc - optind;
}

int main(int argc, char **argv)
{
    int idle_ms = 0;
    int words = take_options(argc, argv, &idle_ms);
    if (words < 1 || words > 2)
        return usage();
    const char *host = words == 2 ? argv[optind] : "127.0.0.1";
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
    int err = serve(listener, idle_ms);
    close(listener);
    return err < 0 ? fail("cannot serve", err) : 0;
}
