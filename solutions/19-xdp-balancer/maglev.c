/*
 * maglev.c: Maglev's table (Eisenbud et al., NSDI 2016, §3.4).
 *
 * Each backend has an order of its own in which it would like the entries, its
 * permutation:
 *
 *     offset, offset + skip, offset + 2 skip, …   modulo the entries
 *
 * The entries are a prime, so each skip comes by all of them. The backends take
 * turns; who is at turn takes the next entry of his list that is still free.
 * Where one goes, its entries are taken by others, and nearly all others stay
 * whose they were: their lists have not changed.
 *
 * Weights, which the paper leaves open: who is at turn is given as much credit
 * as its weight, and an entry costs as much as the greatest weight. What is
 * left of anybody's credit at the end is worth less than an entry: 655 entries
 * in all, 1 % of the table, by which others may have too many.
 */
#include "maglev.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct turn {
    const struct maglev_backend *backend;
    __u32 next, skip; /* next: where its list goes on */
    __u32 credit;
};

/* The finish of splitmix64: names that follow each other are thrown apart. */
static __u64 mix(__u64 name)
{
    name = (name ^ name >> 30) * 0xbf58476d1ce4e5b9ull;
    name = (name ^ name >> 27) * 0x94d049bb133111ebull;
    return name ^ name >> 31;
}

static struct turn turn_of(const struct maglev_backend *backend)
{
    __u64 first = mix(backend->name + 0x9e3779b97f4a7c15ull);
    __u64 second = mix(first + 0x9e3779b97f4a7c15ull);
    return (struct turn){
        .backend = backend,
        .next = (__u32)(first % MAGLEV_ENTRIES),
        .skip = (__u32)(second % (MAGLEV_ENTRIES - 1)) + 1,
    };
}

static int by_name(const void *one, const void *other)
{
    __u64 a = ((const struct turn *)one)->backend->name;
    __u64 b = ((const struct turn *)other)->backend->name;
    return (a > b) - (a < b);
}

static bool is_valid(const struct turn *turns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        __u32 weight = turns[i].backend->weight;
        if (weight == 0 || weight > MAGLEV_WEIGHT_MAX)
            return false;
        if (i > 0 && by_name(&turns[i - 1], &turns[i]) == 0)
            return false;
    }
    return true;
}

static __u32 greatest_weight(const struct turn *turns, size_t count)
{
    __u32 greatest = 0;
    for (size_t i = 0; i < count; i++)
        if (turns[i].backend->weight > greatest)
            greatest = turns[i].backend->weight;
    return greatest;
}

static void take_entry(struct turn *turn, __u16 table[MAGLEV_ENTRIES])
{
    while (table[turn->next] != MAGLEV_NONE)
        turn->next = (turn->next + turn->skip) % MAGLEV_ENTRIES;
    table[turn->next] = turn->backend->number;
}

/* Requires: count > 0. */
static void take_turns(struct turn *turns, size_t count,
                       __u16 table[MAGLEV_ENTRIES])
{
    __u32 price = greatest_weight(turns, count);
    for (size_t taken = 0, i = 0; taken < MAGLEV_ENTRIES; i = (i + 1) % count) {
        turns[i].credit += turns[i].backend->weight;
        if (turns[i].credit < price)
            continue;
        turns[i].credit -= price;
        take_entry(&turns[i], table);
        taken++;
    }
}

int maglev_fill(const struct maglev_backend *backends, size_t count,
                __u16 table[MAGLEV_ENTRIES])
{
    struct turn turns[MAGLEV_BACKENDS_MAX];
    if (count > MAGLEV_BACKENDS_MAX)
        return -EINVAL;
    for (size_t i = 0; i < count; i++)
        turns[i] = turn_of(&backends[i]);
    /* Who comes first in the array must not matter: balancers that learnt of
     * the backends in another order come to the same table. */
    qsort(turns, count, sizeof turns[0], by_name);
    if (!is_valid(turns, count))
        return -EINVAL;

    memset(table, 0xff, MAGLEV_ENTRIES * sizeof table[0]); /* MAGLEV_NONE */
    if (count > 0)
        take_turns(turns, count, table);
    return 0;
}
