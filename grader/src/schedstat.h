/*
 * schedstat.h: how long threads ran, and how long something else kept them
 * from running, in nanoseconds, from /proc/PID/task/TID/schedstat.
 *
 * The kernel tells how long a thread was ready and waited for its processor.
 * Threads of one server that share a processor wait for each other, which is
 * their own affair: only what a thread waited longer than all others of its
 * server ran is laid at somebody else's door (held_up_ns). For one thread
 * alone that is all of its waiting; for many it is a lower bound.
 */
#ifndef SCHEDSTAT_H
#define SCHEDSTAT_H

#include <stdint.h>
#include <sys/types.h>

/* One thread; the times are since schedstat_begin(). */
struct schedstat_thread {
    pid_t pid, tid;
    uint64_t ran_ns, waited_ns;
    uint64_t ran_before_ns, waited_before_ns;
};

/* All zero is an empty list. */
struct schedstat {
    struct schedstat_thread *threads;
    unsigned count;
    uint64_t ran_ns;     /* the sum, of schedstat_end() */
    uint64_t held_up_ns; /* the sum, of schedstat_end() */
};

/* Add a thread, or all threads of all processes of a process group (-ESRCH:
 * there are none). 0 or -errno. Release with schedstat_release(). */
int schedstat_add(struct schedstat *list, pid_t pid, pid_t tid);
int schedstat_add_group(struct schedstat *list, pid_t group);
void schedstat_release(struct schedstat *list);

/* What lies between the two is counted. Both are quick: they read a file for
 * each thread. */
void schedstat_begin(struct schedstat *list);
void schedstat_end(struct schedstat *list);

/* The sums of threads whose times are known; schedstat_end() ends in it. */
void schedstat_add_up(struct schedstat *list);

#endif
