/*
 * netns.h: a small network of network namespaces, for tests that need real
 * interfaces and several hosts.
 *
 *     struct netns *net = netns_new();
 *     netns_host(net, "client");
 *     netns_host(net, "balancer");
 *     netns_link(net, NETNS_END("client", "eth0"),
 *                NETNS_END("balancer", "eth0"));
 *     netns_address(net, "client", "eth0", "10.0.0.1/24");
 *     …
 *     netns_start(net, "balancer", &server, argv);
 *     netns_free(net);
 *
 * A host is a network namespace, kept by a descriptor of the test's; a link is
 * a veth pair. Needs `netns`; without the rights for it the test could not run.
 *
 *  1. All of it is gone when the test ends, however it ends: no namespace has
 *     a name, and its descriptor goes with the test. Nothing of the machine's
 *     own interfaces is touched, in the sandbox or without it.
 *  2. Offloads that lie about a packet's bytes (checksum, TSO, GSO, GRO, VLAN
 *     tags) are off on every interface; IPv6 has no duplicate address
 *     detection, so an address is usable at once; loopback is up.
 *  3. A switch is a host with a bridge in it: netns_switch().
 *  4. The test and what it starts are in a mount namespace of its own.
 *     /proc/sys/net is that of the host one is in, and writable; /sys is not
 *     the host's.
 *
 * Every failure is reported at the line of the test that called.
 * Threads: the test's first (proc.h).
 */
#ifndef NETNS_H
#define NETNS_H

#include "proc.h"

struct netns;

/* An empty network. Owned by the caller; release with netns_free(). */
#define netns_new() netns_new_at(LAB_HERE)
struct netns *netns_new_at(struct lab_where where);

/* Take it all down, and wait until its links are gone. What was started in it
 * is the caller's to end before. NULL is allowed. */
void netns_free(struct netns *net);

/* Add a host with a loopback interface and nothing else. */
#define netns_host(net, name) netns_host_at(LAB_HERE, (net), (name))
void netns_host_at(struct lab_where where, struct netns *net, const char *name);

/* Add a host that is a switch: links to it join its bridge, also the ends on
 * which no interface name matters (NULL). */
#define netns_switch(net, name) netns_switch_at(LAB_HERE, (net), (name))
void netns_switch_at(struct lab_where where, struct netns *net,
                     const char *name);

/* One end of a link. */
struct netns_end {
    const char *host;
    const char *interface; /* NULL at a switch: one is made up */
};

#define NETNS_END(host, interface) ((struct netns_end){(host), (interface)})

/* Join two hosts by a veth pair, both ends up. MAC addresses are 02:…, told by
 * netns_mac(). */
#define netns_link(net, one, other) \
    netns_link_at(LAB_HERE, (net), (one), (other))
void netns_link_at(struct lab_where where, struct netns *net,
                   struct netns_end one, struct netns_end other);

/* Give an interface an address with its prefix, "10.0.0.1/24", "fd00::1/64". */
#define netns_address(net, host, interface, address) \
    netns_address_at(LAB_HERE, (net), NETNS_END(host, interface), (address))
void netns_address_at(struct lab_where where, struct netns *net,
                      struct netns_end end, const char *address);

/* Run a command in a host and wait for it, as netns_run(net, "client", "ip
 * route add default via 10.0.0.2"); words are parted by blanks. Fails if it
 * does, with its words. */
#define netns_run(net, host, command) \
    netns_run_at(LAB_HERE, (net), (host), (command))
void netns_run_at(struct lab_where where, struct netns *net, const char *host,
                  const char *command);

/* Start a program in a host (proc_start), or call a function in a fork there
 * (proc_call): a server whose sockets are that host's. */
#define netns_start(net, host, p, argv) \
    netns_start_at(LAB_HERE, (net), (host), (p), (argv))
void netns_start_at(struct lab_where where, struct netns *net, const char *host,
                    struct proc *p, const char *const argv[]);
#define netns_call(net, host, p, name, function, argument) \
    do {                                                   \
        netns_enter((net), (host));                        \
        proc_call((p), (name), (function), (argument));    \
        netns_leave(net);                                  \
    } while (0)

/* Enter a host with the calling thread, until netns_leave(): sockets that it
 * opens meanwhile are that host's for good. So a test's clients are made. */
#define netns_enter(net, host) netns_enter_at(LAB_HERE, (net), (host))
void netns_enter_at(struct lab_where where, struct netns *net,
                    const char *host);
void netns_leave(struct netns *net);

/* The MAC address of an interface as text. Borrowed until the next call. */
const char *netns_mac(struct netns *net, const char *host,
                      const char *interface);

/* Packets that an interface has taken in and sent out, as its counters say. */
struct netns_traffic {
    uint64_t received, sent, dropped;
};
void netns_traffic(struct netns *net, const char *host, const char *interface,
                   struct netns_traffic *traffic);

/*
 * Attach a program that passes everything to an interface, natively: on veth
 * the peer of one that sends by XDP_TX or redirect needs one, or its packets
 * vanish. Gone with the network.
 */
#define netns_pass(net, host, interface) \
    netns_pass_at(LAB_HERE, (net), NETNS_END(host, interface))
void netns_pass_at(struct lab_where where, struct netns *net,
                   struct netns_end end);

/* How the XDP program on an interface is attached: "native", "generic", "not
 * at all". For the transcript: tests note it. */
const char *netns_xdp_mode(struct netns *net, const char *host,
                           const char *interface);

/*
 * A bpffs of the test's own, mounted in lab_tmp() at the first call, for what
 * is pinned by the test and by programs that it starts afterwards; gone with
 * the last of them. Borrowed until the process ends.
 */
const char *netns_bpffs(void);

#endif
