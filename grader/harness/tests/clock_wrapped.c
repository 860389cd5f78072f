/*
 * clock_wrapped.c: calls that tell time or wait, as a member's code makes them.
 */
#include "clock_wrapped.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <time.h>

uint64_t wrapped_now(clockid_t clock)
{
    struct timespec time;
    if (clock_gettime(clock, &time) < 0)
        return 0;
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

int wrapped_wait(enum wrapped_wait wait, int epoll_fd, int64_t ms)
{
    struct epoll_event events[4];
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    int count;
    if (wait == WAIT)
        count = epoll_wait(epoll_fd, events, 4, (int)ms);
    else if (wait == PWAIT)
        count = epoll_pwait(epoll_fd, events, 4, (int)ms, NULL);
    else
        count = epoll_pwait2(epoll_fd, events, 4, ms < 0 ? NULL : &time, NULL);
    return count < 0 ? -errno : count;
}
