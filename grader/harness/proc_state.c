/*
 * proc_state.c: what /proc says of a process: its descriptors and threads, and
 * whether they sleep.
 */
#include "proc_internal.h"

#include "lab_internal.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 1024

int proc_count_entries(pid_t pid, const char *kind, int *list, int size)
{
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, kind);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return -1;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        if (count < size)
            list[count] = atoi(entry->d_name);
        count++;
    }
    closedir(folder);
    return count;
}

/* ---- Asleep ---- */

#define BETWEEN_LOOKS_NS 2000000

/*
 * proc_pid_status(5) of one thread. Returns how often it has left the
 * processor if it sleeps, 0 if it is gone, -1 if it runs.
 */
static long sleeping_since(pid_t pid, int thread)
{
    char path[64], line[256], state = 'X';
    long switches = 0, n;
    snprintf(path, sizeof path, "/proc/%d/task/%d/status", (int)pid, thread);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL) {
        sscanf(line, "State: %c", &state);
        if (sscanf(line, "voluntary_ctxt_switches: %ld", &n) == 1 ||
            sscanf(line, "nonvoluntary_ctxt_switches: %ld", &n) == 1)
            switches += n;
    }
    fclose(file);
    return strchr("SXZ", state) != NULL ? switches : -1;
}

/* A thread that was there before the function was called, but the first. */
static bool is_harness(const struct proc *p, int thread)
{
    if (p == NULL || thread == p->pid)
        return false;
    for (int i = 0; i < PROC_HARNESS_THREADS_MAX; i++)
        if (p->page->harness_threads[i] == thread)
            return true;
    return false;
}

/* The same for a process: all of its threads, those of the harness in p
 * aside. */
static long asleep_since(pid_t pid, const struct proc *p)
{
    int threads[THREADS_MAX];
    long sum = 0;
    int count = proc_count_entries(pid, "task", threads, THREADS_MAX);
    for (int i = 0; i < count && i < THREADS_MAX; i++) {
        if (is_harness(p, threads[i]))
            continue;
        long switches = sleeping_since(pid, threads[i]);
        if (switches == -1)
            return -1;
        sum += switches;
    }
    return sum;
}

bool proc_thread_is_asleep(pid_t pid, pid_t thread)
{
    return sleeping_since(pid, thread) != -1;
}

long proc_asleep_since(const struct proc *p)
{
    return asleep_since(p->pid, p);
}

bool proc_is_asleep(const struct proc *p)
{
    return asleep_since(p->pid, NULL) != -1;
}

/* It slept, and went on sleeping: a sleep between two steps is short. */
bool proc_stays_asleep(pid_t pid)
{
    static const struct timespec between = {0, BETWEEN_LOOKS_NS};
    long before = asleep_since(pid, NULL);
    nanosleep(&between, NULL);
    return before != -1 && asleep_since(pid, NULL) == before;
}

void proc_until_asleep_at(struct lab_where where, struct proc *p)
{
    struct lab_patience patience;
    lab_patience_start(&patience);
    while (!proc_has_ended(p) && !proc_stays_asleep(p->pid))
        if (!lab_patience_left(&patience))
            lab_differ_at(where, "every thread of the process comes to rest",
                          "all sleep", "one is always running");
}

/* A wait of the test's that only looks again and again does not last. */
void proc_let_test_wait(void)
{
    for (int looks = 0; looks < 100 && !proc_stays_asleep(getppid()); looks++)
        continue;
}
