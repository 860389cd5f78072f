/*
 * schedstat.c: see schedstat.h.
 */
#include "schedstat.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A small file of /proc as text; empty where there is none. */
static void read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, text, size - 1);

    if (fd >= 0)
        close(fd);
    text[len > 0 ? len : 0] = '\0';
}

/* ---- Which threads ---- */

int schedstat_add(struct schedstat *list, pid_t pid, pid_t tid)
{
    struct schedstat_thread *threads = realloc(
        list->threads, (list->count + 1) * sizeof(struct schedstat_thread));

    if (!threads)
        return -ENOMEM;
    threads[list->count++] = (struct schedstat_thread){.pid = pid, .tid = tid};
    list->threads = threads;
    return 0;
}

static int add_threads(struct schedstat *list, pid_t pid)
{
    char path[64];
    struct dirent *entry;
    int err = 0;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *dir = opendir(path);
    if (!dir)
        return 0; /* ended in the meantime */
    while (err == 0 && (entry = readdir(dir)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]))
            err = schedstat_add(list, pid, atoi(entry->d_name));
    closedir(dir);
    return err;
}

/* proc(5): pid (name) state parent group …; the name may hold anything. */
static bool is_in_group(pid_t pid, pid_t group)
{
    char path[64], text[512];
    int found = -1;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    read_text(path, text, sizeof text);
    const char *rest = strrchr(text, ')');
    return rest && sscanf(rest, ") %*c %*d %d", &found) == 1 && found == group;
}

int schedstat_add_group(struct schedstat *list, pid_t group)
{
    unsigned count = list->count;
    struct dirent *entry;
    DIR *dir = opendir("/proc");
    int err = 0;

    if (!dir)
        return -errno;
    while (err == 0 && (entry = readdir(dir)) != NULL) {
        pid_t pid = atoi(entry->d_name);
        if (isdigit((unsigned char)entry->d_name[0]) && is_in_group(pid, group))
            err = add_threads(list, pid);
    }
    closedir(dir);
    return err == 0 && list->count == count ? -ESRCH : err;
}

void schedstat_release(struct schedstat *list)
{
    free(list->threads);
    *list = (struct schedstat){0};
}

/* ---- Their times ---- */

/* A thread that has ended keeps what was known of it. */
static void look(const struct schedstat_thread *thread, uint64_t *ran,
                 uint64_t *waited)
{
    char path[64], text[128];

    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", (int)thread->pid,
             (int)thread->tid);
    read_text(path, text, sizeof text);
    uint64_t ran_now, waited_now;
    if (sscanf(text, "%" SCNu64 " %" SCNu64, &ran_now, &waited_now) != 2)
        return;
    *ran = ran_now;
    *waited = waited_now;
}

void schedstat_begin(struct schedstat *list)
{
    for (unsigned i = 0; i < list->count; i++) {
        struct schedstat_thread *thread = &list->threads[i];
        look(thread, &thread->ran_before_ns, &thread->waited_before_ns);
    }
}

void schedstat_end(struct schedstat *list)
{
    for (unsigned i = 0; i < list->count; i++) {
        struct schedstat_thread *thread = &list->threads[i];
        uint64_t ran = thread->ran_before_ns;
        uint64_t waited = thread->waited_before_ns;
        look(thread, &ran, &waited);
        thread->ran_ns = ran - thread->ran_before_ns;
        thread->waited_ns = waited - thread->waited_before_ns;
    }
    schedstat_add_up(list);
}

void schedstat_add_up(struct schedstat *list)
{
    list->ran_ns = list->held_up_ns = 0;
    for (unsigned i = 0; i < list->count; i++)
        list->ran_ns += list->threads[i].ran_ns;
    for (unsigned i = 0; i < list->count; i++) {
        const struct schedstat_thread *thread = &list->threads[i];
        uint64_t others_ran = list->ran_ns - thread->ran_ns;
        if (thread->waited_ns > others_ran)
            list->held_up_ns += thread->waited_ns - others_ran;
    }
}
