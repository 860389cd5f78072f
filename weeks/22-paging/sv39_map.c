/*
 * sv39_map.c: tables that change. Yours: step 3; superpages are step 8,
 * sv39_protect() is step 9.
 */
#include "sv39.h"

#include "kerrno.h"
#include "page.h"
#include "riscv.h"

int sv39_map(uint64_t *root, uint64_t address, uint64_t physical,
             uint64_t bytes, uint64_t flags)
{
    (void)root;
    (void)address;
    (void)physical;
    (void)bytes;
    (void)flags;
    return -ENOSYS;
}

int sv39_unmap(uint64_t *root, uint64_t address, uint64_t bytes,
               sv39_release *release)
{
    (void)root;
    (void)address;
    (void)bytes;
    (void)release;
    return -ENOSYS;
}

/* Step 9. */
int sv39_protect(uint64_t *root, uint64_t address, uint64_t bytes,
                 uint64_t flags)
{
    (void)root;
    (void)address;
    (void)bytes;
    (void)flags;
    return -ENOSYS;
}
