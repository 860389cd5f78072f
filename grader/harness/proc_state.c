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

/* The letter after the name in proc_pid_stat(5); 'X' where there is no such
 * thread any more. */
static char state_of(pid_t pid, int thread)
{
    char path[64], line[512] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, thread);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 'X';
    size_t len = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    const char *name_end = memrchr(line, ')', len);
    return name_end != NULL ? name_end[2] : 'X';
}

static bool is_asleep(pid_t pid)
{
    int threads[THREADS_MAX];
    int count = proc_count_entries(pid, "task", threads, THREADS_MAX);
    for (int i = 0; i < count && i < THREADS_MAX; i++)
        if (strchr("SXZ", state_of(pid, threads[i])) == NULL)
            return false;
    return true;
}

void proc_until_asleep_at(struct lab_where where, struct proc *p)
{
    struct lab_patience patience;
    lab_patience_start(&patience);
    while (!proc_has_ended(p) && !is_asleep(p->pid))
        if (!lab_patience_left(&patience))
            lab_differ_at(where, "every thread of the process comes to rest",
                          "all sleep", "one is always running");
}

/* A wait of the test's that only looks again and again is short; one for us
 * lasts. So two looks must find it asleep, with nothing noted in between. */
#define LOOKS_MAX 40
#define BETWEEN_LOOKS_NS 5000000

void proc_let_test_wait(void)
{
    static const struct timespec between = {0, BETWEEN_LOOKS_NS};
    uint32_t noted = lab_page->transcript_len;
    bool asleep = false;
    for (int i = 0; i < LOOKS_MAX; i++) {
        bool was = asleep && noted == lab_page->transcript_len;
        asleep = is_asleep(getppid());
        if (was && asleep)
            return;
        noted = lab_page->transcript_len;
        nanosleep(&between, NULL);
    }
}
