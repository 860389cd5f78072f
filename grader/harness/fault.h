/*
 * fault.h: make system calls of the member's code fail, exactly and again.
 *
 * The member's objects are linked (ld -r --wrap) so that each call listed in
 * wrap.list goes through this module; the harness and the tests are not. A
 * fault is armed by the test for one call by name, or for a family:
 *
 *     fault_fail("bind", 1, EACCES);      the next bind() fails with EACCES
 *     fault_fail_every(FAULT_INPUT, 3, EINTR);  each 3rd read, recv, … EINTR
 *     fault_cut_every(FAULT_OUTPUT, 2, 7);      each 2nd moves 7 bytes at most
 *
 *  1. A failed call does nothing: the kernel is not asked. It returns -1 with
 *     errno set; those of pthread return the error, as they always do. close
 *     alone has closed its descriptor when it fails, as Linux has.
 *  2. Counting starts at the arming, over all threads of the test's process
 *     and of the processes that it forks, before or after: the state is shared
 *     memory. Each test begins with nothing armed and every count at 0.
 *  3. What is not armed goes to the kernel unchanged, and is counted.
 *  4. Several faults may be armed for one call, each with its own count. Where
 *     two meet, a failure goes before a cut, the first armed before the next.
 *
 * A name that is no call here, k = 0 and the like are the test's own mistakes:
 * the program says so and aborts.
 *
 * Not seen: calls made inside libc (getaddrinfo, stdio), io_uring, stores to
 * mapped files. A contract's `calls` keeps members to what is seen.
 */
#ifndef FAULT_H
#define FAULT_H

#include "lab.h"

/* Families: a name that stands for several calls, counted together. */
#define FAULT_INPUT "input"   /* read readv recv recvfrom recvmsg */
#define FAULT_OUTPUT "output" /* write writev send sendto sendmsg */
#define FAULT_ACCEPT "accept" /* accept accept4 */
#define FAULT_WAIT "wait"     /* epoll_wait epoll_pwait epoll_pwait2 */
#define FAULT_JOIN "join"     /* pthread_join, and its _np variants */

/* The k-th call from now on, once, fails with error. Requires: k >= 1. */
void fault_fail(const char *call, unsigned long k, int error);

/* Every k-th call from now on fails with error; k = 1 is each of them. */
void fault_fail_every(const char *call, unsigned long k, int error);

/*
 * The k-th call from now on, once, moves at most `most` bytes.
 * Requires: the call is one of input or output; most >= 1.
 */
void fault_cut(const char *call, unsigned long k, size_t most);

/* Every k-th call moves at most `most` bytes. Requires: as fault_cut. */
void fault_cut_every(const char *call, unsigned long k, size_t most);

/*
 * The k-th call of accept or accept4 from now on, once, finds that its client
 * has gone: the connection is taken out of the queue and closed, and the call
 * goes on with the queue that is left. So on a blocking listener it waits, on
 * another one it may fail with EAGAIN.
 */
void fault_lose_client(unsigned long k);

/*
 * The k-th close from now on, once, closes its descriptor and does not return
 * before fault_release(): the moment in which the number is free, and its last
 * user has not gone on, lasts as long as the test wants.
 */
void fault_hold_close(unsigned long k);
void fault_release(void);

/* Take back every fault, set every count to 0. What is held stays held. */
void fault_reset(void);

/* Calls made, and calls that a fault hit (made fail, or really shortened),
 * since fault_reset or the test's beginning. */
unsigned long fault_calls(const char *call);
unsigned long fault_hits(const char *call);

/* Bytes that calls of input or output have moved, over the same time. One that
 * only looked (MSG_PEEK) has moved none. */
uint64_t fault_bytes(const char *call);

/*
 * Calls of close and shutdown with a number that is not open: its descriptor
 * was closed before, and the number might have been somebody else's by now.
 * close(-1), which is a habit of some, is not counted.
 */
unsigned long fault_strays(void);

/*
 * Calls of accept that found no room (EMFILE, ENFILE, ENOBUFS, ENOMEM) though
 * the call before them, by the same thread, had not either, and the thread has
 * not slept in the kernel since. No clock is asked, and sched_yield(2) is no
 * sleep, so a busy machine changes nothing.
 */
unsigned long fault_restless(void);

/* Threads that pthread_create has made since the test's beginning, and that no
 * call of the pthread_join family has waited for. */
long fault_unjoined(void);

/* Forget everything and share it with nobody that runs already. lab_main does
 * this before each test. */
void fault_begin(void);

#endif
