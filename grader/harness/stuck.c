/*
 * stuck.c: see stuck.h.
 *
 * Whoever sleeps in a wait is made runnable by the kernel in the moment in
 * which something becomes ready. So who is seen asleep twice in the same wait
 * had nothing ready in between; and if nothing was under way in between
 * either, nothing will ever be.
 */
#include "stuck.h"

#include "proc_internal.h"

#include <unistd.h>

static bool sleeps_on(const struct proc *p, struct clock_wait wait)
{
    struct clock_wait now = clock_wait_now();
    return proc_is_asleep(p) && now.number == wait.number &&
           now.kind == wait.kind;
}

const char *stuck_process(void *user)
{
    const struct proc *p = user;
    struct clock_wait wait = clock_wait_now();
    if (wait.number == 0 || wait.kind == CLOCK_WAIT_TIMED ||
        !sleeps_on(p, wait))
        return NULL;
    if (wait.kind == CLOCK_NO_WAIT)
        return "the server sleeps, in another call than its loop's wait";
    return net_at_rest() && sleeps_on(p, wait)
               ? "the server sleeps in its loop's wait, and nothing is under "
                 "way that could wake it"
               : NULL;
}

bool stuck_thread(pid_t thread)
{
    struct clock_wait wait = clock_wait_now();
    return wait.kind == CLOCK_WAIT_ENDLESS &&
           proc_thread_is_asleep(getpid(), thread) &&
           clock_wait_now().number == wait.number;
}
