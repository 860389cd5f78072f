/*
 * recent.c: the last lines of a log, in a ring.
 *
 *     lines   [ 5 ][ 6 ][ 3 ][ 4 ]      capacity 4, 6 lines pushed
 *                         ^ next: the oldest, makes room for line 7
 *
 *  1. The `count` lines that end before `next` are ours, each from strdup(3).
 *
 * Broken in one way; handout step 2.
 */
#include "warm_up.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct warm_recent {
    char **lines;
    size_t capacity;
    size_t count;
    size_t next;         /* where the next line goes */
    const char *longest; /* one of lines, or NULL */
};

int warm_recent_new(struct warm_recent **out, size_t capacity)
{
    struct warm_recent *r = calloc(1, sizeof *r);

    if (r == NULL)
        return -ENOMEM;
    r->lines = calloc(capacity, sizeof *r->lines);
    if (r->lines == NULL) {
        free(r);
        return -ENOMEM;
    }
    r->capacity = capacity;
    *out = r;
    return 0;
}

/* The place of a line in the ring, from its place among those we have. */
static size_t place_of(const struct warm_recent *r, size_t index)
{
    return (r->next + r->capacity - r->count + index) % r->capacity;
}

static void drop_oldest(struct warm_recent *r)
{
    free(r->lines[place_of(r, 0)]);
    r->count--;
}

static void keep_longest(struct warm_recent *r, const char *line)
{
    if (r->longest == NULL || strlen(line) > strlen(r->longest))
        r->longest = line;
}

int warm_recent_push(struct warm_recent *r, const char *line)
{
    char *copy = strdup(line);

    if (copy == NULL)
        return -ENOMEM;
    if (r->count == r->capacity)
        drop_oldest(r);
    r->lines[r->next] = copy;
    r->next = (r->next + 1) % r->capacity;
    r->count++;
    keep_longest(r, copy);
    return 0;
}

size_t warm_recent_count(const struct warm_recent *r)
{
    return r->count;
}

const char *warm_recent_line(const struct warm_recent *r, size_t index)
{
    return r->lines[place_of(r, index)];
}

size_t warm_recent_width(const struct warm_recent *r)
{
    return r->longest == NULL ? 0 : strlen(r->longest);
}

void warm_recent_free(struct warm_recent *r)
{
    if (r == NULL)
        return;
    while (r->count > 0)
        drop_oldest(r);
    free(r->lines);
    free(r);
}
