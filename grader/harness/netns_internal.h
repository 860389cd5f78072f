/*
 * netns_internal.h: what the files of netns.h share; not for tests.
 */
#ifndef NETNS_INTERNAL_H
#define NETNS_INTERNAL_H

#include "bpf_internal.h"
#include "netns.h"

#include <net/if.h>

#define NETNS_HOSTS_MAX 32
#define NETNS_LINKS_MAX 64

struct netns_host {
    char name[32];
    int fd; /* keeps the namespace: it has no other name */
    bool is_switch;
};

struct netns_cable {
    const struct netns_host *host; /* of one end: deleting it deletes both */
    char interface[IF_NAMESIZE];
};

struct netns {
    struct netns_host hosts[NETNS_HOSTS_MAX];
    int host_count;
    struct netns_cable cables[NETNS_LINKS_MAX];
    int cable_count;
    int home; /* the namespace that the test began in */
    int pass; /* the program of netns_pass(); -1 not loaded */
};

const struct netns_host *netns_find(struct lab_where where, struct netns *net,
                                    const char *name);

/* As netns_enter(), for a host that was found. */
void netns_enter_host(struct lab_where where, struct netns *net,
                      const struct netns_host *host);

/*
 * Run a command in a host, and wait for it.
 *   kept   a descriptor that the command inherits; -1 none
 * Fails with its words if it does.
 */
void netns_command(struct lab_where where, struct netns *net,
                   const struct netns_host *host, const char *const argv[],
                   int kept);

/* ---- netns_interface.c: of the namespace that the thread is in ---- */

int netns_set_up(const char *interface);
int netns_join_bridge(const char *bridge, const char *interface);

/* ---- netns_mount.c ---- */

/* Give the test a mount namespace, once: what it mounts goes with it, and
 * /proc/sys is that of the namespace one is in, and writable. */
void netns_own_mounts(struct lab_where where);

#endif
