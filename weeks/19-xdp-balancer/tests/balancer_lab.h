/*
 * balancer_lab.h: a loaded balancer, its services and backends by text, and
 * packets on their way through it, for the tests of steps 4 to 9.
 */
#ifndef BALANCER_LAB_H
#define BALANCER_LAB_H

#include "bpf.h"
#include "xdp_balancer.h"

#include <netinet/in.h>

/* ---- The balancer of the test that runs ---- */

#define BALANCER_LAB_CONNECTIONS 1024

/* Opened, with its gateway told, and closed by these, a step's fixture. */
extern struct xdp_balancer *balancer;
extern int balancer_program;
void balancer_lab_open(void);
void balancer_lab_close(void);

/* Another one, with a seed of its own; its gateway is told. */
struct xdp_balancer *balancer_lab_another(uint64_t seed, uint32_t connections);
uint64_t balancer_lab_seed(void); /* of the first */

/* ---- Who is there ---- */

#define GATEWAY_MAC "02:00:00:00:00:fe"
#define BALANCER_MAC "02:00:00:00:00:80"

#define VIP "10.0.0.80"
#define VIP_V6 "fd00::80"
#define CLIENT "203.0.113.7"
#define CLIENT_V6 "2001:db8::7"
#define PORT 80

struct packet_address balancer_lab_address(const char *text);

/* A service's key: of IPv6 where the address is one. */
struct service_key balancer_lab_key(const char *address, int port,
                                    int protocol);

/* The index-th backend of a version, from 0: 10.1.I.J or fd01::I:J; it is up
 * and has the weight 10. */
struct balancer_backend balancer_lab_backend(int version, int index);
/* Its address and its MAC as text; borrowed until so many calls later. */
#define BALANCER_LAB_TEXTS 64
const char *balancer_lab_backend_text(int version, int index);
const char *balancer_lab_mac_text(int index);

/* Add a service of mode NAT; with so many backends, the first of them `first`.
 */
#define balancer_lab_add(key, first, count) \
    balancer_lab_add_at(LAB_HERE, (key), (first), (count))
void balancer_lab_add_at(struct lab_where where, struct service_key key,
                         int first, int count);

/* Add a backend, or bring it into this state. */
#define balancer_lab_set(key, index, state) \
    balancer_lab_set_at(LAB_HERE, (key), (index), (state))
void balancer_lab_set_at(struct lab_where where, struct service_key key,
                         int index, enum backend_state state);

/* ---- A packet and where it is ---- */

/* What a packet has besides what is changed on the way. */
struct shape {
    int version;  /* 0: 4 */
    int protocol; /* 0: TCP */
    bool vlan;
    int options;                   /* of IPv4 */
    int flags;                     /* of TCP; 0: ACK */
    const char *bytes;             /* behind the headers; NULL: none */
    size_t len;                    /* of them */
    bool no_checksum;              /* UDP's is 0 */
    int wrong_ip, wrong_transport; /* added to the right checksums */
};

/* Where it comes from, and where it goes. */
struct path {
    const char *from_mac, *to_mac;
    const char *from, *to;
    int from_port, to_port;
    int ttl;
};

void balancer_lab_build(struct packet *p, const struct shape *shape,
                        const struct path *path);

/* The usual paths of a packet between the client and the VIP of the version,
 * through backend `index`: from and to the gateway with 64 hops to go, from and
 * to the backend. */
struct path balancer_lab_in(int version, int port);
struct path balancer_lab_to_backend(int version, int port, int index);
struct path balancer_lab_from_backend(int version, int port, int index);
struct path balancer_lab_out(int version, int port);

/* What comes out of a packet that is sent on. */
#define balancer_lab_expect_sent(in, out, what) \
    balancer_lab_expect_sent_at(LAB_HERE, (in), (out), (what))
void balancer_lab_expect_sent_at(struct lab_where where,
                                 const struct packet *in,
                                 const struct packet *out, const char *what);

/* It is passed, or dropped, and left as it is. */
#define balancer_lab_expect_as_it_is(in, verdict, what) \
    balancer_lab_expect_as_it_is_at(LAB_HERE, (in), (verdict), (what))
void balancer_lab_expect_as_it_is_at(struct lab_where where,
                                     const struct packet *in, int verdict,
                                     const char *what);

/* ---- Flows ---- */

/* The index-th of many clients' packets to a service, of these TCP flags. */
void balancer_lab_flow(struct packet *p, const struct service_key *key,
                       int index, int flags);

#define DROPPED (-1)

/* The backend that a packet goes to, found by its destination address, or
 * DROPPED. Fails if it is passed, or sent to nobody's address. */
#define balancer_lab_where(program, packet) \
    balancer_lab_where_at(LAB_HERE, (program), (packet))
int balancer_lab_where_at(struct lab_where where, int program,
                          const struct packet *packet);

/* balancer_lab_flow and balancer_lab_where, of the usual balancer. */
#define balancer_lab_goes(key, index, flags) \
    balancer_lab_goes_at(LAB_HERE, (key), (index), (flags))
int balancer_lab_goes_at(struct lab_where where, const struct service_key *key,
                         int index, int flags);

/* Backend `index` is added and removed, so many changes in all, each time of
 * another weight; for as long `send` is called, with 0, 1, 2 … Fails if a
 * change does. */
#define balancer_lab_change_meanwhile(key, index, changes, send, context) \
    balancer_lab_change_meanwhile_at(LAB_HERE, (key), (index), (changes), \
                                     (send), (context))
void balancer_lab_change_meanwhile_at(struct lab_where where,
                                      const struct service_key *key, int index,
                                      int changes,
                                      void (*send)(int number, void *context),
                                      void *context);

/* ---- Counts ---- */

/* So many packets in all since it was opened. */
struct balancer_lab_verdicts {
    long passed, forwarded, returned, broken, fragment, no_backend;
};
#define balancer_lab_expect_verdicts(...) \
    balancer_lab_expect_verdicts_at(      \
        LAB_HERE, (struct balancer_lab_verdicts){__VA_ARGS__})
void balancer_lab_expect_verdicts_at(struct lab_where where,
                                     struct balancer_lab_verdicts expected);

#endif
