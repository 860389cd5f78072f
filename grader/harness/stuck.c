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

#include <time.h>
#include <unistd.h>

/* So many looks in a row must find a sleeper in the same sleep, with so much
 * time between them. A machine that stands still for a while costs one look. */
#define SLEEPER_LOOKS 40
#define SLEEPER_PAUSE_MS 50

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

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

const char *stuck_sleeper(void *user)
{
    static struct {
        pid_t pid;
        int64_t at_ms;
        long since;
        int looks;
        const char *why;
    } last;
    const struct proc *p = user;
    int64_t at_ms = now_ms();
    if (p->pid == last.pid && at_ms - last.at_ms < SLEEPER_PAUSE_MS)
        return last.why;

    long since = p->pid != 0 ? proc_asleep_since(p) : -1;
    bool again = since != -1 && since == last.since && p->pid == last.pid;
    last.looks = again ? last.looks + 1 : 0;
    last.pid = p->pid;
    last.at_ms = at_ms;
    last.since = since;
    last.why = last.looks >= SLEEPER_LOOKS && net_at_rest()
                   ? "all threads of the server sleep, and nothing is under "
                     "way that could wake one"
                   : NULL;
    return last.why;
}

bool stuck_thread(pid_t thread)
{
    struct clock_wait wait = clock_wait_now();
    return wait.kind == CLOCK_WAIT_ENDLESS &&
           proc_thread_is_asleep(getpid(), thread) &&
           clock_wait_now().number == wait.number;
}
