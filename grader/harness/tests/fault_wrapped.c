/*
 * fault_wrapped.c: the calls of wrap.list as a member's code makes them.
 */
#include "fault_wrapped.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static ssize_t result(ssize_t returned)
{
    return returned == -1 ? -errno : returned;
}

static ssize_t move_in(const char *name, int fd, void *data, size_t len)
{
    struct iovec halves[] = {{data, len / 2},
                             {(char *)data + len / 2, len - len / 2}};
    struct msghdr message = {.msg_iov = halves, .msg_iovlen = 2};
    if (strcmp(name, "read") == 0)
        return read(fd, data, len);
    if (strcmp(name, "readv") == 0)
        return readv(fd, halves, 2);
    if (strcmp(name, "recv") == 0)
        return recv(fd, data, len, 0);
    if (strcmp(name, "recvfrom") == 0)
        return recvfrom(fd, data, len, 0, NULL, NULL);
    return recvmsg(fd, &message, 0);
}

static ssize_t move_out(const char *name, int fd, void *data, size_t len)
{
    struct iovec halves[] = {{data, len / 2},
                             {(char *)data + len / 2, len - len / 2}};
    struct msghdr message = {.msg_iov = halves, .msg_iovlen = 2};
    if (strcmp(name, "write") == 0)
        return write(fd, data, len);
    if (strcmp(name, "writev") == 0)
        return writev(fd, halves, 2);
    if (strcmp(name, "send") == 0)
        return send(fd, data, len, MSG_NOSIGNAL);
    if (strcmp(name, "sendto") == 0)
        return sendto(fd, data, len, MSG_NOSIGNAL, NULL, 0);
    return sendmsg(fd, &message, MSG_NOSIGNAL);
}

ssize_t wrapped_move(const char *name, int fd, void *data, size_t len)
{
    if (strncmp(name, "re", 2) == 0)
        return result(move_in(name, fd, data, len));
    return result(move_out(name, fd, data, len));
}

static void *return_at_once(void *argument)
{
    return argument;
}

/* It returns its error, and leaves errno alone. */
static int create_thread(void)
{
    pthread_t thread;
    errno = ENOTTY;
    int error = pthread_create(&thread, NULL, return_at_once, NULL);
    if (error == 0)
        pthread_join(thread, NULL);
    return errno == ENOTTY ? -error : -ERANGE;
}

static void *wait_for_post(void *gate)
{
    sem_wait(gate);
    return NULL;
}

/* A thread that is not joined by the call is joined after it. */
static int join_thread(const char *name)
{
    static const struct timespec late = {.tv_sec = INT32_MAX};
    pthread_t thread;
    sem_t gate;
    int error;
    bool tries = strcmp(name, "pthread_tryjoin_np") == 0;
    sem_init(&gate, 0, tries ? 0 : 1);
    pthread_create(&thread, NULL, wait_for_post, &gate);
    if (tries)
        error = pthread_tryjoin_np(thread, NULL);
    else if (strcmp(name, "pthread_join") == 0)
        error = pthread_join(thread, NULL);
    else if (strcmp(name, "pthread_timedjoin_np") == 0)
        error = pthread_timedjoin_np(thread, NULL, &late);
    else
        error = pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &late);
    sem_post(&gate);
    if (error != 0)
        wrapped_join_really(thread);
    sem_destroy(&gate);
    return -error;
}

static int call_epoll(const char *name)
{
    struct epoll_event event = {0};
    if (strcmp(name, "epoll_create1") == 0)
        return epoll_create1(-1);
    if (strcmp(name, "epoll_ctl") == 0)
        return epoll_ctl(-1, EPOLL_CTL_ADD, 0, &event);
    if (strcmp(name, "epoll_pwait") == 0)
        return epoll_pwait(-1, &event, 1, 0, NULL);
    if (strcmp(name, "epoll_pwait2") == 0)
        return epoll_pwait2(-1, &event, 1, NULL, NULL);
    return epoll_wait(-1, &event, 1, 0);
}

int wrapped_call(const char *name)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct sockaddr *to = (struct sockaddr *)&address;
    struct timespec time;
    char byte = 0;
    if (strcmp(name, "accept") == 0)
        return (int)result(accept(-1, NULL, NULL));
    if (strcmp(name, "accept4") == 0)
        return (int)result(accept4(-1, NULL, NULL, 0));
    if (strcmp(name, "bind") == 0)
        return (int)result(bind(-1, to, sizeof address));
    if (strcmp(name, "close") == 0)
        return wrapped_close(dup(0));
    if (strcmp(name, "clock_gettime") == 0)
        return (int)result(clock_gettime(CLOCK_MONOTONIC, &time));
    if (strncmp(name, "epoll", 5) == 0)
        return (int)result(call_epoll(name));
    if (strcmp(name, "eventfd") == 0)
        return (int)result(eventfd(0, -1));
    if (strcmp(name, "connect") == 0)
        return (int)result(connect(-1, to, sizeof address));
    if (strcmp(name, "listen") == 0)
        return (int)result(listen(-1, 1));
    if (strcmp(name, "pthread_create") == 0)
        return create_thread();
    if (strncmp(name, "pthread_", 8) == 0)
        return join_thread(name);
    if (strcmp(name, "shutdown") == 0)
        return (int)result(shutdown(-1, SHUT_WR));
    if (strcmp(name, "socket") == 0)
        return (int)result(socket(-1, SOCK_STREAM, 0));
    if (strchr("rsw", name[0]) != NULL)
        return (int)wrapped_move(name, -1, &byte, 1);
    return -1;
}

ssize_t wrapped_writev(int fd, const struct iovec *parts, int count)
{
    return result(writev(fd, parts, count));
}

ssize_t wrapped_recvmsg(int fd, struct msghdr *message)
{
    return result(recvmsg(fd, message, 0));
}

int wrapped_close(int fd)
{
    return (int)result(close(fd));
}

int wrapped_shutdown(int fd)
{
    return (int)result(shutdown(fd, SHUT_RDWR));
}

int wrapped_accept(const char *name, int fd)
{
    if (strcmp(name, "accept") == 0)
        return (int)result(accept(fd, NULL, NULL));
    return (int)result(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
}

pthread_t wrapped_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, return_at_once, NULL);
    return thread;
}

int wrapped_join(pthread_t thread)
{
    return -pthread_join(thread, NULL);
}
