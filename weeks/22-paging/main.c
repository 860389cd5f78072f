/*
 * main.c: given. The monitor of week 21, with memory: all of it handed to the
 * page allocator, the kernel's table turned on, and the commands of `vm`.
 */
#include "boot.h"
#include "kernel_map.h"
#include "kprintf.h"
#include "layout.h"
#include "page.h"
#include "panic.h"
#include "probe.h"
#include "riscv.h"
#include "vm_commands.h"

/* What `read` and `write` try may trap, from now on by a page fault too. */
static void allow_probes(void)
{
    trap_set_handler(EXCEPTION_LOAD_ACCESS, probe_trap, NULL);
    trap_set_handler(EXCEPTION_STORE_ACCESS, probe_trap, NULL);
    trap_set_handler(EXCEPTION_LOAD_PAGE, probe_trap, NULL);
    trap_set_handler(EXCEPTION_STORE_PAGE, probe_trap, NULL);
}

void kernel_main(unsigned hart, const void *device_tree)
{
    (void)hart;
    (void)device_tree;
    kernel_init();
    allow_probes();
    int err = page_init((uintptr_t)kernel_end, PLATFORM_MEMORY_END);
    if (err == 0)
        err = kernel_map_init();
    if (err < 0)
        panic("no table for the kernel: %d", err);
    kernel_map_enter();
    printf("\n%zu pages free, paging is on; `vm` lists its commands\n",
           page_count_free());
    monitor_run(vm_commands, vm_command_count);
}
