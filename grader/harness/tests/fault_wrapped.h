/*
 * fault_wrapped.h: one call of each kind, in code that is linked as a member's
 * code is. Each returns what the call returned, or -errno.
 */
#ifndef FAULT_WRAPPED_H
#define FAULT_WRAPPED_H

#include <pthread.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* A call by its name, with arguments that the kernel refuses or that do
 * nothing. Returns -1 if it knows no such call. */
int wrapped_call(const char *name);

/* Move len bytes between fd and data by the named call of input or output.
 * The calls that take several buffers get two halves. */
ssize_t wrapped_move(const char *name, int fd, void *data, size_t len);

ssize_t wrapped_writev(int fd, const struct iovec *parts, int count);
ssize_t wrapped_recvmsg(int fd, struct msghdr *message);
int wrapped_close(int fd);
int wrapped_shutdown(int fd);

/* accept or accept4, by name. */
int wrapped_accept(const char *name, int fd);

/* A thread that ends at once, and its end awaited. */
pthread_t wrapped_thread(void);
int wrapped_join(pthread_t thread);

/* The real pthread_join; defined by the test, which is not wrapped. */
void wrapped_join_really(pthread_t thread);

#endif
