/*
 * descendants.c: see descendants.h.
 */
#include "descendants.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int64_t descendants_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* ---- Looking ---- */

/* False if it is gone, or a zombie. */
static bool read_process(pid_t pid, struct descendant *p)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    text[len < 0 ? 0 : len] = '\0';
    /* The name may hold anything, so count fields from its last ')'. */
    char *rest = strrchr(text, ')');
    long parent = 0, pages = 0;
    char state = 0;
    if (rest == NULL ||
        sscanf(rest + 1,
               " %c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
               "%*d %*d %*d %*d %*u %*u %ld",
               &state, &parent, &pages) != 3 ||
        state == 'Z')
        return false;
    *p = (struct descendant){
        .pid = pid,
        .parent = (pid_t)parent,
        .resident = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE),
    };
    return true;
}

static int by_pid(const void *a, const void *b)
{
    const struct descendant *left = a, *right = b;
    return (left->pid > right->pid) - (left->pid < right->pid);
}

static struct descendant *find(struct descendant *list, int count, pid_t pid)
{
    struct descendant key = {.pid = pid};
    return bsearch(&key, list, (size_t)count, sizeof *list, by_pid);
}

/* Walk up to us, to the top, or to one that is known already. */
static bool is_ours(struct descendant *list, int count, struct descendant *p)
{
    const struct descendant *at = p;
    while (at != NULL && at->ours == 0 && at->parent != getpid())
        at = find(list, count, at->parent);
    p->ours = at != NULL && (at->ours == 1 || at->parent == getpid()) ? 1 : -1;
    return p->ours == 1;
}

int descendants_list(struct descendant list[DESCENDANTS_MAX], int64_t until_ms)
{
    int count = 0, kept = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *e; proc != NULL && count < DESCENDANTS_MAX &&
                           descendants_now_ms() < until_ms &&
                           (e = readdir(proc)) != NULL;)
        if (isdigit((unsigned char)e->d_name[0]) &&
            read_process(atoi(e->d_name), &list[count]))
            count++;
    if (proc != NULL)
        closedir(proc);
    qsort(list, (size_t)count, sizeof *list, by_pid);
    for (int i = 0; i < count; i++)
        is_ours(list, count, &list[i]);
    for (int i = 0; i < count; i++)
        if (list[i].ours == 1)
            list[kept++] = list[i];
    return kept;
}

/* ---- Ending ---- */

static void signal_all(const struct descendant *list, int count, int number)
{
    for (int i = 0; i < count; i++)
        kill(list[i].pid, number);
}

/* Is one in the list that was not in the former one? */
static bool has_new(const struct descendant *list, int count,
                    struct descendant *former, int former_count)
{
    for (int i = 0; i < count; i++)
        if (find(former, former_count, list[i].pid) == NULL)
            return true;
    return false;
}

/* A fork bomb is met by stopping all of it before killing any of it: who is
 * stopped forks no more, and still counts for RLIMIT_NPROC. */
static int stop_all(struct descendant *list, int64_t until_ms)
{
    static struct descendant former[DESCENDANTS_MAX];
    int count = 0, former_count;
    do {
        memcpy(former, list, (size_t)count * sizeof *list);
        former_count = count;
        count = descendants_list(list, until_ms);
        signal_all(list, count, SIGSTOP);
    } while (has_new(list, count, former, former_count) &&
             descendants_now_ms() < until_ms);
    return count;
}

void descendants_end(int64_t patience_ms)
{
    static struct descendant list[DESCENDANTS_MAX];
    const struct timespec moment = {0, 1000000};
    int64_t until_ms = descendants_now_ms() + patience_ms;
    int count = stop_all(list, until_ms);
    while (count > 0 && descendants_now_ms() < until_ms) {
        signal_all(list, count, SIGKILL);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        nanosleep(&moment, NULL);
        count = descendants_list(list, until_ms);
    }
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}
