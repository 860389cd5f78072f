/*
 * sv39_walk.c: what the machine does with an address. Yours: step 2.
 */
#include "sv39.h"

#include "kerrno.h"

int sv39_walk(const uint64_t *root, uint64_t address, struct sv39_access access,
              struct sv39_translation *out)
{
    (void)root;
    (void)address;
    (void)access;
    *out = (struct sv39_translation){0};
    return -ENOSYS;
}
