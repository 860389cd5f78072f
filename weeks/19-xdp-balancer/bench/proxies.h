/*
 * proxies.h: what a user would put in front of servers instead, in the
 * balancer's place of network.h.
 */
#ifndef PROXIES_H
#define PROXIES_H

#include "network.h"

/* Why this one can't be had here, or NULL; command: what brings it, or NULL. */
const char *proxy_missing(const char *name, const char **command);

/*
 * Start it, on one processor.
 *   name     haproxy, nginx or ipvs
 * Returns its process, 0 where it has none, or -errno. End it by SIGKILL; it
 * ends with this process, too.
 */
pid_t proxy_start(const struct network *network, const char *name, int cpu);

#endif
