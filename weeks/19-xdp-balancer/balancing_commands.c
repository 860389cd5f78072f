/* balancing_commands.c: see balancing.h. */
#include "balancing_internal.h"
#include "service_text.h"

#include <stdlib.h>
#include <string.h>

/* 1,234,567 B is 1.2 MiB. */
static const char *bytes_text(__u64 bytes, char text[16])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    int unit = 0;
    for (; value >= 1024 && unit < 4; unit++)
        value /= 1024;
    snprintf(text, 16, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text;
}

static void list_backend(const struct service_watch *s,
                         const struct balancer_backend *backend,
                         const struct balancer_count *sent, FILE *answer)
{
    char address[SERVICE_TEXT_BYTES], bytes[16];
    fprintf(answer, "  %-20s %-9s weight %-4u %12llu packets %10s\n",
            address_write(s->key.version, &backend->address, address),
            backend_state_text(backend->state), backend->weight, sent->packets,
            bytes_text(sent->bytes, bytes));
}

static int list(struct balancing *b, FILE *answer)
{
    static struct balancer_backend backends[MAGLEV_BACKENDS_MAX];
    static struct balancer_count sent[MAGLEV_BACKENDS_MAX];
    char text[SERVICE_TEXT_BYTES];
    for (struct service_watch *s = b->services; s != NULL; s = s->next) {
        int count = xdp_balancer_backends(b->balancer, &s->key, backends, sent,
                                          MAGLEV_BACKENDS_MAX);
        fprintf(answer, "%s%s\n", service_write(&s->key, text),
                s->mode == SERVICE_DIRECT ? " direct" : "");
        for (int i = 0; i < count; i++)
            list_backend(s, &backends[i], &sent[i], answer);
        if (count < 0)
            fprintf(answer, "  cannot be read: %s\n", strerror(-count));
    }
    return 0;
}

static int stats(struct balancing *b, FILE *answer)
{
    static const char *const names[BALANCER_VERDICTS] = {
        "passed to the kernel", "forwarded to backends", "returned to clients",
        "dropped: broken",      "dropped: fragments",    "dropped: no backend"};
    struct balancer_count counts[BALANCER_VERDICTS];
    char bytes[16];
    int err = xdp_balancer_verdicts(b->balancer, counts);
    for (int i = 0; i < BALANCER_VERDICTS && err == 0; i++)
        fprintf(answer, "%-22s %14llu packets %10s\n", names[i],
                counts[i].packets, bytes_text(counts[i].bytes, bytes));
    return err < 0;
}

static int refuse(FILE *answer, const char *what, const char *why)
{
    fprintf(answer, "%s: %s\n", what, why);
    return 1;
}

struct command {
    const char *verb, *service, *backend, *weight;
};

/* The service and the backend of a command; the latter may be NULL. */
static int find(struct balancing *b, const struct command *c, FILE *answer,
                struct service_watch **s, struct backend_watch **w,
                struct packet_address *address)
{
    struct service_key key;
    if (c->service == NULL || service_read(c->service, &key) < 0)
        return refuse(answer, c->service != NULL ? c->service : c->verb,
                      "which service? One is written 10.0.0.80:7/tcp");
    *s = balancing_service(b, &key);
    if (*s == NULL)
        return refuse(answer, c->service, "there is no such service");
    if (c->backend == NULL ||
        address_read(c->backend, address) != (*s)->key.version)
        return refuse(answer, c->backend != NULL ? c->backend : c->verb,
                      "which backend? An address of the service's version");
    *w = backend_watch_of(*s, address);
    return 0;
}

static int add(struct balancing *b, const struct command *c, FILE *answer)
{
    struct service_watch *s;
    struct backend_watch *w;
    struct packet_address address;
    int weight = c->weight != NULL ? atoi(c->weight) : 1;
    if (find(b, c, answer, &s, &w, &address) != 0)
        return 1;
    if (weight < 1 || weight > MAGLEV_WEIGHT_MAX)
        return refuse(answer, c->weight, "a weight is 1 to 1000");
    if (w != NULL) {
        w->as.weight = (__u32)weight;
        w->draining = false;
    }
    int err = w != NULL ? backend_watch_settle(w)
                        : balancing_add_backend(b, s, &address, (__u32)weight);
    return err < 0 ? refuse(answer, c->backend, strerror(-err)) : 0;
}

static int remove_or_drain(struct balancing *b, const struct command *c,
                           FILE *answer)
{
    struct service_watch *s;
    struct backend_watch *w;
    struct packet_address address;
    if (find(b, c, answer, &s, &w, &address) != 0)
        return 1;
    if (w == NULL)
        return refuse(answer, c->backend, "is no backend of this service");
    int err;
    if (strcmp(c->verb, "drain") == 0) {
        w->draining = true;
        err = backend_watch_settle(w);
    } else {
        err = balancing_remove_backend(s, w);
    }
    return err < 0 ? refuse(answer, c->backend, strerror(-err)) : 0;
}

int balancing_command(void *balancing, char *line, FILE *answer)
{
    struct balancing *b = balancing;
    struct command c = {.verb = strtok(line, " ")};
    c.service = strtok(NULL, " ");
    c.backend = c.service != NULL ? strtok(NULL, " ") : NULL;
    c.weight = c.backend != NULL ? strtok(NULL, " ") : NULL;
    if (c.verb == NULL)
        return refuse(answer, "nothing", "was asked");
    if (strcmp(c.verb, "list") == 0)
        return list(b, answer);
    if (strcmp(c.verb, "stats") == 0)
        return stats(b, answer);
    if (strcmp(c.verb, "reload") == 0)
        return balancing_reload(b, answer);
    if (strcmp(c.verb, "add") == 0)
        return add(b, &c, answer);
    if (strcmp(c.verb, "remove") == 0 || strcmp(c.verb, "drain") == 0)
        return remove_or_drain(b, &c, answer);
    return refuse(answer, c.verb, "is no command");
}
