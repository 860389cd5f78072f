/*
 * watch.c: see watch.h.
 *
 * Whether a thread sleeps, and how often it has left the processor so far, is
 * in /proc/self/task/TID/status. A thread that only naps has left it once more
 * at the next look; one that waits for its turn to run does not sleep.
 */
#include "watch.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 2
#define LOOK_MS_MAX 20 /* counted at most: a debugger stops this thread too */
#define QUIET_LOOKS 30

static pthread_t watcher;

/* All of these are atomic. */
static bool stop;
static unsigned long moves;
static const char *file = __FILE__;
static int line = __LINE__;

void watch_moved(void)
{
    __atomic_fetch_add(&moves, 1, __ATOMIC_RELAXED);
}

void watch_line_at(struct lab_where where)
{
    __atomic_store_n(&file, where.file, __ATOMIC_RELAXED);
    __atomic_store_n(&line, where.line, __ATOMIC_RELAXED);
    watch_moved();
}

/* How often this thread has left the processor if it sleeps; -1 if it does not
 * sleep, 0 if it has ended. */
static long sleeping_since(const char *thread)
{
    char path[64], text[256], state = 'X';
    long switches = 0, n;

    snprintf(path, sizeof path, "/proc/self/task/%.16s/status", thread);
    FILE *status = fopen(path, "r");
    if (status == NULL)
        return 0;
    while (fgets(text, sizeof text, status) != NULL) {
        sscanf(text, "State: %c", &state);
        if (sscanf(text, "voluntary_ctxt_switches: %ld", &n) == 1 ||
            sscanf(text, "nonvoluntary_ctxt_switches: %ld", &n) == 1)
            switches += n;
    }
    fclose(status);
    return strchr("SXZ", state) != NULL ? switches : -1;
}

/* The sum over all threads but this one; -1 if one does not sleep. */
static long all_sleeping_since(void)
{
    DIR *threads = opendir("/proc/self/task");
    long sum = threads == NULL ? -1 : 0;

    while (sum >= 0) {
        struct dirent *thread = readdir(threads);
        if (thread == NULL)
            break;
        if (thread->d_name[0] == '.' || atoi(thread->d_name) == gettid())
            continue;
        long switches = sleeping_since(thread->d_name);
        sum = switches < 0 ? -1 : sum + switches;
    }
    if (threads != NULL)
        closedir(threads);
    return sum;
}

static struct lab_where last_line(void)
{
    return (struct lab_where){__atomic_load_n(&file, __ATOMIC_RELAXED),
                              __atomic_load_n(&line, __ATOMIC_RELAXED)};
}

/* What the looks so far have seen. */
struct looks {
    unsigned long moved;
    long slept;
    int quiet;    /* looks in a row at which everything slept on */
    int still_ms; /* since something has moved */
    int64_t last_ms;
};

static void look(struct looks *looks)
{
    unsigned long moved = __atomic_load_n(&moves, __ATOMIC_RELAXED);
    long slept = all_sleeping_since();
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_ms = now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
    int64_t passed_ms = now_ms - looks->last_ms;
    if (passed_ms > LOOK_MS_MAX)
        passed_ms = LOOK_MS_MAX;
    looks->quiet = slept >= 0 && slept == looks->slept ? looks->quiet + 1 : 0;
    looks->still_ms =
        moved == looks->moved ? looks->still_ms + (int)passed_ms : 0;
    looks->moved = moved;
    looks->slept = slept;
    looks->last_ms = now_ms;
}

static void *keep_watch(void *unused)
{
    struct looks looks = {.slept = -1};

    (void)unused;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        look(&looks);
        if (looks.quiet == QUIET_LOOKS)
            lab_fail_at(last_line(), "every thread sleeps, and none is left to "
                                     "wake another: who holds the lock?");
        if (looks.still_ms >= LAB_PATIENCE_MS)
            lab_fail_at(last_line(),
                        "no call has returned for %d s, the test's limit "
                        "against hanging: a loop without an end?",
                        LAB_PATIENCE_MS / 1000);
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000}, NULL);
    }
    return NULL;
}

void watch_start(void)
{
    __atomic_store_n(&stop, false, __ATOMIC_RELAXED);
    int err = pthread_create(&watcher, NULL, keep_watch, NULL);
    if (err != 0)
        lab_fail("the test's own pthread_create: %s", lab_errno_text(err));
}

void watch_stop(void)
{
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    pthread_join(watcher, NULL);
}
