/*
 * counts.c: a kernel that counts its own instructions, prints the figures, and
 * ends the machine. QEMU runs it with -icount shift=0: instret is exact then,
 * and the same in each run.
 *
 *     NAME VALUE      one line for each scene of paging_bench.c
 */
#include "boot.h"
#include "kernel_map.h"
#include "kprintf.h"
#include "kstring.h"
#include "layout.h"
#include "page.h"
#include "page_fill.h"
#include "panic.h"
#include "power.h"
#include "riscv.h"
#include "space.h"
#include "sv39.h"
#include "trap.h"
#include "uart.h"

#define PAGES 512
#define SPACE_BYTES UINT64_C(0x1000000)
#define HEAP UINT64_C(0x2000000000)
#define RW (SV39_R | SV39_W)

/* Touches a1 pages from a0 on, twice, counting its own instructions; user mode
 * (touch.S). Ends with both counts in a0 and a1. */
extern const char bench_touch[], bench_touch_end[];

static uint64_t empty; /* what counting itself takes */

static inline uint64_t now(void)
{
    return csr_read(instret);
}

static void check(int result)
{
    if (result < 0)
        panic("a call under measurement returned %d", result);
}

static void tell(const char *scene, uint64_t instructions, uint64_t times)
{
    printf("%s %lu.%lu\n", scene, instructions / times,
           instructions % times * 10 / times);
}

/* One page more in a table that is there. */
static void count_single_pages(void)
{
    const struct sv39_access load = {.kind = SV39_LOAD, .user = true};
    uint64_t *root = kernel_map_new_root();
    uint64_t map = 0, walk = 0, unmap = 0, begin;
    struct sv39_translation found;

    for (uint64_t i = 0; i < PAGES; i++) {
        begin = now();
        check(sv39_map(root, HEAP + i * PAGE_BYTES, PLATFORM_MEMORY, PAGE_BYTES,
                       RW | SV39_U));
        map += i == 0 ? 0 : now() - begin - empty; /* the first makes tables */
    }
    for (uint64_t i = 0; i < PAGES; i++) {
        begin = now();
        check(sv39_walk(root, HEAP + i * PAGE_BYTES, load, &found));
        walk += now() - begin - empty;
    }
    for (uint64_t i = 0; i < PAGES; i++) {
        begin = now();
        check(sv39_unmap(root, HEAP + i * PAGE_BYTES, PAGE_BYTES, NULL));
        unmap += i == PAGES - 1 ? 0 : now() - begin - empty;
    }
    tell("map", map, PAGES - 1);
    tell("walk", walk, PAGES);
    tell("unmap", unmap, PAGES - 1);
    page_free(root);
}

static uint64_t fill_instructions(void)
{
    void *page = page_alloc();
    uint64_t begin = now();

    page_fill(page, 0);
    uint64_t count = now() - begin - empty;
    page_free(page);
    return count;
}

/* ---- A fault ---- */

static int end(struct space *space, struct trap_frame *frame, void *context)
{
    (void)space;
    (void)frame;
    (void)context;
    return 1;
}

static void load_touch(struct space *space)
{
    char *text = page_alloc_zeroed();

    check(space_init(space));
    memcpy(text, bench_touch,
           (uintptr_t)bench_touch_end - (uintptr_t)bench_touch);
    check(sv39_map(space->root, USER_START, (uintptr_t)text, PAGE_BYTES,
                   SV39_R | SV39_X | SV39_U));
    check(
        space_add(space, USER_START, USER_START + PAGE_BYTES, SV39_R | SV39_X));
    check(space_add(space, HEAP, HEAP + SPACE_BYTES, RW));
    check(space_add(space, USER_END - 16 * PAGE_BYTES, USER_END,
                    RW | SPACE_STACK));
}

/* The second time all pages are there: the difference is the faults'. The page
 * before them has brought the tables. */
static void count_fault(void)
{
    static struct space space;
    const uint64_t pages = PAGES - 1;
    struct trap_frame frame = {.sepc = USER_START,
                               .sp = USER_END,
                               .a0 = HEAP + PAGE_BYTES,
                               .a1 = pages};

    load_touch(&space);
    check(space_fault(&space, HEAP, SV39_STORE));
    uint64_t fills = page_fill_count;
    check(space_run(&space, &frame, end, NULL));
    fills = page_fill_count - fills;
    space_release(&space);
    tell("fault", frame.a0 - frame.a1 - fills * fill_instructions(), pages);
}

/* ---- A space of 16 MiB ---- */

static void count_space(const char *build, const char *drop, uint64_t flags)
{
    static struct space space;
    uint64_t step = flags & SPACE_LARGE ? PAGE_BLOCK_BYTES : PAGE_BYTES;
    uint64_t begin = now(), fills = page_fill_count;

    check(space_init(&space));
    check(space_add(&space, HEAP, HEAP + SPACE_BYTES, flags));
    for (uint64_t at = 0; at < SPACE_BYTES; at += step)
        check(space_fault(&space, HEAP + at, SV39_STORE));
    uint64_t built = now() - begin - empty;
    fills = page_fill_count - fills;
    tell(build, built - fills * fill_instructions(), 1000);
    fills = page_fill_count;
    begin = now();
    space_release(&space);
    uint64_t dropped = now() - begin - empty;
    fills = page_fill_count - fills;
    tell(drop, dropped - fills * fill_instructions(), 1000);
}

void kernel_main(unsigned hart, const void *device_tree)
{
    (void)hart;
    (void)device_tree;
    uart_init();
    trap_init_hart();
    check(page_init((uintptr_t)kernel_end, PLATFORM_MEMORY_END));
    check(kernel_map_init());
    kernel_map_enter();
    uint64_t begin = now();
    empty = now() - begin;
    count_single_pages();
    count_fault();
    count_space("build", "drop", RW);
    count_space("build-large", "drop-large", RW | SPACE_LARGE);
    tell("fill", fill_instructions(), 1);
    power_off(0);
}
