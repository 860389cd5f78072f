/* balancer_net.c: see balancer_net.h. */
#include "balancer_net.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SERVER_PORT 7000

const char *balancer_net_backend(int index)
{
    static char name[16];
    snprintf(name, sizeof name, "backend%d", index + 1);
    return name;
}

/* ---- The network ---- */

/* The switch's end of the balancer's link has a name: what the balancer sends
 * out by XDP_TX arrives only where the other end has a program too. */
static void add_host(struct balancer_net *n, const char *host)
{
    char port[16];
    snprintf(port, sizeof port, "to-%s", host);
    netns_host(n->net, host);
    netns_link(n->net, NETNS_END(host, "eth0"), NETNS_END("switch", port));
}

static void add_backend(struct balancer_net *n, int index)
{
    const char *name = balancer_net_backend(index);
    char v4[32], v6[32];
    snprintf(v4, sizeof v4, "10.0.1.%d/24", 11 + index);
    snprintf(v6, sizeof v6, "fd01::%d/64", 11 + index);
    add_host(n, name);
    netns_address(n->net, name, "eth0", v4);
    netns_address(n->net, name, "eth0", v6);
    netns_run(n->net, name, "ip route add default via 10.0.1.2");
    netns_run(n->net, name, "ip -6 route add default via fd01::2");
}

void balancer_net_open(struct balancer_net *n, int backends)
{
    static const char *const own[] = {
        "10.0.0.2/24", "fd00::2/64",           "10.0.1.2/24",
        "fd01::2/64",  BALANCER_NET_VIP "/32", BALANCER_NET_VIP_V6 "/128"};
    *n = (struct balancer_net){.net = netns_new(), .count = backends};
    netns_switch(n->net, "switch");
    add_host(n, "client");
    netns_address(n->net, "client", "eth0", "10.0.0.1/24");
    netns_address(n->net, "client", "eth0", "fd00::1/64");
    add_host(n, "balancer");
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        netns_address(n->net, "balancer", "eth0", own[i]);
    netns_pass(n->net, "switch", "to-balancer");
    for (int i = 0; i < backends; i++)
        add_backend(n, i);
    lab_note("a client, a balancer and %s at one switch",
             lab_count(backends, "backend"));
}

void balancer_net_close(struct balancer_net *n)
{
    for (int i = 0; i < n->count; i++) {
        if (n->servers[i].pid > 0)
            proc_kill(&n->servers[i]);
        if (n->servers[i].page != NULL)
            proc_release(&n->servers[i]);
    }
    netns_free(n->net);
}

/* ---- Servers ---- */

void balancer_net_start_echo(struct balancer_net *n, const char *host)
{
    const char *const argv[] = {lab_program("echo"), host, BALANCER_NET_PORT,
                                NULL};
    for (int i = 0; i < n->count; i++) {
        netns_start(n->net, balancer_net_backend(i), &n->servers[i], argv);
        proc_expect_line(&n->servers[i]);
    }
}

struct conversation {
    int fd, number;
};

static void *converse(void *argument)
{
    struct conversation c = *(struct conversation *)argument;
    char bytes[4096];
    ssize_t len = snprintf(bytes, sizeof bytes, "%d\n", c.number);
    free(argument);
    while (len > 0 && send(c.fd, bytes, (size_t)len, MSG_NOSIGNAL) == len)
        len = recv(c.fd, bytes, sizeof bytes, 0);
    close(c.fd);
    return NULL;
}

static int serve_one(int fd, int number)
{
    pthread_t thread;
    struct conversation *c = fd >= 0 ? malloc(sizeof *c) : NULL;
    if (c == NULL)
        return -errno;
    *c = (struct conversation){fd, number};
    int err = pthread_create(&thread, NULL, converse, c);
    if (err != 0) {
        free(c);
        return -err;
    }
    return -pthread_detach(thread);
}

static int serve_named(void *argument)
{
    int number = *(int *)argument, yes = 1, no = 0;
    struct sockaddr_in6 any = {.sin6_family = AF_INET6,
                               .sin6_port = htons(SERVER_PORT)};
    int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (bind(listener, (struct sockaddr *)&any, sizeof any) < 0 ||
        listen(listener, 128) < 0)
        return -errno;
    if (write(STDOUT_FILENO, "listening\n", 10) != 10)
        return -errno;
    for (;;) {
        int err = serve_one(accept(listener, NULL, NULL), number);
        if (err < 0)
            return err;
    }
}

void balancer_net_start_named(struct balancer_net *n)
{
    static int numbers[BALANCER_NET_BACKENDS_MAX];
    for (int i = 0; i < n->count; i++) {
        const char *name = balancer_net_backend(i);
        numbers[i] = i + 1;
        netns_call(n->net, name, &n->servers[i], name, serve_named,
                   &numbers[i]);
        proc_expect_line(&n->servers[i]);
    }
}

/* ---- What a balancer is told ---- */

static struct packet_address address_of(int version, const char *text)
{
    struct packet_address address = {0};
    inet_pton(version == 4 ? AF_INET : AF_INET6, text, &address);
    return address;
}

static void mac_of(struct balancer_net *n, const char *host, __u8 mac[6])
{
    unsigned byte[6];
    lab_check(sscanf(netns_mac(n->net, host, "eth0"), "%x:%x:%x:%x:%x:%x",
                     &byte[0], &byte[1], &byte[2], &byte[3], &byte[4],
                     &byte[5]) == 6,
              "%s has a MAC", host);
    for (int i = 0; i < 6; i++)
        mac[i] = (__u8)byte[i];
}

struct balancer_backend balancer_net_describe(struct balancer_net *n, int index,
                                              int version)
{
    struct balancer_backend backend = {.weight = 1, .state = BACKEND_UP};
    char text[32];
    snprintf(text, sizeof text, version == 4 ? "10.0.1.%d" : "fd01::%d",
             11 + index);
    backend.address = address_of(version, text);
    mac_of(n, balancer_net_backend(index), backend.mac);
    return backend;
}

struct service_key balancer_net_service(int version)
{
    return (struct service_key){
        .address = address_of(version, version == 4 ? BALANCER_NET_VIP
                                                    : BALANCER_NET_VIP_V6),
        .port = htons(SERVER_PORT),
        .protocol = IPPROTO_TCP,
        .version = (__u8)version,
    };
}

void balancer_net_tell(struct balancer_net *n, struct xdp_balancer *balancer,
                       int version)
{
    /* All that the interface has, the VIPs among them. */
    static const char *const own[] = {"10.0.0.2",       "10.0.1.2",
                                      BALANCER_NET_VIP, "fd00::2",
                                      "fd01::2",        BALANCER_NET_VIP_V6};
    struct service_key service = balancer_net_service(version);
    __u8 mac[6];
    for (int i = 0; i < 6; i++) {
        int of = i < 3 ? 4 : 6;
        struct packet_address address = address_of(of, own[i]);
        lab_ok(xdp_balancer_add_own(balancer, of, &address));
    }
    mac_of(n, "client", mac);
    lab_ok(xdp_balancer_set_gateway(balancer, mac));
    lab_ok(xdp_balancer_add_service(balancer, &service, SERVICE_NAT));
    for (int i = 0; i < n->count; i++) {
        struct balancer_backend backend = balancer_net_describe(n, i, version);
        lab_ok(xdp_balancer_set_backend(balancer, &service, &backend));
    }
    lab_note("it is told of the client as its gateway, and of a service on "
             "port 7000 with %s",
             lab_count(n->count, "backend"));
}

void balancer_net_connect_at(struct lab_where where, struct balancer_net *n,
                             struct net_client *c, const char *name,
                             const char *vip)
{
    netns_enter_at(where, n->net, "client");
    net_connect_at(where, c, name, vip, BALANCER_NET_PORT);
    netns_leave(n->net);
}
