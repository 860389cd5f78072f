/*
 * clock_wrapped.h: time and waits in code that is linked as a member's is.
 */
#ifndef CLOCK_WRAPPED_H
#define CLOCK_WRAPPED_H

#include <stdint.h>
#include <time.h>

enum wrapped_wait { WAIT, PWAIT, PWAIT2, WAITS };

/* In nanoseconds; 0 after an error. */
uint64_t wrapped_now(clockid_t clock);

/* Returns the count of events, or -errno. ms: negative for no timeout. */
int wrapped_wait(enum wrapped_wait wait, int epoll_fd, int64_t ms);

#endif
