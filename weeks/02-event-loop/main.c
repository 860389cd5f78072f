/*
 * main.c: the program `echo-loop [-i MS] [HOST] PORT`. Given; server_main.h of
 * week 01 says what it prints and how it ends.
 *
 * With -i, clients that are idle for so many milliseconds are closed (step 8).
 */
#include "loop_echo.h"
#include "server_main.h"

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IDLE_MS_MAX 86400000 /* a day */

static int usage(void)
{
    fputs("usage: echo-loop [-i MS] [HOST] PORT\n"
          "  MS    close clients that are idle for so long; 0: never, as "
          "without -i\n" SERVER_MAIN_USAGE,
          stderr);
    return 2;
}

static void on_signal(struct loop *loop, int fd, unsigned events, void *user)
{
    (void)fd;
    (void)events;
    (void)user;
    loop_stop(loop);
}

/* A signal is one more descriptor of the loop's, and no handler that may
 * interrupt anything. */
static int watch_signals(struct loop *loop, int *signal_fd)
{
    *signal_fd = server_main_open_signals();
    if (*signal_fd < 0)
        return *signal_fd;
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
        err = server_main_print_address(listener);
    if (err == 0)
        err = loop_run(loop);
    loop_echo_close(echo);
    loop_close(loop);
    if (signal_fd >= 0)
        close(signal_fd);
    return err;
}

/* Take "-i MS" off the arguments; optind is the first that is left. */
static bool take_options(int argc, char **argv, int *idle_ms)
{
    int option;
    while ((option = getopt(argc, argv, "+i:")) != -1) {
        char *end;
        long ms = option == 'i' ? strtol(optarg, &end, 10) : -1;
        if (ms < 0 || ms > IDLE_MS_MAX || *optarg == '\0' || *end != '\0')
            return false;
        *idle_ms = (int)ms;
    }
    return true;
}

int main(int argc, char **argv)
{
    int idle_ms = 0;
    if (!take_options(argc, argv, &idle_ms))
        return usage();
    server_main_raise_file_limit();
    int listener = server_main_listen(argc - optind, argv + optind);
    if (listener == -EINVAL)
        return usage();
    if (listener < 0)
        return 1;
    server_main_send_at_once(listener);
    int err = serve(listener, idle_ms);
    close(listener);
    if (err < 0)
        warnx("cannot serve: %s", strerror(-err));
    return err < 0 ? 1 : 0;
}
