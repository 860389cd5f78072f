/*
 * net.c: sockets, connecting and sending; net_expect.c reads and compares,
 * net_exchange.c does both at once.
 *
 * The sockets stay blocking for the test that uses them by hand; every call
 * here passes MSG_DONTWAIT and waits in poll(2), where patience is kept.
 * Patience is counted from the last byte that moved.
 */
#include "lab_internal.h"
#include "net_internal.h"
#include "proc.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Loopback is full when nothing drains for so long. Echo servers on a loaded
 * machine pause for less; one that pauses longer only makes the count less. */
int net_full_ms = 100;
/* Linux buffers 4 MiB to send and 6 to receive: whoever takes more, reads. */
#define FULL_BYTES_MAX (64 << 20)

/* ---- Sockets of the test's own ---- */

/* The first address of a numeric host and port. Returns 0 or -EINVAL. */
static int resolve(const char *host, const char *port,
                   struct sockaddr_storage *address, socklen_t *len)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    if (getaddrinfo(host, port, &hints, &list) != 0)
        return -EINVAL;
    memcpy(address, list->ai_addr, list->ai_addrlen);
    *len = list->ai_addrlen;
    freeaddrinfo(list);
    return 0;
}

/* Returns a listening descriptor or -errno. */
static int listen_on(const char *host)
{
    struct sockaddr_storage address;
    socklen_t len;
    int err = resolve(host, "0", &address, &len);
    if (err < 0)
        return err;
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -errno;
    if (bind(fd, (struct sockaddr *)&address, len) == -1 ||
        listen(fd, SOMAXCONN) == -1) {
        err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

int net_listen_at(struct lab_where where, const char *host,
                  char port[NET_PORT_BYTES])
{
    int fd = listen_on(host);
    if (fd < 0)
        lab_fail_at(where, "the test cannot listen on %s: %s", host,
                    lab_errno_text(fd));
    snprintf(port, NET_PORT_BYTES, "%d", net_local_port(fd));
    lab_note("the test listens on %s, port %s", host, port);
    return fd;
}

int net_local_port(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &len) == -1)
        return 0;
    if (address.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)&address)->sin_port);
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return 0;
}

void net_pair_at(struct lab_where where, int fds[2])
{
    char port[NET_PORT_BYTES];
    struct net_client c;
    int listener = listen_on("127.0.0.1");
    if (listener < 0)
        lab_fail_at(where, "the test cannot listen: %s",
                    lab_errno_text(listener));
    snprintf(port, sizeof port, "%d", net_local_port(listener));
    int err = net_try_connect(&c, "pair", "127.0.0.1", port);
    fds[0] = err < 0 ? err : accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fds[0] < 0)
        lab_fail_at(where, "the test cannot connect to itself: %s",
                    lab_errno_text(err < 0 ? err : errno));
    fds[1] = c.fd;
    close(listener);
}

bool net_has_ipv6(void)
{
    int fd = listen_on("::1");
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

/* ---- Connecting ---- */

/* Returns 0 or -errno; a connection that neither comes nor fails is
 * -ETIMEDOUT. */
static int connect_patiently(int fd, const struct sockaddr *address,
                             socklen_t len)
{
    int error;
    socklen_t error_len = sizeof error;
    if (connect(fd, address, len) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return -errno;
    if (net_wait(fd, POLLOUT, lab_patience_ms) == 0)
        return -ETIMEDOUT;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_len);
    return -error;
}

/* FNV-1a: clients of other names send other streams. */
static uint64_t stream_of(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return hash;
}

void net_adopt(struct net_client *c, const char *name, int fd)
{
    static const int on = 1;
    *c = (struct net_client){.fd = fd, .stream = stream_of(name)};
    snprintf(c->name, sizeof c->name, "%s", name);
    /* What a test sends in small pieces leaves in small pieces, at once. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int net_try_connect(struct net_client *c, const char *name, const char *host,
                    const char *port)
{
    struct sockaddr_storage address;
    socklen_t len;
    int err = resolve(host, port, &address, &len);
    *c = (struct net_client){.fd = -1};
    if (err < 0)
        return err;
    int fd = socket(address.ss_family,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1)
        return -errno;
    err = connect_patiently(fd, (struct sockaddr *)&address, len);
    if (err < 0) {
        close(fd);
        return err;
    }
    fcntl(fd, F_SETFL, 0); /* blocking again */
    net_adopt(c, name, fd);
    return 0;
}

static void connect_or_fail(struct lab_where where, struct net_client *c,
                            const char *name, const char *host,
                            const char *port)
{
    char what[128];
    int err = net_try_connect(c, name, host, port);
    if (err == 0)
        return;
    snprintf(what, sizeof what, "%s connects to %s, port %s", name, host, port);
    lab_differ_at(where, what, "a connection", lab_errno_text(err));
}

void net_connect_at(struct lab_where where, struct net_client *c,
                    const char *name, const char *host, const char *port)
{
    lab_note("%s connects to %s, port %s", name, host, port);
    connect_or_fail(where, c, name, host, port);
}

void net_connect_quietly_at(struct lab_where where, struct net_client *c,
                            const char *name, const char *host,
                            const char *port)
{
    connect_or_fail(where, c, name, host, port);
    c->quiet = true;
}

/* ---- Sending ---- */

struct net_step net_step_failed(int error)
{
    bool reset = error == ECONNRESET || error == EPIPE;
    return (struct net_step){0, reset ? NET_RST : NET_ERROR, error};
}

struct net_step net_send_some(struct net_client *c, const void *data,
                              size_t len, int patience_ms)
{
    for (;;) {
        ssize_t n = send(c->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n >= 0)
            return (struct net_step){(size_t)n, NET_GOES_ON, 0};
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            return net_step_failed(errno);
        if (net_wait(c->fd, POLLOUT, patience_ms) == 0)
            return (struct net_step){0, NET_SILENCE, 0};
    }
}

struct net_step net_receive_some(struct net_client *c, void *data, size_t len,
                                 int patience_ms)
{
    for (;;) {
        ssize_t n = recv(c->fd, data, len, MSG_DONTWAIT);
        if (n >= 0)
            return (struct net_step){(size_t)n, n ? NET_GOES_ON : NET_FIN, 0};
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            return net_step_failed(errno);
        if (net_wait(c->fd, POLLIN, patience_ms) == 0)
            return (struct net_step){0, NET_SILENCE, 0};
    }
}

static void send_all(struct lab_where where, struct net_client *c,
                     const void *data, size_t len)
{
    const char *from = data;
    char what[128], is[256];
    for (size_t sent = 0; sent < len;) {
        struct net_step step =
            net_send_some(c, from + sent, len - sent, lab_patience_ms);
        sent += step.len;
        if (step.end == NET_GOES_ON)
            continue;
        snprintf(what, sizeof what, "%s sends %s", c->name,
                 net_count_of(len).text);
        snprintf(is, sizeof is, "%s, %s", net_count_of(sent).text,
                 net_ending_of(&step).text);
        lab_differ_at(where, what, "the connection takes all of them", is);
    }
}

void net_send_at(struct lab_where where, struct net_client *c, const void *data,
                 size_t len)
{
    net_note(c, "sends %s%s", net_count_of(len).text,
             net_quote_of(data, len).text);
    send_all(where, c, data, len);
}

void net_fill(struct lab_where where, struct net_client *c, size_t *sent,
              int silence_ms)
{
    unsigned char data[65536];
    while (*sent < FULL_BYTES_MAX) {
        net_pattern(c->stream, c->offset, data, sizeof data);
        struct net_step step = net_send_some(c, data, sizeof data, silence_ms);
        if (step.end == NET_SILENCE)
            return;
        if (step.end != NET_GOES_ON)
            lab_fail_at(where, "%s sends %s, %s", c->name,
                        net_count_of(*sent).text, net_ending_of(&step).text);
        *sent += step.len;
        c->offset += step.len;
    }
    lab_fail_at(where,
                "%s sends %s, and the connection is not full: the peer "
                "reads on, although nobody reads what it sends",
                c->name, net_count_of(*sent).text);
}

size_t net_send_until_full_at(struct lab_where where, struct net_client *c)
{
    size_t sent = 0;
    net_note(c, "sends until the connection takes no more, and reads nothing");
    net_fill(where, c, &sent, net_full_ms);
    return sent;
}

void net_send_text_at(struct lab_where where, struct net_client *c,
                      const char *text)
{
    net_send_at(where, c, text, strlen(text));
}

/* ---- Ending ---- */

static _Noreturn void fail_shutdown(struct lab_where where,
                                    const struct net_client *c, int error)
{
    char what[128], is[128];
    snprintf(what, sizeof what, "%s shuts its writing side", c->name);
    snprintf(is, sizeof is, "%s%s", lab_errno_text(error),
             error == ENOTCONN ? ": the peer has ended both" : "");
    lab_differ_at(where, what, "the connection is there", is);
}

void net_shutdown_write_at(struct lab_where where, struct net_client *c)
{
    net_note(c, "shuts its writing side (FIN)");
    if (shutdown(c->fd, SHUT_WR) == -1)
        fail_shutdown(where, c, errno);
}

void net_reset(struct net_client *c)
{
    static const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (c->fd == -1)
        return;
    net_note(c, "resets the connection (RST)");
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(c->fd);
    c->fd = -1;
}

void net_close(struct net_client *c)
{
    if (c->fd == -1)
        return;
    net_note(c, "closes");
    close(c->fd);
    c->fd = -1;
}

/* ---- The seeded stream ---- */

/* The finalizer of splitmix64: each word follows from its place alone. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void net_pattern(uint64_t stream, size_t offset, void *data, size_t len)
{
    unsigned char *to = data;
    uint64_t start = mix(lab_seed() ^ mix(stream));
    while (len > 0) {
        size_t skip = offset % 8, part = 8 - skip < len ? 8 - skip : len;
        uint64_t index = offset / 8 + 1;
        uint64_t word = mix(start + index * UINT64_C(0x9e3779b97f4a7c15));
        memcpy(to, (unsigned char *)&word + skip, part);
        to += part;
        offset += part;
        len -= part;
    }
}
