/*
 * stuck_wrapped.c: see stuck_wrapped.h.
 */
#include "stuck_wrapped.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static int wait_for(int fd, int timeout_ms)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
    int count = epoll_wait(epoll_fd, &event, 1, timeout_ms);
    int err = count < 0 ? -errno : count;
    close(epoll_fd);
    return err;
}

int wrapped_wait_for(int fd)
{
    return wait_for(fd, -1);
}

int wrapped_serve(void *server)
{
    const struct wrapped_server *s = server;
    char data[4096];
    for (;;) {
        int err = wait_for(s->fd, s->manner == LOOKS_IN ? 3600000 : -1);
        ssize_t n = err < 0 ? err : recv(s->fd, data, sizeof data, 0);
        if (n <= 0)
            return (int)n;
        if (s->manner == ECHOES)
            send(s->fd, data, (size_t)n, MSG_NOSIGNAL);
        while (s->manner == BLOCKS && n > 0)
            n = recv(s->fd, data, sizeof data, 0);
    }
}
