/*
 * xdp_balancer.c: what the balancer was told, and how the program in the kernel
 * learns of it (balancer_state.h).
 *
 * Invariants
 *  1. Whenever no function runs, the kernel's side is what we were told.
 *  2. A packet meets a change whole. So, in this order: what is new is written
 *     where nobody looks yet; one word is written, by which it is in use; what
 *     is old is taken away.
 *  3. A number that becomes free goes to another backend as late as can be, and
 *     with another age.
 */
#include "xdp_balancer.h"

#include "balancer_state.h"

/* It speaks of the types above. */
#include "balancer.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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
    int link;             /* what attaches it to an interface; -1: none */
    struct maglev_table *tables; /* the map, mapped */
    struct told_service services[BALANCER_SERVICES_MAX];
    struct told_backend backends[BALANCER_BACKENDS_MAX];
    __u64 added; /* backends, ever */
    struct service_key own[BALANCER_OWN_MAX];
    size_t own_count;
};

#define TABLES_BYTES (2 * BALANCER_SERVICES_MAX * sizeof(struct maglev_table))

/* ---- Open, attach, close ---- */

static int map_tables(struct xdp_balancer *b)
{
    void *tables = mmap(NULL, TABLES_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
                        bpf_map__fd(b->bpf->maps.tables), 0);
    if (tables == MAP_FAILED)
        return -errno;
    b->tables = tables;
    return 0;
}

#ifdef PLAIN
static int make_room(struct balancer *bpf, __u32 count)
{
    return bpf_map__set_max_entries(bpf->maps.connections, count);
}
#else
/* Sets of eight, a power of two of them, for four times as many: see
 * connections.h. */
static int make_room(struct balancer *bpf, __u32 count)
{
    __u32 sets = 1;
    while ((__u64)sets * CONNECTION_WAYS < (__u64)count * CONNECTION_ROOM &&
           sets < 1u << 28)
        sets *= 2;
    bpf->rodata->connection_sets = sets;
    return bpf_map__set_max_entries(bpf->maps.connections, sets);
}
#endif

static int load(struct xdp_balancer *b, const struct balancer_options *options)
{
    b->bpf = balancer__open();
    if (b->bpf == NULL)
        return -errno;
    b->bpf->rodata->seed = options->seed;
    int err = make_room(b->bpf, options->connections);
    if (err == 0)
        err = balancer__load(b->bpf);
    return err;
}

int xdp_balancer_open(const struct balancer_options *options,
                      struct xdp_balancer **balancer)
{
    struct xdp_balancer *b = calloc(1, sizeof *b);
    if (b == NULL)
        return -ENOMEM;
    b->link = -1;
    for (int i = 0; i < BALANCER_BACKENDS_MAX; i++)
        b->backends[i].service = NOBODY;
    int err = load(b, options);
    if (err == 0)
        err = map_tables(b);
    if (err < 0) {
        xdp_balancer_close(b);
        return err;
    }
    *balancer = b;
    return 0;
}

void xdp_balancer_close(struct xdp_balancer *balancer)
{
    if (balancer == NULL)
        return;
    if (balancer->link >= 0)
        close(balancer->link);
    if (balancer->tables != NULL)
        munmap(balancer->tables, TABLES_BYTES);
    balancer__destroy(balancer->bpf);
    free(balancer);
}

int xdp_balancer_program(const struct xdp_balancer *balancer)
{
    return bpf_program__fd(balancer->bpf->progs.balancer);
}

/* As week 18's: the driver where it can, else the kernel behind it; and who is
 * there already, in whichever way, stays. */
static int attach_link(int program, int interface)
{
    LIBBPF_OPTS(bpf_link_create_opts, generic, .flags = XDP_FLAGS_SKB_MODE);
    int link = bpf_link_create(program, interface, BPF_XDP, NULL);
    if (link == -EEXIST)
        return -EBUSY;
    if (link >= 0 || link == -EBUSY || link == -EPERM)
        return link;
    return bpf_link_create(program, interface, BPF_XDP, &generic);
}

int xdp_balancer_attach(struct xdp_balancer *balancer, const char *interface)
{
    if (balancer->link >= 0)
        return -EALREADY;
    unsigned index = if_nametoindex(interface);
    if (index == 0)
        return -ENODEV;
    int link = attach_link(xdp_balancer_program(balancer), (int)index);
    if (link < 0)
        return link;
    balancer->link = link;
    return 0;
}

/* ---- Words that packets read meanwhile ---- */

static void write_once(__u64 *word, __u64 value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

int xdp_balancer_set_gateway(struct xdp_balancer *balancer, const __u8 mac[6])
{
    union link link = {0};
    memcpy(link.mac, mac, sizeof link.mac);
    write_once(&balancer->bpf->bss->gateway.word, link.word);
    return 0;
}

/* ---- Endpoints ---- */

static bool is_same(const struct service_key *one,
                    const struct service_key *other)
{
    return memcmp(one, other, sizeof *one) == 0;
}

/* Where a backend's packets to clients come from. */
static struct service_key key_of(const struct told_service *service,
                                 const struct packet_address *backend)
{
    struct service_key key = service->key;
    key.address = *backend;
    return key;
}

/* A key with port 0 stands for any port. */
static bool covers(const struct service_key *key, struct service_key other)
{
    if (key->port == 0)
        other.port = 0;
    return is_same(key, &other);
}

/* What stands at a key, as we were told. */
static union endpoint endpoint_told(const struct xdp_balancer *b,
                                    const struct service_key *key)
{
    union endpoint told = {0};
    for (size_t i = 0; i < b->own_count; i++)
        if (is_same(key, &b->own[i]))
            told.roles |= ENDPOINT_OWN;
    for (int i = 0; i < BALANCER_SERVICES_MAX; i++) {
        if (!b->services[i].used || !covers(key, b->services[i].key))
            continue;
        told.roles |= ENDPOINT_SERVICE;
        told.service = (__u32)i;
    }
    for (int i = 0; i < BALANCER_BACKENDS_MAX; i++) {
        const struct told_backend *backend = &b->backends[i];
        if (backend->service == NOBODY)
            continue;
        const struct told_service *of = &b->services[backend->service];
        if (of->mode != SERVICE_NAT ||
            !covers(key, key_of(of, &backend->as.address)))
            continue;
        told.roles |= ENDPOINT_BACKEND;
        told.service = (__u32)backend->service;
    }
    return told;
}

#ifdef PLAIN
static int endpoint_write(struct xdp_balancer *b, const struct service_key *key)
{
    int fd = bpf_map__fd(b->bpf->maps.endpoints);
    union endpoint told = endpoint_told(b, key);
    if (told.roles != 0)
        return bpf_map_update_elem(fd, key, &told, BPF_ANY);
    int err = bpf_map_delete_elem(fd, key);
    return err == -ENOENT ? 0 : err;
}
#else
/* The key's slot, or a free one. */
static struct endpoint_slot *slot_for(struct endpoint_bucket *bucket,
                                      const struct service_key *key)
{
    struct endpoint_slot *found = NULL;
    for (int i = 0; i < ENDPOINT_SLOTS; i++) {
        struct endpoint_slot *slot = &bucket->slots[i];
        if (slot->endpoint.word == 0)
            found = found != NULL ? found : slot;
        else if (endpoint_matches(slot, key))
            return slot;
    }
    return found;
}

static int endpoint_write(struct xdp_balancer *b, const struct service_key *key)
{
    union endpoint told = endpoint_told(b, key);
    struct endpoint_slot *slot =
        slot_for(&b->bpf->bss->endpoints[endpoint_bucket_of(key)], key);
    if (slot == NULL)
        return told.word == 0 ? 0 : -ENOSPC;
    if (slot->endpoint.word == 0)
        slot->key = *key;
    write_once(&slot->endpoint.word, told.word);
    return 0;
}
#endif

/* Tell the kernel what stands at a key, and at any port of it. */
static int endpoints_write(struct xdp_balancer *b, struct service_key key)
{
    int err = endpoint_write(b, &key);
    key.port = 0;
    return err < 0 ? err : endpoint_write(b, &key);
}

int xdp_balancer_add_own(struct xdp_balancer *balancer, int version,
                         const struct packet_address *address)
{
    struct service_key key = {.address = *address, .version = (__u8)version};
    if (version != 4 && version != 6)
        return -EINVAL;
    for (size_t i = 0; i < balancer->own_count; i++)
        if (is_same(&balancer->own[i], &key))
            return 0;
    if (balancer->own_count == BALANCER_OWN_MAX)
        return -ENOSPC;
    balancer->own[balancer->own_count++] = key;
    return endpoint_write(balancer, &key);
}

/* ---- Tables ---- */

/* The same at every balancer: what the address is, not when it came. */
static __u64 name_of(const struct packet_address *address)
{
    __u64 half[2];
    memcpy(half, address->bytes, sizeof half);
    return half[0] * 0x9e3779b97f4a7c15ull + half[1];
}

static size_t backends_up(const struct xdp_balancer *b, int service,
                          struct maglev_backend *up)
{
    size_t count = 0;
    for (int i = 0; i < BALANCER_BACKENDS_MAX; i++) {
        const struct told_backend *backend = &b->backends[i];
        if (backend->service != service || backend->as.state != BACKEND_UP)
            continue;
        up[count++] = (struct maglev_backend){
            .name = name_of(&backend->as.address),
            .weight = backend->as.weight,
            .number = (__u16)i,
        };
    }
    return count;
}

/* Into the table that is not in use; then that one is. */
static int table_write(struct xdp_balancer *b, int service)
{
    struct maglev_backend up[MAGLEV_BACKENDS_MAX];
    size_t count = backends_up(b, service, up);
    __u64 *word = &b->bpf->bss->services[service].in_use.word;
    union in_use in_use = {*word};

    in_use.table ^= 1;
    in_use.mode = b->services[service].mode;
    int err = maglev_fill(up, count,
                          b->tables[2 * service + (int)in_use.table].backends);
    if (err == 0)
        write_once(word, in_use.word);
    return err;
}

/* ---- Services ---- */

static int service_find(const struct xdp_balancer *b,
                        const struct service_key *key)
{
    for (int i = 0; i < BALANCER_SERVICES_MAX; i++)
        if (b->services[i].used && is_same(&b->services[i].key, key))
            return i;
    return -ENOENT;
}

static int service_free(const struct xdp_balancer *b)
{
    for (int i = 0; i < BALANCER_SERVICES_MAX; i++)
        if (!b->services[i].used)
            return i;
    return -ENOSPC;
}

static bool is_service(const struct service_key *key)
{
    return (key->protocol == IPPROTO_TCP || key->protocol == IPPROTO_UDP) &&
           (key->version == 4 || key->version == 6) && key->port != 0;
}

int xdp_balancer_add_service(struct xdp_balancer *balancer,
                             const struct service_key *service,
                             enum service_mode mode)
{
    if (!is_service(service))
        return -EINVAL;
    if (endpoint_told(balancer, service).roles != 0)
        return -EEXIST;
    int number = service_free(balancer);
    if (number < 0)
        return number;

    balancer->services[number] = (struct told_service){true, mode, *service};
    balancer->bpf->bss->services[number].address = service->address;
    int err = table_write(balancer, number);
    return err < 0 ? err : endpoints_write(balancer, *service);
}

/* ---- Backends ---- */

static int backend_find(const struct xdp_balancer *b, int service,
                        const struct packet_address *address)
{
    for (int i = 0; i < BALANCER_BACKENDS_MAX; i++)
        if (b->backends[i].service == service &&
            memcmp(&b->backends[i].as.address, address, sizeof *address) == 0)
            return i;
    return -ENOENT;
}

/* The number that has been nobody's for longest. */
static int backend_free(const struct xdp_balancer *b)
{
    int oldest = -ENOSPC;
    for (int i = 0; i < BALANCER_BACKENDS_MAX; i++)
        if (b->backends[i].service == NOBODY &&
            (oldest < 0 || b->backends[i].since < b->backends[oldest].since))
            oldest = i;
    return oldest;
}

static size_t service_size(const struct xdp_balancer *b, int service)
{
    size_t size = 0;
    for (int i = 0; i < BALANCER_BACKENDS_MAX; i++)
        size += b->backends[i].service == service;
    return size;
}

/* Its MAC, its state and its age are one word. */
static void link_write(struct xdp_balancer *b, int number)
{
    const struct balancer_backend *as = &b->backends[number].as;
    __u64 *word = &b->bpf->bss->backends[number].link.word;
    union link link = {*word};
    memcpy(link.mac, as->mac, sizeof link.mac);
    link.state = (__u8)as->state;
    write_once(word, link.word);
}

/* What the one before it was sent is not its own. */
static int sent_reset(struct xdp_balancer *b, int number)
{
    struct balancer_count zeroes[libbpf_num_possible_cpus()];
    __u32 key = (__u32)number;
    memset(zeroes, 0, sizeof zeroes);
    return bpf_map_update_elem(bpf_map__fd(b->bpf->maps.sent), &key, zeroes,
                               BPF_ANY);
}

/* The way back of who comes from there is known already. */
static bool answers_for_another(const struct xdp_balancer *b, int service,
                                const struct packet_address *address)
{
    struct service_key key = key_of(&b->services[service], address);
    return b->services[service].mode == SERVICE_NAT &&
           endpoint_told(b, &key).roles != 0;
}

static int backend_add(struct xdp_balancer *b, int service,
                       const struct balancer_backend *backend)
{
    struct service_key key = key_of(&b->services[service], &backend->address);
    if (answers_for_another(b, service, &backend->address))
        return -EEXIST;
    int number = backend_free(b);
    if (number < 0 || service_size(b, service) == MAGLEV_BACKENDS_MAX)
        return -ENOSPC;

    /* Nobody looks at this number yet: what remembers it, remembers another
     * age. */
    struct backend *shared = &b->bpf->bss->backends[number];
    union link link = {shared->link.word};
    link.state = BACKEND_DOWN;
    link.age = link.age == 0xff ? 1 : link.age + 1;
    write_once(&shared->link.word, link.word);
    shared->address = backend->address;
    b->backends[number] = (struct told_backend){service, ++b->added, *backend};
    link_write(b, number);
    int err = sent_reset(b, number);
    return err < 0 ? err : endpoints_write(b, key);
}

static void backend_forget(struct xdp_balancer *b, int number)
{
    struct told_backend *backend = &b->backends[number];
    struct service_key key =
        key_of(&b->services[backend->service], &backend->as.address);
    backend->as.state = BACKEND_DOWN;
    link_write(b, number);
    backend->service = NOBODY;
    backend->since = ++b->added;
    endpoints_write(b, key);
}

static bool is_weight(__u32 weight)
{
    return weight >= 1 && weight <= MAGLEV_WEIGHT_MAX;
}

/*
 * A backend that begins to live is alive before the table names it; one that
 * dies is out of the table before it is dead. So no packet of the table's finds
 * it down.
 */
int xdp_balancer_set_backend(struct xdp_balancer *balancer,
                             const struct service_key *service,
                             const struct balancer_backend *backend)
{
    int of = service_find(balancer, service);
    if (of < 0)
        return of;
    if (!is_weight(backend->weight))
        return -EINVAL;
    int number = backend_find(balancer, of, &backend->address);
    if (number < 0) {
        int err = backend_add(balancer, of, backend);
        return err < 0 ? err : table_write(balancer, of);
    }
    balancer->backends[number].as = *backend;
    if (backend->state != BACKEND_DOWN)
        link_write(balancer, number);
    int err = table_write(balancer, of);
    link_write(balancer, number);
    return err;
}

int xdp_balancer_remove_backend(struct xdp_balancer *balancer,
                                const struct service_key *service,
                                const struct packet_address *address)
{
    int of = service_find(balancer, service);
    int number = of < 0 ? of : backend_find(balancer, of, address);
    if (number < 0)
        return number;
    balancer->backends[number].as.state = BACKEND_DOWN;
    int err = table_write(balancer, of);
    backend_forget(balancer, number);
    return err;
}

int xdp_balancer_remove_service(struct xdp_balancer *balancer,
                                const struct service_key *service)
{
    int number = service_find(balancer, service);
    if (number < 0)
        return number;
    balancer->services[number].used = false; /* no packet finds it any more */
    int err = endpoints_write(balancer, *service);
    for (int i = 0; i < BALANCER_BACKENDS_MAX; i++)
        if (balancer->backends[i].service == number)
            backend_forget(balancer, i);
    return err;
}

/* ---- Step 9: another set of backends in one change ---- */

struct backend_set {
    const struct balancer_backend *backends;
    size_t count;
};

static bool set_has(const struct backend_set *set,
                    const struct packet_address *address)
{
    for (size_t i = 0; i < set->count; i++)
        if (memcmp(&set->backends[i].address, address, sizeof *address) == 0)
            return true;
    return false;
}

/* All that can be wrong with it, before anything is touched. */
static int set_check(const struct xdp_balancer *b, int service,
                     const struct backend_set *set)
{
    size_t added = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct balancer_backend *backend = &set->backends[i];
        struct backend_set before = {set->backends, i};
        if (!is_weight(backend->weight) || set_has(&before, &backend->address))
            return -EINVAL;
        if (backend_find(b, service, &backend->address) >= 0)
            continue;
        if (answers_for_another(b, service, &backend->address))
            return -EEXIST;
        added++;
    }
    if (set->count > MAGLEV_BACKENDS_MAX || added > service_size(b, NOBODY))
        return -ENOSPC;
    return 0;
}

/* Who is in it lives from now on; the table does not name the new ones yet. */
static int set_bring_in(struct xdp_balancer *b, int service,
                        const struct backend_set *set)
{
    int err = 0;
    for (size_t i = 0; i < set->count && err == 0; i++) {
        const struct balancer_backend *backend = &set->backends[i];
        int number = backend_find(b, service, &backend->address);
        if (number < 0) {
            err = backend_add(b, service, backend);
            continue;
        }
        b->backends[number].as = *backend;
        if (backend->state != BACKEND_DOWN)
            link_write(b, number);
    }
    return err;
}

/* The table names who is in the set, and nobody else. */
static int set_table(struct xdp_balancer *b, int service,
                     const struct backend_set *set)
{
    for (int i = 0; i < BALANCER_BACKENDS_MAX; i++) {
        struct told_backend *backend = &b->backends[i];
        if (backend->service == service && !set_has(set, &backend->as.address))
            backend->as.state = BACKEND_DOWN;
    }
    return table_write(b, service);
}

/* The others go, now that no table names them; who is to be down, is. */
static void set_settle(struct xdp_balancer *b, int service,
                       const struct backend_set *set)
{
    for (int i = 0; i < BALANCER_BACKENDS_MAX; i++) {
        if (b->backends[i].service != service)
            continue;
        if (set_has(set, &b->backends[i].as.address))
            link_write(b, i);
        else
            backend_forget(b, i);
    }
}

/* Back to what we were told before: there was no memory. */
static void set_undo(struct xdp_balancer *b, int service,
                     const struct told_backend *before)
{
    for (int i = 0; i < BALANCER_BACKENDS_MAX; i++) {
        if (b->backends[i].service != service)
            continue;
        if (before[i].service != service) {
            backend_forget(b, i);
            continue;
        }
        b->backends[i] = before[i];
        link_write(b, i);
    }
}

int xdp_balancer_replace_backends(struct xdp_balancer *balancer,
                                  const struct service_key *service,
                                  const struct balancer_backend *backends,
                                  size_t count)
{
    struct told_backend before[BALANCER_BACKENDS_MAX];
    struct backend_set set = {backends, count};
    int of = service_find(balancer, service);
    int err = of < 0 ? of : set_check(balancer, of, &set);
    if (err < 0)
        return err;

    memcpy(before, balancer->backends, sizeof before);
    err = set_bring_in(balancer, of, &set);
    if (err == 0)
        err = set_table(balancer, of, &set);
    if (err == 0)
        set_settle(balancer, of, &set);
    else
        set_undo(balancer, of, before);
    return err;
}

/* ---- What is there, and what became of it ---- */

/* The sum over all processors of one entry. */
static int sum_up(const struct bpf_map *map, __u32 index,
                  struct balancer_count *sum)
{
    int processors = libbpf_num_possible_cpus();
    struct balancer_count each[processors];
    int err = bpf_map_lookup_elem(bpf_map__fd(map), &index, each);
    *sum = (struct balancer_count){0};
    for (int i = 0; err == 0 && i < processors; i++) {
        sum->packets += each[i].packets;
        sum->bytes += each[i].bytes;
    }
    return err;
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
    for (size_t i = 0; i < count && i < max; i++) {
        backends[i] = balancer->backends[numbers[i]].as;
        if (sent == NULL)
            continue;
        int err = sum_up(balancer->bpf->maps.sent, (__u32)numbers[i], &sent[i]);
        if (err < 0)
            return err;
    }
    return (int)count;
}

int xdp_balancer_verdicts(struct xdp_balancer *balancer,
                          struct balancer_count counts[BALANCER_VERDICTS])
{
    int err = 0;
    for (__u32 i = 0; i < BALANCER_VERDICTS && err == 0; i++)
        err = sum_up(balancer->bpf->maps.verdicts, i, &counts[i]);
    return err;
}
