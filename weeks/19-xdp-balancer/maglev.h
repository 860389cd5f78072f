/*
 * maglev.h: the contract of maglev.c: who gets which flow, as a table that each
 * balancer works out by itself and all come to the same.
 *
 * Source: Eisenbud et al.: Maglev: A Fast and Reliable Software Network Load
 * Balancer (NSDI 2016), §3.4.
 */
#ifndef MAGLEV_H
#define MAGLEV_H

#include <linux/types.h>
#include <stddef.h>

/* Entries of a table: a prime, and over 100 times MAGLEV_BACKENDS_MAX. */
#define MAGLEV_ENTRIES 65537

#define MAGLEV_BACKENDS_MAX 655

/* An entry for which there is no backend. */
#define MAGLEV_NONE 0xffff

#define MAGLEV_WEIGHT_MAX 1000

struct maglev_backend {
    __u64 name;   /* what it is: two backends have different names */
    __u32 weight; /* 1 to MAGLEV_WEIGHT_MAX: how much of the load it gets */
    __u16 number; /* what stands in the table for it; not MAGLEV_NONE */
};

/*
 * Fill a table.
 *   backends, count   borrowed for the call; in any order: names and weights
 *                     alone decide which of them gets which entry
 *   table             out: of each entry the number of its backend, or
 *                     MAGLEV_NONE where count is 0
 * Each backend's share differs from what its weight makes fair by at most 1 %
 * of that and one entry; where all weights are equal, by less than one entry.
 * When one of n backends of the same weight goes, its entries become the
 * others'; of those that were the others' before at most 1 in 50 changes hands.
 * When it comes back the table is again what it was.
 * Returns 0.
 * Errors: -EINVAL more than MAGLEV_BACKENDS_MAX, or a weight out of range, or
 * two of the same name; the table is as it was then. -ENOMEM.
 * Source: handout step 2.
 */
int maglev_fill(const struct maglev_backend *backends, size_t count,
                __u16 table[MAGLEV_ENTRIES]);

#endif
