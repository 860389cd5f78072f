/*
 * own_fds_client.c: see own_fds_client.h.
 */
#include "own_fds_client.h"

#include "lab.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* A sanitizer that has found something keeps its report open. */
static bool is_report(const struct dirent *entry)
{
    struct stat status;
    return fstat(atoi(entry->d_name), &status) == 0 && S_ISREG(status.st_mode);
}

int own_fds_count(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = -1; /* the folder's own */
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.' && !is_report(entry);
    closedir(folder);
    return count;
}

bool own_fds_is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

/* The limit is on the number that a descriptor gets, so count the free ones. */
static rlim_t limit_with_room(int room)
{
    int fd = 0;
    for (; room > 0; fd++)
        room -= !own_fds_is_open(fd);
    return (rlim_t)fd;
}

void own_fds_leave_room(int room)
{
    struct rlimit limit;
    lab_sys(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = limit_with_room(room);
    lab_sys(setrlimit(RLIMIT_NOFILE, &limit));
}
