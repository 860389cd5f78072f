/*
 * xdp_balancer.c: what the balancer was told, and how the program in the kernel
 * learns of it. Yours, from step 4 on: the handout (README.md) leads through
 * it, the contract of each function stands in xdp_balancer.h.
 *
 * The book is begun: which services and backends there are, as we were told.
 * Nothing in it is known to the kernel yet; change it as you like.
 */
#include "xdp_balancer.h"

#include "balancer_state.h"

/* It speaks of the types above. */
#include "balancer.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- The book ---- */

#define NOBODY (-1)

struct told_service {
    bool used;
    enum service_mode mode;
    struct service_key key;
};

struct told_backend {
    int service;                /* whose it is, or NOBODY */
    __u64 since;                /* it was the since-th that was added */
    struct balancer_backend as; /* what we were told last */
};

struct xdp_balancer {
    struct balancer *bpf; /* the skeleton */
    struct told_service services[BALANCER_SERVICES_MAX];
    struct told_backend backends[BALANCER_BACKENDS_MAX];
    __u64 added; /* backends, ever */
};

static bool is_service(const struct service_key *key)
{
    return (key->protocol == IPPROTO_TCP || key->protocol == IPPROTO_UDP) &&
           (key->version == 4 || key->version == 6) && key->port != 0;
}

static bool is_weight(__u32 weight)
{
    return weight >= 1 && weight <= MAGLEV_WEIGHT_MAX;
}

static bool is_same(const struct service_key *one,
                    const struct service_key *other)
{
    return memcmp(one, other, sizeof *one) == 0;
}

/* The service's number, or -ENOENT. */
static int service_find(const struct xdp_balancer *b,
                        const struct service_key *key)
{
    for (int i = 0; i < BALANCER_SERVICES_MAX; i++)
        if (b->services[i].used && is_same(&b->services[i].key, key))
            return i;
    return -ENOENT;
}

/* The backend's number, or -ENOENT. */
static int backend_find(const struct xdp_balancer *b, int service,
                        const struct packet_address *address)
{
    for (int i = 0; i < BALANCER_BACKENDS_MAX; i++)
        if (b->backends[i].service == service &&
            memcmp(&b->backends[i].as.address, address, sizeof *address) == 0)
            return i;
    return -ENOENT;
}

/* The numbers of a service's backends, in the order in which they came. */
static size_t in_order(const struct xdp_balancer *b, int service, int *numbers)
{
    size_t count = 0;
    for (int i = 0; i < BALANCER_BACKENDS_MAX; i++) {
        if (b->backends[i].service != service)
            continue;
        size_t at = count++;
        for (; at > 0 &&
               b->backends[numbers[at - 1]].since > b->backends[i].since;
             at--)
            numbers[at] = numbers[at - 1];
        numbers[at] = i;
    }
    return count;
}

/* ---- Open, attach, close: step 4 ---- */

/* options->seed is of use to the program: a `const volatile` global of it can
 * be set between balancer__open() and balancer__load(). */
int xdp_balancer_open(const struct balancer_options *options,
                      struct xdp_balancer **balancer)
{
    (void)options;
    *balancer = NULL;
    return -ENOSYS;
}

void xdp_balancer_close(struct xdp_balancer *balancer)
{
    (void)balancer;
}

int xdp_balancer_program(const struct xdp_balancer *balancer)
{
    (void)balancer;
    return -ENOSYS;
}

/* Step 5. As xdp_filter_attach() did it. */
int xdp_balancer_attach(struct xdp_balancer *balancer, const char *interface)
{
    (void)balancer;
    (void)interface;
    return -ENOSYS;
}

int xdp_balancer_add_own(struct xdp_balancer *balancer, int version,
                         const struct packet_address *address)
{
    (void)balancer, (void)version, (void)address;
    return -ENOSYS;
}

int xdp_balancer_set_gateway(struct xdp_balancer *balancer, const __u8 mac[6])
{
    (void)balancer;
    (void)mac;
    return -ENOSYS;
}

/* ---- Services: step 4 ---- */

int xdp_balancer_add_service(struct xdp_balancer *balancer,
                             const struct service_key *service,
                             enum service_mode mode)
{
    (void)mode;
    if (!is_service(service))
        return -EINVAL;
    if (service_find(balancer, service) >= 0)
        return -EEXIST;
    return -ENOSYS;
}

int xdp_balancer_remove_service(struct xdp_balancer *balancer,
                                const struct service_key *service)
{
    int of = service_find(balancer, service);
    return of < 0 ? of : -ENOSYS;
}

/* ---- Backends: step 4, and 6 ---- */

int xdp_balancer_set_backend(struct xdp_balancer *balancer,
                             const struct service_key *service,
                             const struct balancer_backend *backend)
{
    int of = service_find(balancer, service);
    if (of < 0)
        return of;
    if (!is_weight(backend->weight))
        return -EINVAL;
    return -ENOSYS;
}

int xdp_balancer_remove_backend(struct xdp_balancer *balancer,
                                const struct service_key *service,
                                const struct packet_address *address)
{
    int of = service_find(balancer, service);
    int number = of < 0 ? of : backend_find(balancer, of, address);
    return number < 0 ? number : -ENOSYS;
}

/* Step 9, a stretch. Leave it as it is until you want it. */
int xdp_balancer_replace_backends(struct xdp_balancer *balancer,
                                  const struct service_key *service,
                                  const struct balancer_backend *backends,
                                  size_t count)
{
    (void)balancer;
    (void)service;
    (void)backends;
    (void)count;
    return -ENOSYS;
}

/* ---- What is there, and what became of it: step 4 ---- */

int xdp_balancer_backends(struct xdp_balancer *balancer,
                          const struct service_key *service,
                          struct balancer_backend *backends,
                          struct balancer_count *sent, size_t max)
{
    int numbers[BALANCER_BACKENDS_MAX];
    int of = service_find(balancer, service);
    if (of < 0)
        return of;
    size_t count = in_order(balancer, of, numbers);
    for (size_t i = 0; i < count && i < max; i++)
        backends[i] = balancer->backends[numbers[i]].as;
    return sent == NULL ? (int)count : -ENOSYS;
}

int xdp_balancer_verdicts(struct xdp_balancer *balancer,
                          struct balancer_count counts[BALANCER_VERDICTS])
{
    (void)balancer;
    memset(counts, 0, BALANCER_VERDICTS * sizeof counts[0]);
    return -ENOSYS;
}
