/*
 * bpf_maps.c: the maps of a loaded program, as this process holds them. An id
 * would do as well, but to open a map by its id takes CAP_SYS_ADMIN, which
 * `xdp` does not give.
 */
#include "bpf.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PROGRAM_MAPS_MAX 64

/* The id of the map that a descriptor of this process is; 0: it is none. */
static unsigned map_id_of(int fd)
{
    char path[64], text[1024];
    unsigned id = 0;

    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    int info = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = info >= 0 ? read(info, text, sizeof text - 1) : -1;
    if (info >= 0)
        close(info);
    text[len < 0 ? 0 : len] = '\0';
    const char *line = strstr(text, "\nmap_id:");
    if (line != NULL)
        sscanf(line, "\nmap_id: %u", &id);
    return id;
}

/* Put it into `fds` if it is the first descriptor of one of these ids. */
static void take_if_one_of(int fd, __u32 *ids, __u32 id_count, int *fds,
                           int *count, int max)
{
    unsigned id = map_id_of(fd);
    for (__u32 i = 0; i < id_count && i < PROGRAM_MAPS_MAX && id != 0; i++) {
        if (ids[i] != id || *count == max)
            continue;
        fds[(*count)++] = fd;
        ids[i] = 0;
        return;
    }
}

int bpf_lab_maps(int program, int *fds, int max)
{
    __u32 ids[PROGRAM_MAPS_MAX];
    struct bpf_prog_info info = {.nr_map_ids = PROGRAM_MAPS_MAX,
                                 .map_ids = (__u64)(uintptr_t)ids};
    __u32 len = sizeof info;
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;
    int count = 0;

    if (dir != NULL && bpf_obj_get_info_by_fd(program, &info, &len) == 0)
        while ((entry = readdir(dir)) != NULL)
            take_if_one_of(atoi(entry->d_name), ids, info.nr_map_ids, fds,
                           &count, max);
    if (dir != NULL)
        closedir(dir);
    return count;
}

int bpf_lab_map_at(struct lab_where where, int program, const char *name)
{
    int fds[PROGRAM_MAPS_MAX];
    int count = bpf_lab_maps(program, fds, PROGRAM_MAPS_MAX);

    for (int i = 0; i < count; i++) {
        struct bpf_map_info info = {0};
        __u32 len = sizeof info;
        if (bpf_obj_get_info_by_fd(fds[i], &info, &len) == 0 &&
            strncmp(info.name, name, sizeof info.name - 1) == 0)
            return fds[i];
    }
    lab_fail_at(where, "the program uses no map '%s'", name);
}
