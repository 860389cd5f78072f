/*
 * network.h: client, balancer and server at one switch, each a network
 * namespace, for real connections. All of it ends with this process.
 *
 *     client 10.1.0.1 --+-- balancer 10.0.0.2, 10.1.0.2; the VIP 10.0.0.80
 *                       +-- server 10.0.0.11 to .14, by way of the balancer
 *
 * What the balancer receives is handled by a kernel thread of its own, and what
 * it sends by another (NAPI threads): so each end of its wire can be given its
 * processor, and the balancer's time can be told from that of all others.
 */
#ifndef NETWORK_H
#define NETWORK_H

#include <stdbool.h>
#include <sys/types.h>

#define NETWORK_VIP "10.0.0.80"
#define NETWORK_BACKEND "10.0.0.1%d" /* 1 to NETWORK_BACKENDS */
#define NETWORK_BACKENDS 4

enum network_host {
    NETWORK_SWITCH,
    NETWORK_CLIENT,
    NETWORK_BALANCER,
    NETWORK_SERVER,
    NETWORK_HOSTS
};

struct network {
    int hosts[NETWORK_HOSTS]; /* their namespaces */
    char interface[16];       /* the balancer's */
    char port[16];            /* the switch's, to the balancer */
};

/* Lay it, with an empty /tmp that ends with it too. 0 or -errno. */
int network_open(struct network *network);

/* Be in that host with all that is opened or started from here on. */
int network_enter(const struct network *network, enum network_host host);

/* A shell command there; 0 or -EIO. */
int network_run(const struct network *network, enum network_host host,
                const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The last byte of a host's MAC, 02:00:00:00:03:NN. */
unsigned char network_mac(enum network_host host);

/* Give what an interface receives to a thread on that processor: after its XDP
 * program is there. Returns the thread, or -errno. */
pid_t network_thread(const struct network *network, enum network_host host,
                     const char *interface, int cpu);

#endif
