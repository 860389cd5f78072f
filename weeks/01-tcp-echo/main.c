/*
 * main.c: the program `echo [HOST] PORT`. Given; server_main.h says what it
 * prints and how it ends.
 *
 * While echo_serve_until() is not written, a signal ends the process as it ends
 * any other.
 */
#include "server_main.h"
#include "tcp_echo.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What clients have left to finish in, once a signal has come. */
#define STOP_MS 5000

static int usage(void)
{
    fputs("usage: echo [HOST] PORT\n" SERVER_MAIN_USAGE, stderr);
    return 2;
}

static void let_signals_end_us(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A signal is one more descriptor, which poll(2) can watch beside the
 * listener. */
static int serve_until_signal(int listener)
{
    int stop_fd = server_main_open_signals();
    if (stop_fd < 0)
        return stop_fd;
    int err = echo_serve_until(listener, stop_fd, STOP_MS);
    close(stop_fd);
    if (err != -ENOSYS)
        return err;
    let_signals_end_us();
    return echo_serve(listener);
}

int main(int argc, char **argv)
{
    int listener = server_main_listen(argc - 1, argv + 1);
    if (listener == -EINVAL)
        return usage();
    if (listener < 0)
        return 1;
    int err = server_main_print_address(listener);
    if (err == 0)
        err = serve_until_signal(listener);
    if (err < 0)
        warnx("cannot serve: %s", strerror(-err));
    return err < 0 ? 1 : 0;
}
