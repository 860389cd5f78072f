/*
 * load_echo.c: see load_echo.h.
 *
 * The generator must be cheaper than any server that it measures, or it
 * measures itself: it runs one thread on epoll, edge-triggered, so that the
 * kernel does not look at a socket again that was just emptied; it registers a
 * connection once, copies no byte, and reads the clock once a read. It reads
 * all replies of one look, then sends all that follows from them: the kernel's
 * receiving and sending half each find their code in the cache.
 *
 *     sent          bytes handed to the kernel
 *     received      bytes that came back
 *     due           bytes that may be under way: received messages + depth,
 *                   in bytes
 *
 *  1. received <= sent <= due.
 *  2. The byte at position p of connection c is pattern[(p + start(c)) %
 *     PERIOD]; the pattern goes on behind its period as far as one window, so
 *     that what is sent and what is compared is always one piece.
 *  3. began[m % depth] is when message m began; m's place is free again when
 *     m has come back, and then m + depth begins.
 */
#include "load_echo.h"

#include "schedstat.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PERIOD 65521 /* a prime: no message size divides it */
#define START_STEP 8191
#define READ_BYTES (256u << 10)
#define COMPARED_BYTES 64
#define QUIET_MS 10000 /* no byte for so long: the server hangs */

struct connection {
    int fd;
    uint64_t sent, received;
    unsigned start;  /* where in the pattern its bytes begin */
    uint64_t *began; /* of the messages under way, depth of them */
};

struct load {
    const struct load_request *request;
    struct load_result *result;
    struct connection *connections;
    uint64_t *began; /* of all connections */
    unsigned char *pattern;
    unsigned char *buffer;
    struct schedstat generator, server;
    int epoll;
};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- The bytes ---- */

/* xorshift64*: no regularity that a message size could meet. */
static void fill_pattern(unsigned char *pattern, size_t len)
{
    uint64_t state = 88172645463325252u;

    for (size_t i = 0; i < PERIOD; i++) {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        pattern[i] = (unsigned char)((state * 2685821657736338717u) >> 56);
    }
    for (size_t i = PERIOD; i < len; i++)
        pattern[i] = pattern[i - PERIOD];
}

static const unsigned char *bytes_at(const struct load *load,
                                     const struct connection *connection,
                                     uint64_t position)
{
    return load->pattern + (position + connection->start) % PERIOD;
}

/* The first and the last of what came; all of it, where it is that short. */
static bool is_echo(const struct load *load,
                    const struct connection *connection, size_t len)
{
    const unsigned char *wanted =
        bytes_at(load, connection, connection->received);
    size_t part = len < COMPARED_BYTES ? len : COMPARED_BYTES;

    return memcmp(load->buffer, wanted, part) == 0 &&
           memcmp(load->buffer + len - part, wanted + len - part, part) == 0;
}

/* ---- One connection ---- */

static uint64_t due(const struct load *load,
                    const struct connection *connection)
{
    uint64_t size = load->request->message_bytes;

    return (connection->received / size + load->request->depth) * size;
}

static int send_due(const struct load *load, struct connection *connection)
{
    uint64_t end = due(load, connection);

    while (connection->sent < end) {
        ssize_t count =
            send(connection->fd, bytes_at(load, connection, connection->sent),
                 end - connection->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno == EAGAIN)
            return 0; /* EPOLLOUT tells when there is room */
        if (count < 0 && errno != EINTR)
            return -errno;
        if (count > 0)
            connection->sent += (uint64_t)count;
    }
    return 0;
}

/* These bytes came: messages end, and others begin in their places. */
static void note_received(struct load *load, struct connection *connection,
                          size_t len)
{
    unsigned depth = load->request->depth;
    uint64_t size = load->request->message_bytes;
    uint64_t message = connection->received / size;
    uint64_t now = now_ns();

    connection->received += len;
    for (; message < connection->received / size; message++) {
        uint64_t *began = &connection->began[message % depth];
        histogram_add(&load->result->times, now - *began);
        *began = now;
    }
}

/* A read that does not fill the buffer has emptied the socket; for what comes
 * later there will be another event. */
static int receive(struct load *load, struct connection *connection)
{
    ssize_t count;

    do {
        count = recv(connection->fd, load->buffer, READ_BYTES, MSG_DONTWAIT);
        if (count < 0 && errno == EAGAIN)
            return 0;
        if (count < 0 && errno != EINTR)
            return -errno;
        if (count == 0)
            return -ECONNRESET;
        if (count < 0)
            continue;
        if (connection->received + (uint64_t)count > connection->sent ||
            !is_echo(load, connection, (size_t)count))
            return -EBADMSG;
        note_received(load, connection, (size_t)count);
    } while (count < 0 || count == READ_BYTES);
    return 0;
}

/* ---- All of them ---- */

static int connect_one(const struct addrinfo *address, int *fd)
{
    int one = 1;

    *fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return -errno;
    if (setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0 ||
        connect(*fd, address->ai_addr, address->ai_addrlen) < 0)
        return -errno;
    return 0;
}

static int connect_all(struct load *load)
{
    const struct load_request *request = load->request;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *address;
    int err = 0;

    if (getaddrinfo(request->host, request->port, &hints, &address) != 0)
        return -EINVAL;
    for (unsigned i = 0; i < request->connections && err == 0; i++) {
        struct connection *c = &load->connections[i];
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET,
                                    .data.ptr = c};
        c->start = i * START_STEP % PERIOD;
        c->began = load->began + (size_t)i * request->depth;
        err = connect_one(address, &c->fd);
        if (err == 0 && epoll_ctl(load->epoll, EPOLL_CTL_ADD, c->fd, &event))
            err = -errno;
    }
    freeaddrinfo(address);
    return err;
}

/* The first messages of all connections begin. */
static int begin_all(struct load *load)
{
    uint64_t now = now_ns();
    int err = 0;

    for (size_t i = 0;
         i < (size_t)load->request->connections * load->request->depth; i++)
        load->began[i] = now;
    for (unsigned i = 0; i < load->request->connections && err == 0; i++)
        err = send_due(load, &load->connections[i]);
    return err;
}

static int run_until(struct load *load, uint64_t end)
{
    static struct epoll_event events[LOAD_EVENTS_MAX];
    int err = 0;

    while (err == 0 && now_ns() < end) {
        int count = epoll_wait(load->epoll, events, LOAD_EVENTS_MAX, QUIET_MS);
        if (count < 0 && errno != EINTR)
            return -errno;
        if (count == 0)
            return -ETIMEDOUT;
        load->result->waits++;
        load->result->events += count > 0 ? (uint64_t)count : 0;
        for (int i = 0; i < count && err == 0; i++)
            err = receive(load, events[i].data.ptr);
        for (int i = 0; i < count && err == 0; i++)
            err = send_due(load, events[i].data.ptr);
    }
    return err;
}

/* Time that a hypervisor gave to others, from /proc/stat: field 8 of "cpu". */
static double stolen_seconds(void)
{
    unsigned long long ticks = 0;
    FILE *file = fopen("/proc/stat", "re");

    if (!file)
        return 0;
    if (fscanf(file, "cpu %*u %*u %*u %*u %*u %*u %*u %llu", &ticks) != 1)
        ticks = 0;
    fclose(file);
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static int run_for(struct load *load, double seconds)
{
    return run_until(load, now_ns() + (uint64_t)(seconds * 1e9));
}

/* The messages of the warm-up, and those under way while we counted threads,
 * are forgotten. */
static int warm_up(struct load *load)
{
    double half = load->request->warm_up_seconds / 2;
    int err = run_for(load, half);

    if (err == 0)
        err = schedstat_add(&load->generator, getpid(), getpid());
    if (err == 0 && load->request->server_group > 0)
        err = schedstat_add_group(&load->server, load->request->server_group);
    if (err == 0)
        err = run_for(load, half);
    memset(load->result, 0, sizeof *load->result);
    return err;
}

static int measure(struct load *load)
{
    struct load_result *result = load->result;
    double stolen = stolen_seconds();

    schedstat_begin(&load->server);
    schedstat_begin(&load->generator);
    uint64_t begin = now_ns();
    int err = run_for(load, load->request->seconds);
    result->seconds = (double)(now_ns() - begin) / 1e9;
    schedstat_end(&load->generator);
    schedstat_end(&load->server);
    result->stolen_seconds = stolen_seconds() - stolen;
    result->generator_ran_ns = load->generator.ran_ns;
    result->generator_held_up_ns = load->generator.held_up_ns;
    result->server_ran_ns = load->server.ran_ns;
    result->server_held_up_ns = load->server.held_up_ns;
    result->messages = result->times.count;
    return err;
}

static int prepare(struct load *load)
{
    const struct load_request *request = load->request;
    size_t window = (size_t)request->message_bytes * request->depth;
    size_t pattern_bytes = PERIOD + (window > READ_BYTES ? window : READ_BYTES);

    load->connections = calloc(request->connections, sizeof(struct connection));
    load->began =
        calloc((size_t)request->connections * request->depth, sizeof(uint64_t));
    load->pattern = malloc(pattern_bytes);
    load->buffer = malloc(READ_BYTES);
    if (!load->connections || !load->began || !load->pattern || !load->buffer)
        return -ENOMEM;
    for (unsigned i = 0; i < request->connections; i++)
        load->connections[i].fd = -1;
    fill_pattern(load->pattern, pattern_bytes);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    return load->epoll < 0 ? -errno : 0;
}

static void release(struct load *load)
{
    for (unsigned i = 0; load->connections && i < load->request->connections;
         i++)
        if (load->connections[i].fd >= 0)
            close(load->connections[i].fd);
    if (load->epoll >= 0)
        close(load->epoll);
    schedstat_release(&load->generator);
    schedstat_release(&load->server);
    free(load->connections);
    free(load->began);
    free(load->pattern);
    free(load->buffer);
}

/* As many open files as the machine allows: each connection is one. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int load_echo(const struct load_request *request, struct load_result *result)
{
    struct load load = {.request = request, .result = result, .epoll = -1};
    uint64_t window = (uint64_t)request->message_bytes * request->depth;

    if (request->connections < 1 ||
        request->connections > LOAD_CONNECTIONS_MAX || request->depth < 1 ||
        request->depth > LOAD_DEPTH_MAX || window < 1 ||
        window > LOAD_WINDOW_BYTES_MAX)
        return -EMSGSIZE;
    raise_file_limit();
    int err = prepare(&load);
    if (err == 0)
        err = connect_all(&load);
    if (err == 0)
        err = begin_all(&load);
    if (err == 0)
        err = warm_up(&load);
    if (err == 0)
        err = measure(&load);
    release(&load);
    return err;
}
