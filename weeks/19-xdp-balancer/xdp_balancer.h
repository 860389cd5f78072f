/*
 * xdp_balancer.h: the contract of week 19: a load balancer of layer 4 that the
 * kernel runs in the driver, and the process that tells it what to do.
 *
 * You write
 *     flow_hash.h, checksum.h   flow.h
 *     maglev.c                  maglev.h
 *     balancer.bpf.c            the program `balancer` (SEC("xdp"))
 *     xdp_balancer.c            the functions below
 * on week 18's parse.h, and main.c makes `xlb` of them.
 *
 * The balancer has one interface. Clients come through a gateway, or one of
 * them is it; the backends are in the balancer's own network, and send by way
 * of the balancer what goes to clients.
 *
 *             clients -- gateway --+-- balancer     VIP 10.0.0.80
 *                                  +-- backend 1    10.0.0.11
 *                                  +-- backend 2    10.0.0.12
 *
 * What `balancer` does with a packet (XDP_TX: out where it came in):
 *  1. To a service's address, port and protocol: it goes to a backend. Which
 *     one, says the service's Maglev table (maglev.h) at the packet's flow
 *     (flow.h), until step 6. Destination address: the backend's.
 *  2. From a backend's address and the service's port and protocol, and not to
 *     the balancer itself (xdp_balancer_add_own()): it goes back to the client,
 *     in whatever state the backend is. Source address: the service's.
 *  3. Either way Ethernet's source is the address that it came to, Ethernet's
 *     destination the backend's, or the gateway's; the TTL or hop limit is one
 *     less, as the balancer is a router on the way; the checksums are right if
 *     they were before. Nothing else changes, VLAN tags and options included.
 *  4. What is in no service, and what would run out of TTL (1 or 0), is the
 *     kernel's: XDP_PASS, unchanged. So is ICMP: ping and ARP for the VIP are
 *     answered by the balancer's kernel.
 *  5. Dropped: what is broken; fragments to and from a service's address and
 *     protocol, since only the first has ports; packets to a service that has
 *     no backend.
 *
 * From step 6 on a connection stays with its backend, whatever becomes of the
 * table, while that backend is up or draining:
 *  6. It is remembered from the first packet on that is no SYN: so whoever
 *     floods us with SYNs throws nobody out. UDP has no SYN; there it is the
 *     first packet.
 *  7. A SYN goes where the table says, also if an older connection of the same
 *     addresses and ports went elsewhere, and so does what follows it. It is
 *     not remembered itself: if the table changes between a SYN and the next
 *     packet, that one goes by the new table, and the client tries again. (SYN
 *     and ACK together is no SYN here.)
 *  8. A packet of a connection to a backend that is down or removed goes where
 *     the table says, and the connection stays there. One that was silent while
 *     its backend was down stays with it: a check that failed for a moment does
 *     no harm.
 *
 * Rules that hold for every function:
 *  1. It returns 0 or a count, or -errno. It prints nothing.
 *  2. What it changes holds from the next packet on; no packet meets half of a
 *     change, and none to a backend that the change did not touch is lost.
 *  3. It changes nothing on this machine but the one interface, and leaves
 *     nothing behind, however the process ends.
 *  4. No state is global. One thread.
 *  5. It keeps nothing of what a change has ended: a thousand changes later we
 *     have as much memory and as many descriptors as before.
 *
 * -ENOSYS means: not written yet.
 */
#ifndef XDP_BALANCER_H
#define XDP_BALANCER_H

#include "balancer_maps.h"

struct xdp_balancer;

struct balancer_backend {
    struct packet_address address; /* of its service's version */
    __u8 mac[6];
    __u16 unused;
    __u32 weight; /* 1 to MAGLEV_WEIGHT_MAX */
    enum backend_state state;
};

struct balancer_options {
    __u64 seed;        /* of flow_hash(); balancers that share their traffic
                          have the same */
    __u32 connections; /* that are remembered, from step 6 on: so many, or up
                          to a tenth less, and at most eight times as many;
                          1,024 or more */
    __u32 unused;
};

/*
 * Load balancer.bpf.c's program and its maps.
 *   options    borrowed for the call
 *   balancer   out: owned by the caller; release with xdp_balancer_close()
 * Returns 0.
 * Errors: -EPERM, the verifier's -EACCES and -EINVAL; -ENOMEM.
 */
int xdp_balancer_open(const struct balancer_options *options,
                      struct xdp_balancer **balancer);

/* Take it off its interface, and out of the kernel. NULL is allowed. */
void xdp_balancer_close(struct xdp_balancer *balancer);

/* The descriptor of the loaded program. Borrowed until xdp_balancer_close(). */
int xdp_balancer_program(const struct xdp_balancer *balancer);

/*
 * Run it on what comes in on this interface, until xdp_balancer_close() or the
 * end of the process: natively where the driver can, else generic.
 * Returns 0.
 * Errors: those of xdp_filter_attach().
 */
int xdp_balancer_attach(struct xdp_balancer *balancer, const char *interface);

/*
 * An address that the balancer itself uses: what a backend sends to it, as the
 * answer to a health check, is not for a client. It is the kernel's (rule 4).
 * A VIP may be told too, before or after its service, and stays a service's.
 *   version   of the address: 4 or 6
 * Returns 0.
 * Errors: -EINVAL no version 4 or 6; -ENOSPC BALANCER_OWN_MAX are there. Once
 * more does no harm.
 */
int xdp_balancer_add_own(struct xdp_balancer *balancer, int version,
                         const struct packet_address *address);

/* Where to send what goes to clients. Until we are told that, it is lost.
 * Returns 0. */
int xdp_balancer_set_gateway(struct xdp_balancer *balancer, const __u8 mac[6]);

/*
 * Add a service without backends, or remove one with all it has.
 * Returns 0.
 * Errors: -EINVAL neither TCP nor UDP, port 0, or neither version 4 nor 6;
 * -EEXIST, -ENOENT; -ENOSPC BALANCER_SERVICES_MAX are there.
 */
int xdp_balancer_add_service(struct xdp_balancer *balancer,
                             const struct service_key *service,
                             enum service_mode mode);
int xdp_balancer_remove_service(struct xdp_balancer *balancer,
                                const struct service_key *service);

/*
 * Add a backend in the state that it says, or change one's MAC, weight or
 * state: what it has of connections stays with it then (rule 8 apart). Its
 * address is what it is: a change of its MAC changes nothing in the table.
 *   backend   borrowed for the call
 * Returns 0.
 * Errors: -ENOENT no such service; -EINVAL weight out of range; -EEXIST (NAT)
 * the same address answers for another service of the same port and protocol,
 * so that the way back would not be known; -ENOSPC MAGLEV_BACKENDS_MAX in the
 * service or BALANCER_BACKENDS_MAX in all.
 */
int xdp_balancer_set_backend(struct xdp_balancer *balancer,
                             const struct service_key *service,
                             const struct balancer_backend *backend);

/*
 * Remove a backend. Its connections go to others.
 * Returns 0.
 * Errors: -ENOENT no such service, or no such backend in it.
 */
int xdp_balancer_remove_backend(struct xdp_balancer *balancer,
                                const struct service_key *service,
                                const struct packet_address *address);

/*
 * Make these the backends of a service (stretch, step 9): those that it has
 * already are changed where they differ, others are added, and those that are
 * not among them removed, all in one change (rule 2).
 * Returns 0.
 * Errors: -ENOSYS not written; those of xdp_balancer_set_backend(), and -EINVAL
 * two of one address; then nothing has changed. -ENOSPC may be told as well
 * where those that go and those that come have no room at the same time.
 */
int xdp_balancer_replace_backends(struct xdp_balancer *balancer,
                                  const struct service_key *service,
                                  const struct balancer_backend *backends,
                                  size_t count);

/*
 * The backends of a service, in the order in which they were added.
 *   backends   out: at most max of them
 *   sent       out: what each was sent since it was added; NULL: not asked
 * Returns how many it has.
 * Errors: -ENOENT no such service.
 */
int xdp_balancer_backends(struct xdp_balancer *balancer,
                          const struct service_key *service,
                          struct balancer_backend *backends,
                          struct balancer_count *sent, size_t max);

/* What became of the packets, by enum balancer_verdict, summed over all
 * processors. Returns 0. */
int xdp_balancer_verdicts(struct xdp_balancer *balancer,
                          struct balancer_count counts[BALANCER_VERDICTS]);

#endif
