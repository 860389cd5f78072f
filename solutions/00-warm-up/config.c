/*
 * config.c: which configuration file is meant.
 *
 * errno is one variable for all calls of a thread, and tried() makes calls of
 * its own: what open(2) said is taken down before anything else runs.
 */
#include "warm_up.h"

#include <errno.h>
#include <fcntl.h>

int warm_config_open(const char *const paths[], warm_tried *tried, int *fd)
{
    for (int i = 0; paths[i] != NULL; i++) {
        int opened = open(paths[i], O_RDONLY | O_CLOEXEC);
        if (opened >= 0) {
            *fd = opened;
            return i;
        }
        int error = errno;
        tried(paths[i], error);
        if (error != ENOENT)
            return -error;
    }
    return -ENOENT;
}
