/*
 * balancer_maps.h: what both sides of week 19 share. Given: what a service and
 * a backend are, and the limits. What maps you make of it is yours to say.
 */
#ifndef BALANCER_MAPS_H
#define BALANCER_MAPS_H

#include "maglev.h"
#include "packet_headers.h"

#define BALANCER_SERVICES_MAX 64
#define BALANCER_BACKENDS_MAX 1024 /* of all services together */

/* The balancer's own addresses, its VIPs among them. */
#define BALANCER_OWN_MAX 128

/* What clients connect to, the VIP; and, with a backend's address in it, where
 * a service's packets come from on their way back. */
struct service_key {
    struct packet_address address;
    __be16 port;
    __u8 protocol; /* IPPROTO_TCP, IPPROTO_UDP */
    __u8 version;  /* 4, 6 */
};

/* How packets reach a backend. */
enum service_mode {
    SERVICE_NAT,    /* its address is put in, and taken out on the way back */
    SERVICE_DIRECT, /* only its MAC is: it has the VIP itself, and answers the
                       client without us (stretch, step 8) */
};

enum backend_state {
    BACKEND_UP,       /* it gets new connections */
    BACKEND_DRAINING, /* it keeps those that it has */
    BACKEND_DOWN,     /* it gets no packet: its health check fails */
};

/* What became of a packet: each is counted under one of these. */
enum balancer_verdict {
    BALANCER_PASSED,     /* not for a service: the kernel's */
    BALANCER_FORWARDED,  /* to a backend */
    BALANCER_RETURNED,   /* to a client */
    BALANCER_BROKEN,     /* dropped: packet_parse() made no sense of it */
    BALANCER_FRAGMENT,   /* dropped: a fragment to or from a service */
    BALANCER_NO_BACKEND, /* dropped: the service has none that is up */
    BALANCER_VERDICTS,
};

struct balancer_count {
    __u64 packets;
    __u64 bytes; /* of the frames, as they came in */
};

#endif
