/*
 * orphans.c: see orphans.h.
 *
 * Mostly there is one, for a moment: bubblewrap ends before the pid namespace
 * does that it made. Others have outlived the watcher of their step, which the
 * tested code has killed.
 */
#include "orphans.h"

#include "descendants.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#define MOMENT_MS 50 /* for what is ending already */
#define ENDING_MS 60000

void orphans_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void orphans_end(void)
{
    const struct timespec pause = {0, 1000000};
    int64_t until_ms = descendants_now_ms() + MOMENT_MS;
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0 &&
           descendants_now_ms() < until_ms)
        if (pid == 0)
            nanosleep(&pause, NULL);
    if (pid >= 0)
        descendants_end(ENDING_MS);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}
