/*
 * net_wait.c: how a client waits, and when it gives up.
 */
#include "net_internal.h"

#include <poll.h>
#include <stdio.h>

/* Between two looks whether it is hopeless; twice in a row it must be. */
#define LOOK_MS 20

static const char *(*why_hopeless)(void *user);
static void *why_hopeless_user;
static const char *gave_up; /* why the last wait did, or NULL */

void net_give_up_when(const char *(*why)(void *user), void *user)
{
    why_hopeless = why;
    why_hopeless_user = user;
    gave_up = NULL;
}

const char *net_why_gave_up(void)
{
    return gave_up;
}

/* A poll(2) that no signal ends. Returns the events, or 0. */
static int poll_once(int fd, short events, int ms)
{
    struct pollfd wanted = {.fd = fd, .events = events};
    int n;
    do
        n = poll(&wanted, 1, ms);
    while (n == -1 && errno == EINTR);
    return n > 0 ? wanted.revents : 0;
}

int net_wait(int fd, short events, int patience_ms)
{
    const char *why = NULL;
    gave_up = NULL;
    while (patience_ms > 0) {
        int slice_ms = patience_ms < LOOK_MS ? patience_ms : LOOK_MS;
        int came = poll_once(fd, events, slice_ms);
        if (came != 0)
            return came;
        patience_ms -= slice_ms;
        const char *before = why;
        why = why_hopeless != NULL ? why_hopeless(why_hopeless_user) : NULL;
        if (why == NULL || before == NULL)
            continue;
        came = poll_once(fd, events, 0); /* what came while we looked */
        if (came == 0)
            gave_up = why;
        return came;
    }
    return poll_once(fd, events, 0);
}

/* ---- What is under way; proc_net_tcp(5) ---- */

enum { SYN_SENT = 2, SYN_RECEIVED = 3, LISTENS = 10 };

/* A socket's line says that something of it is under way. */
static bool is_under_way(const char *line)
{
    unsigned state, unacknowledged;
    if (sscanf(line, " %*u: %*[0-9A-F:] %*[0-9A-F:] %x %x:", &state,
               &unacknowledged) != 2)
        return false; /* the heading */
    return state == SYN_SENT || state == SYN_RECEIVED ||
           (state != LISTENS && unacknowledged > 0);
}

static bool table_is_at_rest(const char *path)
{
    char line[512];
    bool rests = true;
    FILE *table = fopen(path, "re");
    if (table == NULL)
        return errno == ENOENT; /* no IPv6 */
    while (rests && fgets(line, sizeof line, table) != NULL)
        rests = !is_under_way(line);
    fclose(table);
    return rests;
}

bool net_at_rest(void)
{
    return table_is_at_rest("/proc/net/tcp") &&
           table_is_at_rest("/proc/net/tcp6");
}
