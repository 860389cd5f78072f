/*
 * balancing_internal.h: what the files of `xlb run` share. Given.
 *
 *     backend_watch.c        a backend: its check, its MAC, its state
 *     balancing.c            services, the configuration, open and close
 *     balancing_commands.c   what `xlb add …` and its kin ask for
 */
#ifndef BALANCING_INTERNAL_H
#define BALANCING_INTERNAL_H

#include "balancer_config.h"
#include "balancing.h"
#include "health.h"
#include "xdp_balancer.h"

struct backend_watch {
    struct balancing *balancing;
    struct service_watch *service;
    struct balancer_backend as; /* its state is what the balancer was told */
    struct health_check *check; /* NULL: not checked */
    bool answers, has_mac, draining;
    struct backend_watch *next;
};

struct service_watch {
    struct service_key key;
    enum service_mode mode;
    int check_port;
    struct backend_watch *backends; /* in the order in which they came */
    struct service_watch *next;
};

struct balancing {
    struct loop *loop;
    const char *path;
    struct balancer_config *config;
    struct xdp_balancer *balancer;
    struct health_options options;
    int interface;
    char where[IF_NAMESIZE + 16];
    __u8 gateway[6];
    struct service_watch *services;
    uint64_t look;
};

/* ---- backend_watch.c ---- */

const char *backend_state_text(enum backend_state state);

/* A watch that neither its service nor the balancer knows of yet; NULL: no
 * memory. */
struct backend_watch *backend_watch_new(struct balancing *balancing,
                                        struct service_watch *service,
                                        const struct packet_address *address,
                                        __u32 weight);
void backend_watch_free(struct backend_watch *watch);

/* The watch of an address, or NULL. */
struct backend_watch *backend_watch_of(struct service_watch *service,
                                       const struct packet_address *address);

/* Tell the balancer what it is now. */
int backend_watch_settle(struct backend_watch *watch);

/* Begin to check it, as its service says. */
int backend_watch_start(struct backend_watch *watch);

/* Look for its MAC, and ask for it where it is not known. */
void backend_watch_look(struct backend_watch *watch);

/* ---- balancing.c ---- */

/* The service of a key, or NULL. */
struct service_watch *balancing_service(struct balancing *balancing,
                                        const struct service_key *key);

/* Add a backend to a service, or remove one. Return 0 or -errno. */
int balancing_add_backend(struct balancing *balancing,
                          struct service_watch *service,
                          const struct packet_address *address, __u32 weight);
int balancing_remove_backend(struct service_watch *service,
                             struct backend_watch *watch);

#endif
