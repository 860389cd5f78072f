/*
 * read_full.c: read(2) until there is enough.
 *
 * read(2) may bring less than was asked for: a pipe gives what it has, a
 * terminal one line, a signal ends it early. Whoever needs len bytes asks
 * again.
 */
#include "warm_up.h"

#include <errno.h>
#include <unistd.h>

int warm_read_full(int fd, void *data, size_t len, size_t *got)
{
    size_t done = 0;

    while (done < len) {
        /* Signed: read(2) says -1 for an error, and a size_t can't. */
        ssize_t count = read(fd, (char *)data + done, len - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -errno;
        if (count == 0)
            break; /* the end of the file */
        done += (size_t)count;
    }
    *got = done;
    return 0;
}
