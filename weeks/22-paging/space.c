/*
 * space.c: what a program sees of memory. Yours: step 6; SPACE_LARGE is step 8.
 */
#include "space.h"

#include "kernel_map.h"
#include "kerrno.h"
#include "kstring.h"
#include "page.h"
#include "riscv.h"
#include "user.h"

int space_init(struct space *space)
{
    (void)space;
    return -ENOSYS;
}

void space_release(struct space *space)
{
    (void)space;
}

int space_add(struct space *space, uint64_t begin, uint64_t end, uint64_t flags)
{
    (void)space;
    (void)begin;
    (void)end;
    (void)flags;
    return -ENOSYS;
}

int space_fault(struct space *space, uint64_t address, enum sv39_kind kind)
{
    (void)space;
    (void)address;
    (void)kind;
    return -ENOSYS;
}

int space_read(struct space *space, void *to, uint64_t at, size_t len)
{
    (void)space;
    (void)to;
    (void)at;
    (void)len;
    return -ENOSYS;
}

int space_write(struct space *space, uint64_t at, const void *from, size_t len)
{
    (void)space;
    (void)at;
    (void)from;
    (void)len;
    return -ENOSYS;
}

int space_run(struct space *space, struct trap_frame *frame, space_serve *serve,
              void *context)
{
    (void)space;
    (void)frame;
    (void)serve;
    (void)context;
    return -ENOSYS;
}
