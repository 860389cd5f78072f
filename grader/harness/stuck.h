/*
 * stuck.h: whether a process of the test's can still go on by itself.
 *
 * A test that waits for a server's answer can tell a slow server from one that
 * will never answer, without a clock: the second one sleeps in the kernel, and
 * nothing is under way that could wake it.
 *
 *     clock_watch();
 *     proc_call(&server, "the server", serve, &job);
 *     net_give_up_when(stuck_process, &server);
 *
 * Then a client that waits for it in vain fails at once and says why; without
 * it the same client fails when its patience is over.
 *
 * For servers whose only wait is epoll_wait, as a contract may ask, or the call
 * that a week's own tests stand in for (clock_wait_begin()): one that sleeps in
 * another call counts as stuck.
 */
#ifndef STUCK_H
#define STUCK_H

#include "clock.h"
#include "net.h"
#include "proc.h"

/*
 * Why this process will never do anything again, in words; NULL while it may.
 *   p   a struct proc that was started after clock_watch(); a void pointer, so
 *       that net_give_up_when() takes this function as it is
 */
const char *stuck_process(void *p);

/*
 * The same for a server that may wait in any call, with any timeout: all of its
 * threads have slept through two seconds and many looks, and nothing was under
 * way. To be asked again and again. It is for servers that may not sleep for
 * seconds while somebody waits for them.
 *   p   a struct proc of proc_call, as a void pointer
 */
const char *stuck_sleeper(void *p);

/* The same for one thread of this process, which waits in real time. */
bool stuck_thread(pid_t thread);

#endif
