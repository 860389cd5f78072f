/*
 * kernel_map.c: the kernel's own addresses. Yours: step 4.
 */
#include "kernel_map.h"

#include "kerrno.h"
#include "layout.h"
#include "page.h"
#include "platform.h"
#include "riscv.h"
#include "sv39.h"
#include "todo.h"

int kernel_map_init(void)
{
    return -ENOSYS;
}

uint64_t *kernel_map_root(void)
{
    return NULL;
}

void kernel_map_enter(void)
{
    todo("kernel_map_enter");
}

uint64_t *kernel_map_new_root(void)
{
    return NULL;
}
