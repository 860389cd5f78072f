/*
 * balancer_net.h: the network that steps 5 and 7 have: a client, a balancer and
 * backends at one switch.
 *
 *     client 10.0.0.1, fd00::1 ----+
 *     balancer 10.0.0.2, fd00::2 --+  switch
 *     backend1 10.0.1.11, fd01::11 +
 *     backend2 10.0.1.12, fd01::12 +  …
 *
 * The VIPs 10.0.0.80 and fd00::80 are addresses of the balancer's, so that its
 * kernel answers ARP for them. Backends are in a network of their own, whose
 * router it is.
 */
#ifndef BALANCER_NET_H
#define BALANCER_NET_H

#include "net.h"
#include "netns.h"
#include "xdp_balancer.h"

#define BALANCER_NET_VIP "10.0.0.80"
#define BALANCER_NET_VIP_V6 "fd00::80"
#define BALANCER_NET_PORT "7000"
#define BALANCER_NET_BACKENDS_MAX 4

struct balancer_net {
    struct netns *net;
    int count; /* of backends */
    struct proc servers[BALANCER_NET_BACKENDS_MAX];
};

/* Build it, with so many backends in which nothing runs yet. */
void balancer_net_open(struct balancer_net *n, int backends);
void balancer_net_close(struct balancer_net *n);

/* "backend1" for 0. Borrowed until the next call. */
const char *balancer_net_backend(int index);

/* Run week 01's echo program in each backend, on port 7000 of this address of
 * the machine: "0.0.0.0" or "::". */
void balancer_net_start_echo(struct balancer_net *n, const char *host);

/* Run a server in each backend, on port 7000 of all addresses, that sends its
 * number in a line ("1\n") and then echoes. */
void balancer_net_start_named(struct balancer_net *n);

/* What a member's balancer is told of a backend: its address of this version
 * and its MAC. Weight 1, up. */
struct balancer_backend balancer_net_describe(struct balancer_net *n, int index,
                                              int version);

/* Port 7000 over TCP at the VIP of this version. */
struct service_key balancer_net_service(int version);

/* Tell a balancer of its own addresses, the gateway, and the service of this
 * version with all backends. */
void balancer_net_tell(struct balancer_net *n, struct xdp_balancer *balancer,
                       int version);

/* Connect a client, in its host, to the VIP. */
#define balancer_net_connect(n, c, name, vip) \
    balancer_net_connect_at(LAB_HERE, (n), (c), (name), (vip))
void balancer_net_connect_at(struct lab_where where, struct balancer_net *n,
                             struct net_client *c, const char *name,
                             const char *vip);

#endif
