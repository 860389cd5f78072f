/*
 * server_main.c: see server_main.h.
 */
#include "server_main.h"

#include "tcp_echo.h"

#include <err.h>
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

int server_main_listen(int count, char **words)
{
    if (count < 1 || count > 2)
        return -EINVAL;
    const char *host = count == 2 ? words[0] : "127.0.0.1";
    const char *port = words[count - 1];

    int listener = tcp_listen(host, port);
    if (listener < 0 && listener != -EINVAL)
        warnx("cannot listen on %s port %s: %s", host, port,
              strerror(-listener));
    return listener;
}

int server_main_print_address(int listener)
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

void server_main_raise_file_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* What is accepted inherits it. */
void server_main_send_at_once(int listener)
{
    const int yes = 1;
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

/* Blocked, the two signals wait to be taken, and a signalfd is readable while
 * one of them waits. */
int server_main_open_signals(void)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &stop, NULL) < 0)
        return -errno;
    int fd = signalfd(-1, &stop, SFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}
