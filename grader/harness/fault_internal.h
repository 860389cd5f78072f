/*
 * fault_internal.h: what fault.c tells a wrapped call; not for tests.
 */
#ifndef FAULT_INTERNAL_H
#define FAULT_INTERNAL_H

#include "fault.h"

#include <sys/types.h>

/* What a fault can be armed for: the calls of wrap.list, then the families. */
enum fault_target {
    ACCEPT,
    ACCEPT4,
    BIND,
    CLOCK_GETTIME,
    CLOSE,
    CONNECT,
    EPOLL_CREATE1,
    EPOLL_CTL,
    EPOLL_PWAIT,
    EPOLL_PWAIT2,
    EPOLL_WAIT,
    EVENTFD,
    LISTEN,
    PTHREAD_CLOCKJOIN_NP,
    PTHREAD_CREATE,
    PTHREAD_JOIN,
    PTHREAD_TIMEDJOIN_NP,
    PTHREAD_TRYJOIN_NP,
    READ,
    READV,
    RECV,
    RECVFROM,
    RECVMSG,
    SEND,
    SENDMSG,
    SENDTO,
    SHUTDOWN,
    SOCKET,
    WRITE,
    WRITEV,
    FAMILY_INPUT,
    FAMILY_OUTPUT,
    FAMILY_ACCEPT,
    FAMILY_WAIT,
    FAMILY_JOIN,
    TARGETS,
    NO_FAMILY = TARGETS
};

/* What the rules say to one call. */
struct fault_verdict {
    enum fault_target call;
    int error;   /* 0: do it */
    size_t most; /* bytes that it may move */
    bool loses;  /* an accept: the client has gone */
    bool holds;  /* a close: do not return yet */
};

/*
 * Count a call, and ask every rule: a failure goes before a cut, among
 * failures the one armed first, among cuts the shortest.
 */
struct fault_verdict fault_judge(enum fault_target call);

/* Count a hit and set errno; always -1, for the call to return. */
int fault_failed(const struct fault_verdict *v);

/* The length that the call may have. It is a hit only if that is shorter. */
size_t fault_cut_len(const struct fault_verdict *v, size_t len);

/* Count a hit, and wait for fault_release(), if the call is to be held. */
void fault_hold(const struct fault_verdict *v);

/* Count a hit of a rule that is neither an error nor a cut. */
void fault_hit(const struct fault_verdict *v);

/* Count a call on a number that was not open. */
void fault_stray(int fd);

/* What a call of accept returned; gives it back. */
int fault_accepted(int result);

/* Count a thread more, or one less. */
void fault_thread_created(void);
void fault_thread_joined(void);

/* Count the bytes that the call moved; gives `moved`, what it returned. */
ssize_t fault_moved(const struct fault_verdict *v, ssize_t moved);

#endif
