/*
 * kernel_map.c: the kernel's own addresses, each with the rights that it needs
 * and no more: nothing can be both written and executed.
 */
#include "kernel_map.h"

#include "kerrno.h"
#include "layout.h"
#include "page.h"
#include "platform.h"
#include "riscv.h"
#include "sv39.h"

#define READ SV39_R
#define WRITE (SV39_R | SV39_W)
#define EXECUTE (SV39_R | SV39_X)

struct range {
    uintptr_t begin, end;
    uint64_t flags;
};

static uint64_t *kernel_root;

static int map_ranges(uint64_t *root, const struct range *ranges, size_t count)
{
    int err = 0;

    for (size_t i = 0; i < count && err == 0; i++)
        err =
            sv39_map(root, ranges[i].begin, ranges[i].begin,
                     ranges[i].end - ranges[i].begin, ranges[i].flags | SV39_G);
    return err;
}

static int map_memory(uint64_t *root)
{
    const struct range ranges[] = {
        {(uintptr_t)text_start, (uintptr_t)text_end, EXECUTE},
        {(uintptr_t)rodata_start, (uintptr_t)rodata_end, READ},
        {(uintptr_t)data_start, (uintptr_t)data_end, WRITE},
        {(uintptr_t)kernel_end, PLATFORM_MEMORY_END, WRITE},
    };

    return map_ranges(root, ranges, sizeof ranges / sizeof *ranges);
}

/* A stack that grows too far finds the page below it missing. */
static int map_stacks(uint64_t *root)
{
    int err = 0;

    for (unsigned hart = 0; hart < HARTS_MAX && err == 0; hart++) {
        const struct range stack = {stack_low(hart), stack_high(hart), WRITE};
        err = map_ranges(root, &stack, 1);
    }
    return err;
}

static int map_devices(uint64_t *root)
{
    const uintptr_t virtio_bytes =
        PLATFORM_VIRTIO_COUNT * (uintptr_t)PLATFORM_VIRTIO_BYTES;
    const struct range ranges[] = {
        {PLATFORM_TEST, PLATFORM_TEST + PAGE_BYTES, WRITE},
        {PLATFORM_CLINT, PLATFORM_CLINT + PLATFORM_CLINT_BYTES, WRITE},
        {PLATFORM_PLIC, PLATFORM_PLIC + PLATFORM_PLIC_BYTES, WRITE},
        {PLATFORM_UART0, PLATFORM_UART0 + PLATFORM_UART0_BYTES, WRITE},
        {PLATFORM_VIRTIO, PLATFORM_VIRTIO + virtio_bytes, WRITE},
    };

    return map_ranges(root, ranges, sizeof ranges / sizeof *ranges);
}

int kernel_map_init(void)
{
    uint64_t *root = page_alloc_zeroed();
    int err = root == NULL ? -ENOMEM : map_memory(root);

    if (err == 0)
        err = map_stacks(root);
    if (err == 0)
        err = map_devices(root);
    if (err == 0)
        kernel_root = root;
    else if (root != NULL) {
        sv39_unmap(root, 0, PLATFORM_MEMORY_END, NULL);
        page_free(root);
    }
    return err;
}

uint64_t *kernel_map_root(void)
{
    return kernel_root;
}

/* The first fence: what was written into the tables is seen before satp is. The
 * second: nothing of the table before is remembered. */
void kernel_map_enter(void)
{
    sfence_vma_all();
    csr_write(satp, SV39_SATP(kernel_root));
    sfence_vma_all();
}

uint64_t *kernel_map_new_root(void)
{
    uint64_t *root = page_alloc_zeroed();

    for (unsigned i = 0; root != NULL && i < KERNEL_ROOT_ENTRIES; i++)
        root[i] = kernel_root[i];
    return root;
}
