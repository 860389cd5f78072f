/*
 * main.c: the program `echo [HOST] PORT`. Given.
 *
 * It prints one line, "listening on 127.0.0.1 port 40123", and serves until
 * SIGINT (Ctrl-C) or SIGTERM. Without a HOST it listens on 127.0.0.1 alone;
 * PORT 0 lets the kernel pick one.
 *
 * Exit status: 0 stopped by a signal, 1 could not listen or serve, 2 wrong
 * arguments. While echo_serve_until() is not written, the signal ends the
 * process as it ends any other.
 */
#include "tcp_echo.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* What clients have left to finish in, once a signal has come. */
#define STOP_MS 5000

static int usage(void)
{
    fprintf(stderr, "usage: echo [HOST] PORT\n"
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

/*
 * Blocked, the two signals wait to be taken, and a signalfd is readable while
 * one of them waits: so a signal becomes a descriptor that poll(2) can watch
 * beside the listener. The mask is set before the first thread, which is how
 * all threads get it.
 */
static int serve_until_signal(int listener)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &stop, NULL) < 0)
        return -errno;
    int stop_fd = signalfd(-1, &stop, SFD_CLOEXEC);
    if (stop_fd < 0)
        return -errno;

    int err = echo_serve_until(listener, stop_fd, STOP_MS);
    close(stop_fd);
    if (err != -ENOSYS)
        return err;
    sigprocmask(SIG_UNBLOCK, &stop, NULL);
    return echo_serve(listener);
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3)
        return usage();
    const char *host = argc == 3 ? argv[1] : "127.0.0.1";
    const char *port = argv[argc - 1];

    int listener = tcp_listen(host, port);
    if (listener == -EINVAL)
        return usage();
    if (listener < 0) {
        fprintf(stderr, "echo: cannot listen on %s port %s: %s\n", host, port,
                strerror(-listener));
        return 1;
    }
    int err = print_address(listener);
    if (err == 0)
        err = serve_until_signal(listener);
    if (err < 0)
        fprintf(stderr, "echo: cannot serve: %s\n", strerror(-err));
    return err < 0 ? 1 : 0;
}
