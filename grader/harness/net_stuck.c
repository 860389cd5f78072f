/*
 * net_stuck.c: sending to a process until it can do no more.
 *
 * That the connection takes nothing, and the process sleeps, does not say that
 * its send will not return. Packets may be on their way still, or be put off,
 * and what little room is left in the window that it sends into is used when
 * the kernel probes for more, a fifth of a second later. So the kernel's table
 * of connections is asked (proc_net(5), /proc/net/tcp), until a probe was sent
 * in vain: from then on nothing of what it has sent leaves any more.
 *
 * And its buffer may have room all the same: Linux wakes who waits for room
 * when a third of the buffer is free, and not before. But whatever else wakes
 * it, a shutdown of the other direction for one, lets it use that room. So it
 * is stopped and continued, until there is none.
 */
#include "net_internal.h"
#include "proc_internal.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#define PROBES 4 /* in the column tr: the peer's window is closed */

/* One end of a connection, as the kernel tells of it. */
struct end {
    unsigned timer;               /* which one runs */
    unsigned when;                /* it expires, in 10 ms */
    unsigned long unsent, unread; /* bytes: sent too, and not acknowledged */
};

/* The port of a socket, as getsockname or getpeername tells it; 0: none. */
static unsigned port_of(int fd,
                        int (*name)(int, struct sockaddr *, socklen_t *))
{
    struct sockaddr_in6 address = {0}; /* the port is where IPv4 has it */
    socklen_t len = sizeof address;

    if (name(fd, (struct sockaddr *)&address, &len) == -1)
        return 0;
    return ntohs(address.sin6_port);
}

static bool find_in(const char *table, unsigned local, unsigned remote,
                    struct end *end)
{
    FILE *file = fopen(table, "r");
    char line[512];
    bool found = false;

    while (file != NULL && !found && fgets(line, sizeof line, file)) {
        unsigned ports[2];

        found =
            sscanf(line, "%*d: %*[0-9A-F]:%x %*[0-9A-F]:%x %*x %lx:%lx %x:%x",
                   &ports[0], &ports[1], &end->unsent, &end->unread,
                   &end->timer, &end->when) == 6 &&
            ports[0] == local && ports[1] == remote;
    }
    if (file != NULL)
        fclose(file);
    return found;
}

/* The other end of the client's connection. */
static bool find_end(const struct net_client *c, struct end *end)
{
    unsigned local = port_of(c->fd, getpeername);
    unsigned remote = port_of(c->fd, getsockname);

    return find_in("/proc/net/tcp", local, remote, end) ||
           find_in("/proc/net/tcp6", local, remote, end);
}

/* What was seen at the last look. */
struct look {
    struct end end;
    long asleep;
};

/*
 * Has it slept since the last look over bytes that it has to read, and has the
 * kernel probed meanwhile, and got rid of none? True as well where the kernel
 * tells nothing of it. The look becomes the last one.
 */
static bool was_probed_in_vain(const struct net_client *c,
                               const struct proc *peer, struct look *last)
{
    struct look now = {.asleep = proc_asleep_since(peer)};
    const struct end *end = &now.end, *before = &last->end;

    if (!find_end(c, &now.end))
        return true;
    bool vain = now.asleep != -1 && now.asleep == last->asleep &&
                end->timer == PROBES && before->timer == PROBES &&
                end->unread > 0 && end->unsent == before->unsent &&
                end->when > before->when;
    *last = now;
    return vain;
}

/* What does not leave goes on growing until its send has no room. */
static void fill_until_in_vain(struct lab_where where, struct net_client *c,
                               struct proc *peer, size_t *sent)
{
    struct lab_patience patience;
    struct look look = {.asleep = -1};
    size_t before;

    lab_patience_start(&patience);
    do {
        before = *sent;
        proc_until_asleep_at(where, peer);
        net_fill(where, c, sent, 0);
        if (*sent > before)
            lab_patience_start(&patience);
    } while (*sent > before ||
             (!proc_has_ended(peer) && !was_probed_in_vain(c, peer, &look) &&
              lab_patience_left(&patience)));
}

/* Have its system calls looked at again. */
static void wake(const struct proc *peer)
{
    siginfo_t info;

    kill(peer->pid, SIGSTOP);
    waitid(P_PID, (id_t)peer->pid, &info, WSTOPPED | WEXITED | WNOWAIT);
    kill(peer->pid, SIGCONT);
}

static unsigned long unsent_by_peer(const struct net_client *c)
{
    struct end end = {0};

    return find_end(c, &end) ? end.unsent : 0;
}

size_t net_send_until_stuck_at(struct lab_where where, struct net_client *c,
                               struct proc *peer)
{
    size_t sent = 0;
    unsigned long before;

    net_note(c, "sends until the connection takes no more, and reads nothing");
    do {
        fill_until_in_vain(where, c, peer, &sent);
        before = unsent_by_peer(c);
        if (proc_has_ended(peer))
            break;
        wake(peer);
        proc_until_asleep_at(where, peer);
    } while (unsent_by_peer(c) > before);
    return sent;
}
