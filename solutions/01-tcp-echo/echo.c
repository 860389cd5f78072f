/*
 * echo.c: a TCP echo server with a thread for each client.
 *
 *   client                              server
 *   ------                              ------
 *                                       socket, bind, listen
 *   socket, connect  ---- SYN ------->
 *                    <--- SYN, ACK ---  (the kernel answers, not we)
 *                    ---- ACK ------->  accept: a descriptor, a thread
 *   send             ---- bytes ----->  recv
 *   recv             <--- bytes ------  send
 *   shutdown         ---- FIN ------->  recv returns 0
 *   recv returns 0   <--- FIN --------  close
 *
 * Invariants
 *  1. A descriptor has one owner at a time: accept_client() gives it to its
 *     caller, who gives it to one thread, which closes it.
 *  2. One client's failure ends that client's thread and nothing else.
 *  3. Bytes wait in one place of ours only, a chunk on the thread's stack, and
 *     we read no more before that is sent. A client that does not read stops
 *     its own thread, and TCP then stops the client.
 *
 * Threads: every function may be called from any.
 */
#include "tcp_echo.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What one read takes at most. Larger ones save calls, and cost each thread
 * that much stack. */
#define CHUNK_BYTES 16384

/* How long accept(2) rests when the process has no room for a client. */
#define NO_ROOM_PAUSE_MS 10

/* recv(2) that a signal cannot interrupt. Returns the count, 0 at end of file,
 * or -errno. */
static ssize_t read_some(int fd, void *data, size_t size)
{
    ssize_t n;
    do
        n = recv(fd, data, size, 0);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* ---- Clients come in: steps 1, 7 and 10 ---- */

/*
 * accept(2), "Error handling": Linux "passes already-pending network errors on
 * the new socket as an error code from accept()". They are that client's end,
 * not ours. EOPNOTSUPP, which the page lists too, is left out: a listener that
 * cannot accept at all gives it for ever.
 */
static bool is_about_one_client(int error)
{
    switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM: /* a firewall rule */
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case ENOPROTOOPT:
        return true;
    default:
        return false;
    }
}

static bool is_no_room(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS ||
           error == ENOMEM;
}

/*
 * One accept(2). Returns the client's descriptor, owned by the caller; -EAGAIN
 * when this one brought none and the next one may; another -errno when the
 * listener itself is at fault.
 *
 * A client that finds no room stays in the queue, so that an accept right
 * after would fail as fast as this one did: a loop at full speed in an hour
 * when the machine is short of everything. Hence the pause.
 */
static int accept_once(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        return fd;
    if (is_about_one_client(errno))
        return -EAGAIN;
    if (!is_no_room(errno))
        return -errno;
    poll(NULL, 0, NO_ROOM_PAUSE_MS);
    return -EAGAIN;
}

/* The next client, or -errno when the listener itself is at fault. */
static int accept_client(int listener)
{
    int fd;
    do
        fd = accept_once(listener);
    while (fd == -EAGAIN);
    return fd;
}

/* ---- Steps 1 and 5: hello ---- */

/*
 * End our direction, then read the other to its end.
 *
 * RFC 9293 §3.6.1: if CLOSE is called "while received data is still pending",
 * the TCP "SHOULD send a RST to show that data was lost", and a reset may reach
 * the client before it has read what we sent. So nothing may be pending.
 */
static int end_politely(int fd)
{
    char unwanted[CHUNK_BYTES];
    ssize_t n;

    if (shutdown(fd, SHUT_WR) < 0)
        return -errno;
    do
        n = read_some(fd, unwanted, sizeof unwanted);
    while (n > 0);
    return (int)n;
}

int echo_hello(int listener)
{
    int fd = accept_client(listener);
    if (fd < 0)
        return fd;
    int err = tcp_write_all(fd, ECHO_GREETING, strlen(ECHO_GREETING));
    if (err == 0)
        err = end_politely(fd);
    close(fd);
    return err;
}

/* ---- Step 2: listen ---- */

/* getaddrinfo() takes "65536" for 0, "99999" for 34463 and "" for 0. */
static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && text[digits] == '\0' && digits <= 5 &&
           strtol(text, NULL, 10) <= UINT16_MAX;
}

static int errno_of_lookup(int result)
{
    switch (result) {
    case EAI_MEMORY:
        return ENOMEM;
    case EAI_SYSTEM:
        return errno;
    default:
        return EINVAL; /* with numeric input: it was none */
    }
}

/* Release *found with freeaddrinfo(). */
static int look_up(const char *host, const char *port, struct addrinfo **found)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, /* IPv4 and IPv6 */
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
    };
    if (!is_port(port))
        return -EINVAL;
    int result = getaddrinfo(host, port, &hints, found);
    return result == 0 ? 0 : -errno_of_lookup(result);
}

static int listen_on(const struct addrinfo *address)
{
    /* close-on-exec from the first moment: a thread that forks and execs
     * between socket(2) and fcntl(2) would hand the socket on. */
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    const int yes = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        bind(fd, address->ai_addr, address->ai_addrlen) < 0 ||
        listen(fd, SOMAXCONN) < 0) {
        int err = -errno; /* now: close(2) may change it */
        close(fd);
        return err;
    }
    return fd;
}

int tcp_listen(const char *host, const char *port)
{
    struct addrinfo *found;
    int err = look_up(host, port, &found);
    if (err < 0)
        return err;
    /* A numeric host has one address; of NULL's two, the first is taken. */
    int fd = listen_on(found);
    freeaddrinfo(found);
    return fd;
}

/* ---- Steps 3 and 5: echo one client ---- */

static int echo_until_end(int fd)
{
    char chunk[CHUNK_BYTES];

    for (;;) {
        ssize_t n = read_some(fd, chunk, sizeof chunk);
        if (n <= 0)
            return (int)n;
        int err = tcp_write_all(fd, chunk, (size_t)n);
        if (err < 0)
            return err;
    }
}

int echo_connection(int fd)
{
    int err = echo_until_end(fd);
    close(fd); /* at the client's end of file nothing is pending: a FIN */
    return err;
}

/* ---- Step 4: write all ---- */

/* MSG_NOSIGNAL: the peer's going away is an error to return, here, and not a
 * signal that ends the process (step 7). */
int tcp_write_all(int fd, const void *data, size_t len)
{
    const char *left = data;

    while (len > 0) {
        ssize_t n = send(fd, left, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        left += n;
        len -= (size_t)n;
    }
    return 0;
}

/* ---- Steps 6, 7 and 10: many clients ---- */

static void *run_client(void *fd)
{
    echo_connection((int)(intptr_t)fd); /* its error is the client's own */
    return NULL;
}

int echo_serve(int listener)
{
    for (;;) {
        int fd = accept_client(listener);
        if (fd < 0)
            return fd;
        pthread_t thread;
        /* The number itself is passed. Its address would be that of a variable
         * which the next client changes before this thread has looked. */
        if (pthread_create(&thread, NULL, run_client, (void *)(intptr_t)fd))
            close(fd);
        else
            pthread_detach(thread); /* nobody will join it */
    }
}

/* ---- Step 9: stop ---- */

/*
 * Everybody inside, so that the end can be awaited, or forced.
 *
 * A guest's descriptor is closed and its number struck out in one turn of the
 * lock: so a number that stands here is never that of a closed one, which the
 * kernel may have given to something else.
 *
 * The list itself, and each guest, belong to the thread that admits. It joins
 * a guest's thread before it frees the guest. A detached thread could have said
 * that its guest is gone and still be unlocking the mutex, which lies in the
 * frame that echo_serve_until() is about to leave.
 */
struct guests {
    pthread_mutex_t lock;
    pthread_cond_t one_is_gone;
    struct guest *first;
};

struct guest {
    struct guests *all;
    struct guest *next;
    pthread_t thread;
    int fd; /* under lock: -1 when the guest is gone */
};

static void *run_guest(void *argument)
{
    struct guest *guest = argument;
    struct guests *all = guest->all;

    echo_until_end(guest->fd);
    pthread_mutex_lock(&all->lock);
    close(guest->fd);
    guest->fd = -1;
    pthread_cond_signal(&all->one_is_gone);
    pthread_mutex_unlock(&all->lock);
    return NULL;
}

/* Takes fd. Without memory or a thread for it, the client is closed. */
static void guests_admit(struct guests *all, int fd)
{
    struct guest *guest = malloc(sizeof *guest);
    if (guest == NULL)
        goto refuse;
    *guest = (struct guest){.all = all, .next = all->first, .fd = fd};
    if (pthread_create(&guest->thread, NULL, run_guest, guest))
        goto refuse;
    all->first = guest;
    return;
refuse:
    free(guest);
    close(fd);
}

/* Wait for the guest's thread to end. Returns the next in the list. */
static struct guest *guest_release(struct guest *guest)
{
    struct guest *next = guest->next;
    pthread_join(guest->thread, NULL);
    free(guest);
    return next;
}

/* Release those who are gone. Each has had its last turn of the lock, so it
 * cannot wait for us when we join it with the lock in hand. */
static void guests_release_gone(struct guests *all)
{
    struct guest **link = &all->first;

    pthread_mutex_lock(&all->lock);
    while (*link != NULL)
        if ((*link)->fd == -1)
            *link = guest_release(*link);
        else
            link = &(*link)->next;
    pthread_mutex_unlock(&all->lock);
}

/* A time from now, on the clock that nobody sets. */
static struct timespec after_ms(int ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (ms % 1000) * 1000000L;
    if (at.tv_nsec >= 1000000000L) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000L;
    }
    return at;
}

/* Under the lock: wait until all are gone, or the deadline is over. */
static void guests_wait_for(struct guests *all, const struct timespec *deadline)
{
    int over = 0;
    for (struct guest *guest = all->first; guest; guest = guest->next)
        while (guest->fd != -1 && !over)
            over = pthread_cond_clockwait(&all->one_is_gone, &all->lock,
                                          CLOCK_MONOTONIC, deadline);
}

/* Under the lock: end every connection, which wakes its thread from recv or
 * send with an end or an error. */
static void guests_cut_off(struct guests *all)
{
    for (struct guest *guest = all->first; guest; guest = guest->next)
        if (guest->fd != -1)
            shutdown(guest->fd, SHUT_RDWR);
}

static void guests_see_off(struct guests *all, int deadline_ms)
{
    struct timespec deadline = after_ms(deadline_ms);
    pthread_mutex_lock(&all->lock);
    guests_wait_for(all, &deadline);
    guests_cut_off(all);
    pthread_mutex_unlock(&all->lock);
    while (all->first != NULL)
        all->first = guest_release(all->first);
}

/*
 * Returns 0 at a stop, or -errno.
 *
 * The listener must not block: a client that was there for poll(2) may be gone
 * for accept(2), which then would wait for the next one, deaf to the stop
 * (Stevens, UNP volume 1, §16.6). Linux accepts the dead one too; other
 * systems, and the errors that are about one client, leave nobody to accept.
 */
static int admit_until_stop(struct guests *all, int listener, int stop_fd)
{
    struct pollfd watched[] = {{.fd = stop_fd, .events = POLLIN},
                               {.fd = listener, .events = POLLIN}};

    if (fcntl(listener, F_SETFL, O_NONBLOCK) < 0)
        return -errno;
    for (;;) {
        if (poll(watched, 2, -1) < 0) {
            if (errno != EINTR)
                return -errno;
            continue; /* revents were not filled in */
        }
        if (watched[0].revents != 0)
            return 0;
        guests_release_gone(all);
        int fd = accept_once(listener);
        if (fd >= 0)
            guests_admit(all, fd);
        else if (fd != -EAGAIN)
            return fd;
    }
}

int echo_serve_until(int listener, int stop_fd, int deadline_ms)
{
    struct guests all = {.lock = PTHREAD_MUTEX_INITIALIZER,
                         .one_is_gone = PTHREAD_COND_INITIALIZER};

    int err = admit_until_stop(&all, listener, stop_fd);
    close(listener); /* from here on new clients are refused */
    guests_see_off(&all, err == 0 ? deadline_ms : 0);
    pthread_cond_destroy(&all.one_is_gone);
    pthread_mutex_destroy(&all.lock);
    return err;
}
