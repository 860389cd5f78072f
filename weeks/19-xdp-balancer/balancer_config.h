/*
 * balancer_config.h: the configuration of `xlb`, as a file. Given.
 *
 *     # comments begin with a hash
 *     interface eth0
 *     gateway 10.0.0.1
 *     connections 65536
 *     check every 500 ms, timeout 250 ms, fall 2, rise 2
 *
 *     service 10.0.0.80:7/tcp
 *         backend 10.0.0.11
 *         backend 10.0.0.12 weight 3
 *
 *     service [fd00::80]:53/udp direct check 8080
 *         backend fd00::11
 *
 * `interface` and `gateway` must be there. `connections` are 65,536 and `check`
 * is as above where they are not. A TCP service is checked at its own port, a
 * UDP one at none, either at another with `check PORT`.
 */
#ifndef BALANCER_CONFIG_H
#define BALANCER_CONFIG_H

#include "balancer_maps.h"

#include <net/if.h>
#include <stddef.h>

#define CONFIG_WHY_BYTES 256

struct config_backend {
    struct packet_address address;
    __u32 weight;
};

struct config_service {
    struct service_key key;
    enum service_mode mode;
    int check_port; /* 0: it is not checked */
    size_t count;
    struct config_backend *backends;
};

struct balancer_config {
    char interface[IF_NAMESIZE];
    struct packet_address gateway;
    int gateway_version;
    __u32 connections;
    int every_ms, timeout_ms, fall, rise; /* of checks */
    size_t count;
    struct config_service services[BALANCER_SERVICES_MAX];
};

/*
 * Read a file.
 *   path     borrowed for the call
 *   config   out: owned by the caller; release with balancer_config_free()
 *   why      out, on error: one line that says where, what is wrong and what
 *            would be right: "xlb.conf:7: 'wieght': …"
 * Returns 0.
 * Errors: -EINVAL what why says; -ENOMEM; those of fopen(3), which why tells.
 */
int balancer_config_read(const char *path, struct balancer_config **config,
                         char why[CONFIG_WHY_BYTES]);

/* NULL is allowed. */
void balancer_config_free(struct balancer_config *config);

#endif
