/*
 * echo.c: a TCP echo server. Yours: the handout (README.md) leads through it,
 * the contract of each function stands in tcp_echo.h.
 *
 * Begin with step 1, `work/grade 01` after each save, and let the first failing
 * step tell you what is next. Add static helpers and includes as you need them.
 */
#include "tcp_echo.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Steps 1 and 5. Three calls make it green: accept, write, close. */
int echo_hello(int listener)
{
    (void)listener;
    return -ENOSYS;
}

/* Step 2. getaddrinfo, socket, setsockopt, bind, listen; and what undoes them
 * when one of them fails. */
int tcp_listen(const char *host, const char *port)
{
    (void)host;
    (void)port;
    return -ENOSYS;
}

/* Steps 3 and 5. Read some, send it back, until there is no more. */
int echo_connection(int fd)
{
    (void)fd;
    return -ENOSYS;
}

/* Step 4. write(2) may take less than you offer, and a signal may interrupt. */
int tcp_write_all(int fd, const void *data, size_t len)
{
    (void)fd;
    (void)data;
    (void)len;
    return -ENOSYS;
}

/* Steps 6, 7 and 10. Accept, give the client a thread, accept again. */
int echo_serve(int listener)
{
    (void)listener;
    return -ENOSYS;
}

/* Step 9, a stretch. Leave it as it is until you want it: main.c then uses
 * echo_serve(). */
int echo_serve_until(int listener, int stop_fd, int deadline_ms)
{
    (void)listener;
    (void)stop_fd;
    (void)deadline_ms;
    return -ENOSYS;
}
