/*
 * deadline_heap.c: see deadline_heap.h. Given.
 */
#include "deadline_heap.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define ROOM_MIN 16

/* ---- Room ---- */

static uint32_t doubled(uint32_t room, uint32_t needed)
{
    if (room < ROOM_MIN)
        room = ROOM_MIN;
    while (room < needed)
        room *= 2;
    return room;
}

int deadline_heap_reserve(struct deadline_heap *h, uint32_t slots)
{
    if (slots <= h->room)
        return 0;
    uint32_t room = doubled(h->room, slots);
    struct deadline *heap = reallocarray(h->heap, room, sizeof *heap);
    if (heap == NULL)
        return -ENOMEM;
    h->heap = heap;
    uint32_t *places = reallocarray(h->places, room, sizeof *places);
    if (places == NULL)
        return -ENOMEM;
    h->places = places;
    h->room = room;
    return 0;
}

/* ---- Order ---- */

static bool is_before(const struct deadline *a, const struct deadline *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void put(struct deadline_heap *h, uint32_t i, struct deadline d)
{
    h->heap[i] = d;
    h->places[d.slot] = i;
}

/* Let d rise from the free place i to where its parent is earlier. */
static void rise(struct deadline_heap *h, uint32_t i, struct deadline d)
{
    while (i > 0 && is_before(&d, &h->heap[(i - 1) / 2])) {
        put(h, i, h->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    put(h, i, d);
}

/* Let d sink from the free place i to where its children are later. */
static void sink(struct deadline_heap *h, uint32_t i, struct deadline d)
{
    for (uint32_t child = 2 * i + 1; child < h->count; child = 2 * i + 1) {
        if (child + 1 < h->count &&
            is_before(&h->heap[child + 1], &h->heap[child]))
            child++;
        if (!is_before(&h->heap[child], &d))
            break;
        put(h, i, h->heap[child]);
        i = child;
    }
    put(h, i, d);
}

/* ---- What others call ---- */

int deadline_heap_push(struct deadline_heap *h, uint64_t at, uint32_t slot)
{
    int err = deadline_heap_reserve(h, slot + 1);
    if (err < 0)
        return err;
    struct deadline d = {.at = at, .order = h->pushed++, .slot = slot};
    rise(h, h->count++, d);
    return 0;
}

const struct deadline *deadline_heap_first(const struct deadline_heap *h)
{
    return h->count > 0 ? &h->heap[0] : NULL;
}

void deadline_heap_remove(struct deadline_heap *h, uint32_t slot)
{
    assert(slot < h->room);
    uint32_t i = h->places[slot];
    assert(i < h->count && h->heap[i].slot == slot);
    struct deadline last = h->heap[--h->count];
    if (i == h->count)
        return;
    /* The last one fills the hole, and belongs above or below it. */
    if (i > 0 && is_before(&last, &h->heap[(i - 1) / 2]))
        rise(h, i, last);
    else
        sink(h, i, last);
}

void deadline_heap_release(struct deadline_heap *h)
{
    free(h->heap);
    free(h->places);
    *h = (struct deadline_heap){0};
}
