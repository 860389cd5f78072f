/*
 * traffic.c: see traffic.h.
 *
 * What epoll says of a socket is whose it is and the socket's number, in one
 * 64-bit word; no state is kept of a connection, for each readable or writable
 * moment says by itself what comes next.
 */
#include "traffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <measure.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS 64 /* connections under way */
#define EVENTS 64
#define WAIT_MS 20
#define ANSWER_SECONDS 10
#define TRY_MS 200  /* for one answer */
#define PAUSE_MS 10 /* between two tries: who starts there has work to do */

enum whose { LISTENER, SERVER, CONNECTING, CLIENT };

static int watch(const struct traffic *traffic, enum whose whose, int fd,
                 uint32_t events, int how)
{
    struct epoll_event event = {
        .events = events, .data.u64 = (uint64_t)whose << 32 | (uint32_t)fd};

    return epoll_ctl(traffic->epoll, how, fd, &event) < 0 ? -errno : 0;
}

static struct sockaddr_in address_of(const char *text)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7)};

    inet_pton(AF_INET, text, &address.sin_addr);
    return address;
}

/* ---- The server ---- */

static int open_listener(const struct traffic *traffic)
{
    struct sockaddr_in any = address_of("0.0.0.0");
    int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        bind(fd, (struct sockaddr *)&any, sizeof any) < 0 ||
        listen(fd, 4096) < 0)
        return -errno;
    return watch(traffic, LISTENER, fd, EPOLLIN, EPOLL_CTL_ADD);
}

static void accept_all(const struct traffic *traffic, int listener)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
        watch(traffic, SERVER, fd, EPOLLIN, EPOLL_CTL_ADD);
}

static void answer(int fd)
{
    char byte;

    if (recv(fd, &byte, 1, 0) == 1)
        send(fd, &byte, 1, MSG_NOSIGNAL);
    close(fd);
}

/* ---- Clients ---- */

static int begin(const struct traffic *traffic)
{
    struct sockaddr_in vip = address_of(NETWORK_VIP);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&vip, sizeof vip) < 0 &&
        errno != EINPROGRESS)
        return -errno;
    return watch(traffic, CONNECTING, fd, EPOLLOUT, EPOLL_CTL_ADD);
}

/* One connection, opened and closed. */
static bool somebody_answers(void)
{
    struct sockaddr_in vip = address_of(NETWORK_VIP);
    struct timeval patience = {.tv_usec = TRY_MS * 1000};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answers = setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
                              sizeof patience) == 0 &&
                   connect(fd, (struct sockaddr *)&vip, sizeof vip) == 0;

    close(fd);
    return answers;
}

static int await_answer(void)
{
    int64_t until = measure_now() + INT64_C(1000000000) * ANSWER_SECONDS;

    while (!somebody_answers()) {
        if (measure_now() > until)
            return -ETIMEDOUT;
        poll(NULL, 0, PAUSE_MS);
    }
    return 0;
}

static int end(struct traffic *traffic, int fd, bool done)
{
    close(fd);
    traffic->done += done;
    traffic->failed += !done;
    return begin(traffic);
}

static int send_byte(struct traffic *traffic, int fd)
{
    if (send(fd, "x", 1, MSG_NOSIGNAL) != 1)
        return end(traffic, fd, false);
    return watch(traffic, CLIENT, fd, EPOLLIN, EPOLL_CTL_MOD);
}

/* The byte and the end may come at once, or one after the other. */
static int hear(struct traffic *traffic, int fd)
{
    char bytes[2];
    ssize_t count = recv(fd, bytes, sizeof bytes, 0);

    if (count == 1)
        count = recv(fd, bytes, sizeof bytes, 0);
    if (count < 0 && errno == EAGAIN)
        return 0;
    return end(traffic, fd, count == 0);
}

/* ---- Both ---- */

static int handle(struct traffic *traffic, const struct epoll_event *event)
{
    int fd = (int)(uint32_t)event->data.u64;

    switch ((enum whose)(event->data.u64 >> 32)) {
    case LISTENER:
        accept_all(traffic, fd);
        return 0;
    case SERVER:
        answer(fd);
        return 0;
    case CONNECTING:
        return send_byte(traffic, fd);
    default:
        return hear(traffic, fd);
    }
}

int traffic_run(struct traffic *traffic, int64_t until)
{
    struct epoll_event events[EVENTS];
    int err = 0;

    while (err == 0 && measure_now() < until) {
        int count = epoll_wait(traffic->epoll, events, EVENTS, WAIT_MS);
        for (int i = 0; i < count && err == 0; i++)
            err = handle(traffic, &events[i]);
    }
    return err;
}

int traffic_open(struct traffic *traffic, const struct network *network)
{
    *traffic = (struct traffic){.epoll = epoll_create1(EPOLL_CLOEXEC)};
    int err = network_enter(network, NETWORK_SERVER);

    if (err == 0)
        err = open_listener(traffic);
    if (err == 0)
        err = network_enter(network, NETWORK_CLIENT);
    if (err == 0)
        err = await_answer();
    for (int i = 0; i < CLIENTS && err == 0; i++)
        err = begin(traffic);
    return err;
}
