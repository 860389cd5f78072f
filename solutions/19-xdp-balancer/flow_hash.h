/*
 * flow_hash.h: a number for a flow, in a few nanoseconds.
 *
 * The flow is ten words of 32 bits. Each pair of them makes one multiplication,
 *
 *     sum = (word 0 + key 0) * (word 1 + key 1) + (word 2 + key 2) * …
 *
 * all of which the processor can do side by side, and the sum is then mixed
 * until each bit of it depends on all. Sums of products are NH (Black et al.:
 * UMAC, CRYPTO 1999): who does not know the keys finds two flows of one sum by
 * luck alone, once in 2^32.
 */
#ifndef FLOW_HASH_H
#define FLOW_HASH_H

#include "flow.h"

/* Odd, and without pattern: the 64 bits behind the point of the golden ratio,
 * and of the square root of two. */
#define FLOW_HASH_GOLDEN 0x9e3779b97f4a7c15ull
#define FLOW_HASH_STEP 0x6a09e667f3bcc909ull

#define FLOW_HASH_WORDS (sizeof(struct flow) / sizeof(__u32))

/* The finish of MurmurHash3: each bit comes to depend on each. */
static __always_inline __u64 flow_hash_mix(__u64 sum)
{
    sum ^= sum >> 33;
    sum *= 0xff51afd7ed558ccdull;
    sum ^= sum >> 33;
    sum *= 0xc4ceb9fe1a85ec53ull;
    return sum ^ sum >> 33;
}

/* The two keys of a pair: the halves of a multiple of the seed and the pair. A
 * key of 0 would let a word of 0 hide its neighbour: so it is that of no seed
 * which people choose, and 0 is one. */
static __always_inline __u64 flow_hash_keys(__u64 seed, unsigned pair)
{
    return (seed + (pair + 1) * FLOW_HASH_STEP) * FLOW_HASH_GOLDEN;
}

static __always_inline __u64 flow_hash(const struct flow *flow, __u64 seed)
{
    __u32 words[FLOW_HASH_WORDS];
    __u64 sum = seed;
    __builtin_memcpy(words, flow, sizeof words);
    for (unsigned i = 0; i < FLOW_HASH_WORDS; i += 2) {
        __u64 keys = flow_hash_keys(seed, i / 2);
        sum += (__u64)(words[i] + (__u32)keys) *
               (__u32)(words[i + 1] + (__u32)(keys >> 32));
    }
    return flow_hash_mix(sum);
}

#endif
