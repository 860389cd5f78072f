/*
 * fault_calls.c: the other end of ld --wrap: __wrap_X for every X of wrap.list
 * but those of time, which are in clock.c.
 *
 * Each asks fault_judge() and then fails, moves less, or calls the real X. The
 * harness is not linked with --wrap, so a plain read() in this file is the
 * real one, a sanitizer's interceptor included.
 */
#include "fault_internal.h"

#include <limits.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- Calls that move bytes from or to one buffer ---- */

ssize_t __wrap_read(int fd, void *data, size_t len)
{
    struct fault_verdict v = fault_judge(READ);
    if (v.error)
        return fault_failed(&v);
    return fault_moved(&v, read(fd, data, fault_cut_len(&v, len)));
}

ssize_t __wrap_recv(int fd, void *data, size_t len, int flags)
{
    struct fault_verdict v = fault_judge(RECV);
    if (v.error)
        return fault_failed(&v);
    ssize_t n = recv(fd, data, fault_cut_len(&v, len), flags);
    return flags & MSG_PEEK ? n : fault_moved(&v, n);
}

ssize_t __wrap_recvfrom(int fd, void *data, size_t len, int flags,
                        struct sockaddr *from, socklen_t *from_len)
{
    struct fault_verdict v = fault_judge(RECVFROM);
    if (v.error)
        return fault_failed(&v);
    ssize_t n =
        recvfrom(fd, data, fault_cut_len(&v, len), flags, from, from_len);
    return flags & MSG_PEEK ? n : fault_moved(&v, n);
}

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    struct fault_verdict v = fault_judge(WRITE);
    if (v.error)
        return fault_failed(&v);
    return fault_moved(&v, write(fd, data, fault_cut_len(&v, len)));
}

ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
    struct fault_verdict v = fault_judge(SEND);
    if (v.error)
        return fault_failed(&v);
    return fault_moved(&v, send(fd, data, fault_cut_len(&v, len), flags));
}

ssize_t __wrap_sendto(int fd, const void *data, size_t len, int flags,
                      const struct sockaddr *to, socklen_t to_len)
{
    struct fault_verdict v = fault_judge(SENDTO);
    if (v.error)
        return fault_failed(&v);
    size_t cut = fault_cut_len(&v, len);
    return fault_moved(&v, sendto(fd, data, cut, flags, to, to_len));
}

/* ---- Calls that move bytes from or to several buffers ---- */

/* A shorter copy of an array of buffers; the caller's stays as it is. */
struct vector {
    const struct iovec *parts;
    size_t count;
    struct iovec copy[IOV_MAX];
};

static size_t vector_len(const struct iovec *parts, size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += parts[i].iov_len;
    return len;
}

/* A count that the kernel refuses (a negative one is huge here) goes there as
 * it is, to be refused. */
static void cut_vector(struct vector *vector, const struct fault_verdict *v,
                       const struct iovec *parts, size_t count)
{
    vector->parts = parts;
    vector->count = count;
    if (v->most == SIZE_MAX || count > IOV_MAX)
        return;
    size_t left = fault_cut_len(v, vector_len(parts, count));
    vector->parts = vector->copy;
    vector->count = 0;
    for (size_t i = 0; i < count && left > 0; i++) {
        struct iovec *part = &vector->copy[vector->count++];
        *part = parts[i];
        if (part->iov_len > left)
            part->iov_len = left;
        left -= part->iov_len;
    }
}

ssize_t __wrap_readv(int fd, const struct iovec *parts, int count)
{
    struct vector vector;
    struct fault_verdict v = fault_judge(READV);
    if (v.error)
        return fault_failed(&v);
    cut_vector(&vector, &v, parts, (size_t)count);
    return fault_moved(&v, readv(fd, vector.parts, (int)vector.count));
}

ssize_t __wrap_writev(int fd, const struct iovec *parts, int count)
{
    struct vector vector;
    struct fault_verdict v = fault_judge(WRITEV);
    if (v.error)
        return fault_failed(&v);
    cut_vector(&vector, &v, parts, (size_t)count);
    return fault_moved(&v, writev(fd, vector.parts, (int)vector.count));
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
    struct vector vector;
    struct fault_verdict v = fault_judge(RECVMSG);
    if (v.error)
        return fault_failed(&v);
    cut_vector(&vector, &v, message->msg_iov, message->msg_iovlen);
    struct msghdr copy = *message;
    copy.msg_iov = (struct iovec *)vector.parts;
    copy.msg_iovlen = vector.count;
    ssize_t n = recvmsg(fd, &copy, flags);
    copy.msg_iov = message->msg_iov;
    copy.msg_iovlen = message->msg_iovlen;
    *message = copy; /* the kernel wrote lengths and flags there */
    return flags & MSG_PEEK ? n : fault_moved(&v, n);
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct vector vector;
    struct fault_verdict v = fault_judge(SENDMSG);
    if (v.error)
        return fault_failed(&v);
    cut_vector(&vector, &v, message->msg_iov, message->msg_iovlen);
    struct msghdr copy = *message;
    copy.msg_iov = (struct iovec *)vector.parts;
    copy.msg_iovlen = vector.count;
    return fault_moved(&v, sendmsg(fd, &copy, flags));
}

/* ---- The others ---- */

/* Whether the client that was next in the queue is gone now; where none could
 * be had, errno says why. */
static bool lose_client(const struct fault_verdict *v, int fd)
{
    int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    if (client == -1)
        return false;
    close(client);
    fault_hit(v);
    return true;
}

int __wrap_accept(int fd, struct sockaddr *peer, socklen_t *peer_len)
{
    struct fault_verdict v = fault_judge(ACCEPT);
    if (v.error)
        return fault_accepted(fault_failed(&v));
    if (v.loses && !lose_client(&v, fd))
        return -1;
    return fault_accepted(accept(fd, peer, peer_len));
}

int __wrap_accept4(int fd, struct sockaddr *peer, socklen_t *peer_len,
                   int flags)
{
    struct fault_verdict v = fault_judge(ACCEPT4);
    if (v.error)
        return fault_accepted(fault_failed(&v));
    if (v.loses && !lose_client(&v, fd))
        return -1;
    return fault_accepted(accept4(fd, peer, peer_len, flags));
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
    struct fault_verdict v = fault_judge(BIND);
    return v.error ? fault_failed(&v) : bind(fd, address, len);
}

/*
 * close(2): "the kernel always releases the file descriptor early in the close
 * operation", also where it then fails. So does this: a retry is as wrong here
 * as it is on Linux.
 */
int __wrap_close(int fd)
{
    struct fault_verdict v = fault_judge(CLOSE);
    int result = close(fd);
    if (result == -1 && errno == EBADF) {
        fault_stray(fd);
        return result;
    }
    fault_hold(&v);
    return v.error && result == 0 ? fault_failed(&v) : result;
}

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
    struct fault_verdict v = fault_judge(CONNECT);
    return v.error ? fault_failed(&v) : connect(fd, address, len);
}

int __wrap_epoll_create1(int flags)
{
    struct fault_verdict v = fault_judge(EPOLL_CREATE1);
    return v.error ? fault_failed(&v) : epoll_create1(flags);
}

int __wrap_epoll_ctl(int epoll_fd, int what, int fd, struct epoll_event *event)
{
    struct fault_verdict v = fault_judge(EPOLL_CTL);
    return v.error ? fault_failed(&v) : epoll_ctl(epoll_fd, what, fd, event);
}

int __wrap_eventfd(unsigned count, int flags)
{
    struct fault_verdict v = fault_judge(EVENTFD);
    return v.error ? fault_failed(&v) : eventfd(count, flags);
}

int __wrap_listen(int fd, int backlog)
{
    struct fault_verdict v = fault_judge(LISTEN);
    return v.error ? fault_failed(&v) : listen(fd, backlog);
}

/* pthread_create(3): "On error, it returns an error number", not -1, and says
 * nothing in errno. */
static int failed_thread(const struct fault_verdict *v)
{
    int before = errno;
    fault_failed(v);
    errno = before;
    return v->error;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *argument)
{
    struct fault_verdict v = fault_judge(PTHREAD_CREATE);
    if (v.error)
        return failed_thread(&v);
    int error = pthread_create(thread, attributes, run, argument);
    if (error == 0)
        fault_thread_created();
    return error;
}

/* The _np variants of pthread_join may find that the thread runs on. */
static int joined(int error)
{
    if (error == 0)
        fault_thread_joined();
    return error;
}

int __wrap_pthread_join(pthread_t thread, void **result)
{
    struct fault_verdict v = fault_judge(PTHREAD_JOIN);
    if (v.error)
        return failed_thread(&v);
    return joined(pthread_join(thread, result));
}

int __wrap_pthread_tryjoin_np(pthread_t thread, void **result)
{
    struct fault_verdict v = fault_judge(PTHREAD_TRYJOIN_NP);
    if (v.error)
        return failed_thread(&v);
    return joined(pthread_tryjoin_np(thread, result));
}

int __wrap_pthread_timedjoin_np(pthread_t thread, void **result,
                                const struct timespec *deadline)
{
    struct fault_verdict v = fault_judge(PTHREAD_TIMEDJOIN_NP);
    if (v.error)
        return failed_thread(&v);
    return joined(pthread_timedjoin_np(thread, result, deadline));
}

#ifdef __SANITIZE_THREAD__

/* gcc's ThreadSanitizer does not know pthread_clockjoin_np, and would find no
 * order in it; pthread_timedjoin_np, on another clock, it does know. */
static int clockjoin(pthread_t thread, void **result, clockid_t clock,
                     const struct timespec *deadline)
{
    struct timespec now, there;
    clock_gettime(clock, &now);
    clock_gettime(CLOCK_REALTIME, &there);
    there.tv_sec += deadline->tv_sec - now.tv_sec;
    there.tv_nsec += deadline->tv_nsec - now.tv_nsec;
    if (there.tv_nsec < 0) {
        there.tv_sec--;
        there.tv_nsec += 1000000000;
    } else if (there.tv_nsec >= 1000000000) {
        there.tv_sec++;
        there.tv_nsec -= 1000000000;
    }
    return pthread_timedjoin_np(thread, result, &there);
}

#else

#define clockjoin pthread_clockjoin_np

#endif

int __wrap_pthread_clockjoin_np(pthread_t thread, void **result,
                                clockid_t clock,
                                const struct timespec *deadline)
{
    struct fault_verdict v = fault_judge(PTHREAD_CLOCKJOIN_NP);
    if (v.error)
        return failed_thread(&v);
    return joined(clockjoin(thread, result, clock, deadline));
}

int __wrap_shutdown(int fd, int how)
{
    struct fault_verdict v = fault_judge(SHUTDOWN);
    if (v.error)
        return fault_failed(&v);
    int result = shutdown(fd, how);
    if (result == -1 && errno == EBADF)
        fault_stray(fd);
    return result;
}

int __wrap_socket(int domain, int type, int protocol)
{
    struct fault_verdict v = fault_judge(SOCKET);
    return v.error ? fault_failed(&v) : socket(domain, type, protocol);
}
