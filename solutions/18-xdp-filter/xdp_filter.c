/*
 * xdp_filter.c: the side of the filter that is a process: it brings
 * filter.bpf.c's program into the kernel, and reads and writes its maps.
 *
 *  1. All that the kernel holds for us hangs on descriptors of this process:
 *     the program, the maps, and the link, which is the attachment. When they
 *     are closed, by xdp_filter_close() or by the process's end, it is gone.
 *  2. Nothing is pinned in a file system, and nothing is attached by netlink:
 *     both would outlive us.
 */
#include "xdp_filter.h"

#include "filter.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct xdp_filter {
    struct filter *skeleton;
    int link; /* -1: not attached */
};

/* ---- Load, attach ---- */

/* The row for what finds no room must be there before the table is full. */
static int make_row_of_others(struct filter *skeleton)
{
    const struct traffic_key others = FILTER_OTHERS;
    int processors = libbpf_num_possible_cpus();
    if (processors < 0)
        return processors;
    struct traffic_count *none = calloc((size_t)processors, sizeof *none);
    if (none == NULL)
        return -ENOMEM;
    int err = bpf_map_update_elem(bpf_map__fd(skeleton->maps.traffic), &others,
                                  none, BPF_NOEXIST);
    free(none);
    return err;
}

int xdp_filter_open(struct xdp_filter **out)
{
    *out = NULL;
    struct xdp_filter *filter = calloc(1, sizeof *filter);
    if (filter == NULL)
        return -ENOMEM;
    filter->link = -1;
    filter->skeleton = filter__open_and_load();
    int err = filter->skeleton == NULL ? -errno : 0;
    if (err == 0)
        err = make_row_of_others(filter->skeleton);
    if (err < 0) {
        xdp_filter_close(filter);
        return err;
    }
    *out = filter;
    return 0;
}

void xdp_filter_close(struct xdp_filter *filter)
{
    if (filter == NULL)
        return;
    xdp_filter_detach(filter);
    filter__destroy(filter->skeleton); /* NULL is allowed */
    free(filter);
}

int xdp_filter_program(const struct xdp_filter *filter)
{
    return bpf_program__fd(filter->skeleton->progs.filter);
}

/*
 * Without flags the kernel takes the driver where that has XDP at all, else
 * itself. A driver that has it may still refuse, on account of its MTU for
 * instance; then the second attempt asks for the kernel's own. An interface
 * that somebody has is left alone: -EEXIST says that he has it in the other of
 * the two modes.
 */
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

int xdp_filter_attach(struct xdp_filter *filter, const char *interface)
{
    if (filter->link >= 0)
        return -EALREADY;
    unsigned index = if_nametoindex(interface);
    if (index == 0)
        return -errno;
    int link = attach_link(xdp_filter_program(filter), (int)index);
    if (link < 0)
        return link;
    filter->link = link;
    return 0;
}

int xdp_filter_detach(struct xdp_filter *filter)
{
    if (filter->link < 0)
        return -ENOENT;
    close(filter->link);
    filter->link = -1;
    return 0;
}

/* ---- Counts ---- */

/* Read one row; `values` has room for one of each processor. */
static int read_row(int map, const struct traffic_key *key,
                    struct traffic_count *values, int processors,
                    struct traffic_row *row)
{
    int err = bpf_map_lookup_elem(map, key, values);
    if (err < 0)
        return err;
    *row = (struct traffic_row){.key = *key};
    for (int i = 0; i < processors; i++) {
        row->count.packets += values[i].packets;
        row->count.bytes += values[i].bytes;
    }
    return 0;
}

static int read_rows(int map, struct traffic_count *values, int processors,
                     struct traffic_row *rows, size_t max)
{
    struct traffic_key key;
    struct traffic_row row;
    size_t count = 0;
    const void *previous = NULL;

    for (; bpf_map_get_next_key(map, previous, &key) == 0; previous = &key) {
        int err = read_row(map, &key, values, processors, &row);
        if (err < 0)
            return err;
        if (count < max)
            rows[count] = row;
        count++;
    }
    return (int)count;
}

int xdp_filter_traffic(struct xdp_filter *filter, struct traffic_row *rows,
                       size_t max)
{
    int processors = libbpf_num_possible_cpus();
    if (processors < 0)
        return processors;
    struct traffic_count *values = calloc((size_t)processors, sizeof *values);
    if (values == NULL)
        return -ENOMEM;
    int count = read_rows(bpf_map__fd(filter->skeleton->maps.traffic), values,
                          processors, rows, max);
    free(values);
    return count;
}

int xdp_filter_verdicts(struct xdp_filter *filter,
                        __u64 packets[FILTER_VERDICTS])
{
    int map = bpf_map__fd(filter->skeleton->maps.verdicts);
    int processors = libbpf_num_possible_cpus();
    if (processors < 0)
        return processors;
    __u64 *values = calloc((size_t)processors, sizeof *values);
    int err = values != NULL ? 0 : -ENOMEM;

    for (__u32 verdict = 0; verdict < FILTER_VERDICTS && err == 0; verdict++) {
        packets[verdict] = 0;
        err = bpf_map_lookup_elem(map, &verdict, values);
        for (int i = 0; i < processors && err == 0; i++)
            packets[verdict] += values[i];
    }
    free(values);
    return err;
}

/* ---- The list ---- */

/* A row of one of the two tries: which one, and its key. */
struct list_entry {
    int map;
    union {
        struct network_v4 v4;
        struct network_v6 v6;
    } key;
};

static int find_entry(const struct xdp_filter *filter,
                      const struct network *network, struct list_entry *entry)
{
    memset(entry, 0, sizeof *entry);
    if (network->version == 4 && network->bits <= 32) {
        entry->map = bpf_map__fd(filter->skeleton->maps.blocked_v4);
        entry->key.v4.bits = network->bits;
        memcpy(entry->key.v4.address, network->address, 4);
        return 0;
    }
    if (network->version == 6 && network->bits <= 128) {
        entry->map = bpf_map__fd(filter->skeleton->maps.blocked_v6);
        entry->key.v6.bits = network->bits;
        memcpy(entry->key.v6.address, network->address, 16);
        return 0;
    }
    return -EINVAL;
}

int xdp_filter_block(struct xdp_filter *filter, const struct network *network)
{
    const __u8 blocked = 1;
    struct list_entry entry;
    int err = find_entry(filter, network, &entry);
    return err < 0
               ? err
               : bpf_map_update_elem(entry.map, &entry.key, &blocked, BPF_ANY);
}

int xdp_filter_unblock(struct xdp_filter *filter, const struct network *network)
{
    struct list_entry entry;
    int err = find_entry(filter, network, &entry);
    return err < 0 ? err : bpf_map_delete_elem(entry.map, &entry.key);
}

/* ---- The limit ---- */

int xdp_filter_limit(struct xdp_filter *filter, __u32 packets_per_second,
                     __u32 burst)
{
    if (packets_per_second > FILTER_LIMIT_MAX || burst < 1 ||
        burst > FILTER_LIMIT_MAX)
        return -EINVAL;
    filter->skeleton->bss->limit = (__u64)packets_per_second << 32 | burst;
    return 0;
}
