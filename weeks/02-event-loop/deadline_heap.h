/*
 * deadline_heap.h: a priority queue of deadlines. Given.
 *
 * A binary heap in an array: the earliest deadline is first, among equal ones
 * the one pushed first. Each belongs to a slot, a small number that the caller
 * chooses (the index of a timer, say); the heap remembers where each slot's
 * deadline is, so that it can be taken out of the middle. Pushing and removing
 * n deadlines takes n log n comparisons.
 *
 * A heap that is all zeros is empty. Not for use by two threads at once.
 */
#ifndef DEADLINE_HEAP_H
#define DEADLINE_HEAP_H

#include <stdint.h>

struct deadline {
    uint64_t at;
    uint64_t order; /* how many were pushed before it, ever */
    uint32_t slot;
};

struct deadline_heap {
    struct deadline *heap; /* heap[i] is not after heap[2i + 1], heap[2i + 2] */
    uint32_t count;
    uint32_t *places; /* by slot: its index in heap */
    uint32_t room;    /* of both; no slot is in the heap twice */
    uint64_t pushed;  /* how many, ever: the next one's order */
};

/*
 * Keep memory for so many slots: to push one of those below cannot fail.
 *   slots   at most 2^31
 * Returns 0.
 * Errors: -ENOMEM; nothing has changed then.
 */
int deadline_heap_reserve(struct deadline_heap *h, uint32_t slots);

/*
 * Add a deadline.
 *   slot   not in the heap; below 2^31. Memory is kept for as many slots as
 *          the highest number says
 * Returns 0.
 * Errors: -ENOMEM; nothing has changed then.
 */
int deadline_heap_push(struct deadline_heap *h, uint64_t at, uint32_t slot);

/* The earliest, or NULL. Borrowed until the heap changes. */
const struct deadline *deadline_heap_first(const struct deadline_heap *h);

/* Take out the deadline of this slot. Requires: it is in the heap. */
void deadline_heap_remove(struct deadline_heap *h, uint32_t slot);

/* Free what it holds; it is empty then. */
void deadline_heap_release(struct deadline_heap *h);

#endif
