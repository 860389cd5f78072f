/*
 * balancing.c: see balancing.h. The services and backends that are, and how
 * they become those of the configuration.
 */
#include "balancing_internal.h"
#include "neighbours.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* How often the kernel's table of neighbours is looked at, and the interface's
 * addresses. */
#define LOOK_MS 100

/* ---- Backends of a service ---- */

static void watch_append(struct service_watch *s, struct backend_watch *w)
{
    struct backend_watch **link = &s->backends;
    while (*link != NULL)
        link = &(*link)->next;
    *link = w;
}

int balancing_add_backend(struct balancing *b, struct service_watch *s,
                          const struct packet_address *address, __u32 weight)
{
    struct backend_watch *w = backend_watch_new(b, s, address, weight);
    if (w == NULL)
        return -ENOMEM;
    int err = backend_watch_settle(w);
    if (err == 0)
        err = backend_watch_start(w);
    if (err < 0) {
        backend_watch_free(w);
        return err;
    }
    watch_append(s, w);
    backend_watch_look(w);
    return 0;
}

int balancing_remove_backend(struct service_watch *s, struct backend_watch *w)
{
    int err = xdp_balancer_remove_backend(w->balancing->balancer, &s->key,
                                          &w->as.address);
    struct backend_watch **link = &s->backends;
    while (*link != w)
        link = &(*link)->next;
    *link = w->next;
    backend_watch_free(w);
    return err;
}

/* ---- A service ---- */

struct service_watch *balancing_service(struct balancing *b,
                                        const struct service_key *key)
{
    struct service_watch *s = b->services;
    while (s != NULL && memcmp(&s->key, key, sizeof *key) != 0)
        s = s->next;
    return s;
}

static int add_service(struct balancing *b, const struct config_service *from,
                       struct service_watch **service)
{
    struct service_watch *s = calloc(1, sizeof *s), **link = &b->services;
    int err = s != NULL ? xdp_balancer_add_service(b->balancer, &from->key,
                                                   from->mode)
                        : -ENOMEM;
    if (err < 0) {
        free(s);
        return err;
    }
    s->key = from->key;
    s->mode = from->mode;
    s->check_port = from->check_port;
    while (*link != NULL)
        link = &(*link)->next;
    *link = s;
    *service = s;
    return 0;
}

static void service_free(struct service_watch *s)
{
    while (s->backends != NULL) {
        struct backend_watch *w = s->backends;
        s->backends = w->next;
        backend_watch_free(w);
    }
    free(s);
}

static int remove_service(struct balancing *b, struct service_watch *s)
{
    struct service_watch **link = &b->services;
    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    int err = xdp_balancer_remove_service(b->balancer, &s->key);
    service_free(s);
    return err;
}

/* ---- The configuration, the first time and again ---- */

/* Where step 9 is not written: one after the other. */
static int replace_singly(struct balancing *b, struct service_watch *s,
                          struct backend_watch *wanted)
{
    static struct balancer_backend now[MAGLEV_BACKENDS_MAX];
    int err = 0, count;
    for (struct backend_watch *w = wanted; w != NULL && err == 0; w = w->next)
        err = xdp_balancer_set_backend(b->balancer, &s->key, &w->as);
    count = xdp_balancer_backends(b->balancer, &s->key, now, NULL,
                                  MAGLEV_BACKENDS_MAX);
    for (int i = 0; i < count && err == 0; i++) {
        struct backend_watch *w = wanted;
        while (w != NULL && memcmp(&w->as.address, &now[i].address,
                                   sizeof w->as.address) != 0)
            w = w->next;
        if (w == NULL)
            err = xdp_balancer_remove_backend(b->balancer, &s->key,
                                              &now[i].address);
    }
    return err;
}

static int replace(struct balancing *b, struct service_watch *s,
                   struct backend_watch *wanted)
{
    static struct balancer_backend list[MAGLEV_BACKENDS_MAX];
    size_t count = 0;
    for (struct backend_watch *w = wanted; w != NULL; w = w->next)
        list[count++] = w->as;
    int err = xdp_balancer_replace_backends(b->balancer, &s->key, list, count);
    return err == -ENOSYS ? replace_singly(b, s, wanted) : err;
}

/* Move what stays from the old list into the new one; the rest is made. */
static int take_over(struct balancing *b, struct service_watch *s,
                     const struct config_service *from,
                     struct backend_watch **wanted)
{
    struct backend_watch **end = wanted;
    for (size_t i = 0; i < from->count; i++) {
        const struct config_backend *as = &from->backends[i];
        struct backend_watch *w = backend_watch_of(s, &as->address);
        struct backend_watch **link = &s->backends;
        if (w != NULL) {
            while (*link != w)
                link = &(*link)->next;
            *link = w->next;
            w->next = NULL;
        } else {
            w = backend_watch_new(b, s, &as->address, as->weight);
            if (w == NULL)
                return -ENOMEM;
        }
        w->as.weight = as->weight;
        *end = w;
        end = &w->next;
    }
    return 0;
}

static int update_service(struct balancing *b, struct service_watch *s,
                          const struct config_service *from)
{
    struct backend_watch *wanted = NULL;
    int err = take_over(b, s, from, &wanted);
    if (err == 0)
        err = replace(b, s, wanted);
    while (s->backends != NULL) { /* who is not wanted any more */
        struct backend_watch *w = s->backends;
        s->backends = w->next;
        backend_watch_free(w);
    }
    s->backends = wanted;
    for (struct backend_watch *w = wanted; w != NULL && err == 0; w = w->next)
        if (w->check == NULL && !w->answers)
            err = backend_watch_start(w);
    return err;
}

static int apply_service(struct balancing *b, const struct config_service *from)
{
    struct service_watch *s = balancing_service(b, &from->key);
    int err = 0;
    if (s != NULL &&
        (s->mode != from->mode || s->check_port != from->check_port)) {
        err = remove_service(b, s);
        s = NULL;
    }
    if (s != NULL && err == 0)
        return update_service(b, s, from);
    if (err == 0)
        err = add_service(b, from, &s);
    for (size_t i = 0; i < from->count && err == 0; i++)
        err = balancing_add_backend(b, s, &from->backends[i].address,
                                    from->backends[i].weight);
    return err;
}

static bool has_service(const struct balancer_config *config,
                        const struct service_key *key)
{
    for (size_t i = 0; i < config->count; i++)
        if (memcmp(&config->services[i].key, key, sizeof *key) == 0)
            return true;
    return false;
}

static int apply(struct balancing *b)
{
    int err = 0;
    for (struct service_watch *s = b->services, *next; s != NULL; s = next) {
        next = s->next;
        if (!has_service(b->config, &s->key))
            remove_service(b, s);
    }
    b->options = (struct health_options){
        .every_ms = b->config->every_ms,
        .timeout_ms = b->config->timeout_ms,
        .fall = b->config->fall,
        .rise = b->config->rise,
    };
    for (size_t i = 0; i < b->config->count && err == 0; i++)
        err = apply_service(b, &b->config->services[i]);
    return err;
}

int balancing_reload(struct balancing *b, FILE *answer)
{
    struct balancer_config *config, *before = b->config;
    char why[CONFIG_WHY_BYTES];
    if (balancer_config_read(b->path, &config, why) < 0) {
        fprintf(answer, "%s; nothing has changed\n", why);
        return 1;
    }
    if (strcmp(config->interface, before->interface) != 0 ||
        config->connections != before->connections) {
        fprintf(answer,
                "%s: interface and connections take a new start; "
                "nothing has changed\n",
                b->path);
        balancer_config_free(config);
        return 1;
    }
    b->config = config;
    int err = apply(b);
    balancer_config_free(before);
    fprintf(answer, err < 0 ? "%s: %s\n" : "read %s\n", b->path,
            strerror(-err));
    return err < 0;
}

/* ---- Addresses ---- */

/* Addresses come while we run. One that went stays told: what a backend sends
 * there is for no client of ours. */
static int add_own_addresses(struct balancing *b)
{
    struct ifaddrs *all;
    int err = 0;
    if (getifaddrs(&all) < 0)
        return -errno;
    for (struct ifaddrs *a = all; a != NULL && err == 0; a = a->ifa_next) {
        struct packet_address address = {0};
        if (a->ifa_addr == NULL ||
            strcmp(a->ifa_name, b->config->interface) != 0)
            continue;
        if (a->ifa_addr->sa_family == AF_INET) {
            memcpy(&address, &((struct sockaddr_in *)a->ifa_addr)->sin_addr, 4);
            err = xdp_balancer_add_own(b->balancer, 4, &address);
        } else if (a->ifa_addr->sa_family == AF_INET6) {
            memcpy(&address, &((struct sockaddr_in6 *)a->ifa_addr)->sin6_addr,
                   16);
            err = xdp_balancer_add_own(b->balancer, 6, &address);
        }
    }
    freeifaddrs(all);
    return err;
}

/* ---- Neighbours ---- */

static void look_for_gateway(struct balancing *b)
{
    __u8 mac[6];
    const struct balancer_config *config = b->config;
    if (neighbour_find(b->interface, config->gateway_version, &config->gateway,
                       mac) < 0)
        neighbour_ask(config->gateway_version, &config->gateway);
    else if (memcmp(mac, b->gateway, sizeof mac) != 0) {
        memcpy(b->gateway, mac, sizeof mac);
        xdp_balancer_set_gateway(b->balancer, mac);
    }
}

static void look(struct loop *loop, uint64_t at, void *user)
{
    struct balancing *b = user;
    (void)at;
    add_own_addresses(b);
    look_for_gateway(b);
    for (struct service_watch *s = b->services; s != NULL; s = s->next)
        for (struct backend_watch *w = s->backends; w != NULL; w = w->next)
            backend_watch_look(w);
    loop_timer_start(loop, loop_now(loop) + LOOK_MS * LOOP_MILLISECOND, look, b,
                     &b->look);
}

/* ---- Open and close ---- */

static void find_mode(struct balancing *b)
{
    LIBBPF_OPTS(bpf_xdp_query_opts, query);
    const char *mode = "generic";
    if (bpf_xdp_query(b->interface, 0, &query) == 0 &&
        query.attach_mode == XDP_ATTACHED_DRV)
        mode = "native";
    snprintf(b->where, sizeof b->where, "%s, %s", b->config->interface, mode);
}

static int start(struct balancing *b, uint64_t seed)
{
    struct balancer_options options = {.seed = seed,
                                       .connections = b->config->connections};
    int err = xdp_balancer_open(&options, &b->balancer);
    if (err == 0)
        err = add_own_addresses(b);
    if (err == 0)
        err = apply(b);
    if (err == 0)
        err = xdp_balancer_attach(b->balancer, b->config->interface);
    if (err < 0) {
        fprintf(stderr, "xlb: cannot balance %s: %s\n", b->config->interface,
                strerror(-err));
        return err;
    }
    b->interface = (int)if_nametoindex(b->config->interface);
    find_mode(b);
    return loop_timer_start(b->loop, loop_now(b->loop), look, b, &b->look);
}

int balancing_open(struct loop *loop, const char *path, uint64_t seed,
                   struct balancing **balancing)
{
    char why[CONFIG_WHY_BYTES];
    struct balancing *b = calloc(1, sizeof *b);
    if (b == NULL)
        return -ENOMEM;
    b->loop = loop;
    b->path = path;
    int err = balancer_config_read(path, &b->config, why);
    if (err < 0)
        fprintf(stderr, "xlb: %s\n", why);
    else
        err = start(b, seed);
    if (err < 0) {
        balancing_close(b);
        return err;
    }
    *balancing = b;
    return 0;
}

void balancing_close(struct balancing *b)
{
    if (b == NULL)
        return;
    loop_timer_cancel(b->loop, b->look);
    while (b->services != NULL) {
        struct service_watch *s = b->services;
        b->services = s->next;
        service_free(s);
    }
    xdp_balancer_close(b->balancer);
    balancer_config_free(b->config);
    free(b);
}

const char *balancing_where(const struct balancing *b)
{
    return b->where;
}
