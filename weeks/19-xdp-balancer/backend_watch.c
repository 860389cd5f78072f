/*
 * backend_watch.c: a backend is up when its check says so, its MAC is known and
 * nobody drains it. Whatever of that changes, settling tells the balancer.
 */
#include "balancing_internal.h"
#include "neighbours.h"
#include "service_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum backend_state state_of(const struct backend_watch *w)
{
    if (!w->answers || !w->has_mac)
        return BACKEND_DOWN;
    return w->draining ? BACKEND_DRAINING : BACKEND_UP;
}

const char *backend_state_text(enum backend_state state)
{
    static const char *const texts[] = {"up", "draining", "down"};
    return texts[state];
}

static void tell(const struct backend_watch *w)
{
    char service[SERVICE_TEXT_BYTES], address[SERVICE_TEXT_BYTES];
    printf("%s: %s is %s\n", service_write(&w->service->key, service),
           address_write(w->service->key.version, &w->as.address, address),
           backend_state_text(w->as.state));
    fflush(stdout);
}

int backend_watch_settle(struct backend_watch *w)
{
    enum backend_state before = w->as.state;
    w->as.state = state_of(w);
    int err = xdp_balancer_set_backend(w->balancing->balancer, &w->service->key,
                                       &w->as);
    if (err == 0 && w->as.state != before)
        tell(w);
    return err;
}

static void on_health(void *user, bool up)
{
    struct backend_watch *w = user;
    w->answers = up;
    backend_watch_settle(w);
}

void backend_watch_look(struct backend_watch *w)
{
    __u8 mac[6];
    int version = w->service->key.version;
    if (neighbour_find(w->balancing->interface, version, &w->as.address, mac) <
        0) {
        if (!w->has_mac)
            neighbour_ask(version, &w->as.address);
        return;
    }
    if (w->has_mac && memcmp(mac, w->as.mac, sizeof mac) == 0)
        return;
    memcpy(w->as.mac, mac, sizeof mac);
    w->has_mac = true;
    backend_watch_settle(w);
}

struct backend_watch *backend_watch_of(struct service_watch *s,
                                       const struct packet_address *address)
{
    struct backend_watch *w = s->backends;
    while (w != NULL && memcmp(&w->as.address, address, sizeof *address) != 0)
        w = w->next;
    return w;
}

int backend_watch_start(struct backend_watch *w)
{
    struct health_target target = {.version = w->service->key.version,
                                   .address = w->as.address,
                                   .port = w->service->check_port};
    w->answers = target.port == 0;
    if (target.port == 0)
        return 0;
    return health_start(w->balancing->loop, &w->balancing->options, &target,
                        on_health, w, &w->check);
}

void backend_watch_free(struct backend_watch *w)
{
    health_stop(w->check);
    free(w);
}

struct backend_watch *backend_watch_new(struct balancing *b,
                                        struct service_watch *s,
                                        const struct packet_address *address,
                                        __u32 weight)
{
    struct backend_watch *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->balancing = b;
    w->service = s;
    w->as = (struct balancer_backend){
        .address = *address, .weight = weight, .state = BACKEND_DOWN};
    return w;
}
