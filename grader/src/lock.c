/*
 * lock.c: see lock.h.
 */
#include "lock.h"

#include "course.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

int lock_wait(const char *path, const char *busy)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    complain("%s; this one waits for it", busy);
    while (flock(fd, LOCK_EX) < 0 && errno == EINTR)
        if (process_interrupted())
            process_end_by_signal();
    return fd;
}
