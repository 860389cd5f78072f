/*
 * kernel_map_kernel.c: step 4: the kernel's own table, looked at and turned on.
 */
#include "kernel_map.h"
#include "kerrno.h"
#include "ktest.h"
#include "layout.h"
#include "memory.h"
#include "page.h"
#include "platform.h"
#include "riscv.h"
#include "sv39.h"
#include "trap.h"
#include "walker.h"

#define RIGHTS (SV39_R | SV39_W | SV39_X)
#define RW (SV39_R | SV39_W)

/* In a program the code of machine mode stands before kernel_start; in the
 * tests' image this does, which is as little of the kernel's business. */
__attribute__((section(".machine"), used)) static const char before[] = "junk";

struct part {
    const char *name;
    uintptr_t begin, end;
    uint64_t rights;
};

static struct part parts[16];
static unsigned part_count;

static void add(const char *name, uintptr_t begin, uintptr_t end,
                uint64_t rights)
{
    parts[part_count++] = (struct part){name, begin, end, rights};
}

/* What kernel_map.h says, in its order. */
static void list_parts(void)
{
    part_count = 0;
    add("text", (uintptr_t)text_start, (uintptr_t)text_end, SV39_R | SV39_X);
    add("rodata", (uintptr_t)rodata_start, (uintptr_t)rodata_end, SV39_R);
    add("data", (uintptr_t)data_start, (uintptr_t)data_end, RW);
    for (unsigned hart = 0; hart < HARTS_MAX; hart++)
        add("a stack", stack_low(hart), stack_high(hart), RW);
    add("memory behind the kernel", (uintptr_t)kernel_end, PLATFORM_MEMORY_END,
        RW);
    add("UART0", PLATFORM_UART0, PLATFORM_UART0 + PLATFORM_UART0_BYTES, RW);
    add("the CLINT", PLATFORM_CLINT, PLATFORM_CLINT + PLATFORM_CLINT_BYTES, RW);
    add("the PLIC", PLATFORM_PLIC, PLATFORM_PLIC + PLATFORM_PLIC_BYTES, RW);
    add("the virtio devices", PLATFORM_VIRTIO,
        PLATFORM_VIRTIO + PLATFORM_VIRTIO_COUNT * PLATFORM_VIRTIO_BYTES, RW);
    add("PLATFORM_TEST", PLATFORM_TEST, PLATFORM_TEST + PAGE_BYTES, RW);
}

static const struct part *part_of(uint64_t address)
{
    for (unsigned i = 0; i < part_count; i++)
        if (address >= parts[i].begin && address < parts[i].end)
            return &parts[i];
    return NULL;
}

static const char *rights_text(uint64_t flags)
{
    static const char *const texts[] = {"none", "R",    "W",    "R, W",
                                        "X",    "R, X", "W, X", "R, W, X"};

    return texts[flags >> 1 & 7];
}

static void build(void)
{
    trap_init_hart(); /* which tells of a trap that nobody expects */
    list_parts();
    memory_begin();
    ktest_note("kernel_map_init()");
    ktest_ok(kernel_map_init());
    ktest_check(kernel_map_root() != NULL, "kernel_map_root() is the root");
}

KERNEL_TEST(every_part_is_mapped_to_itself)
{
    build();
    const uintptr_t root = (uintptr_t)kernel_map_root();
    for (unsigned i = 0; i < part_count; i++) {
        const struct part *part = &parts[i];
        ktest_note("%s: 0x%lx to 0x%lx, with %s", part->name, part->begin,
                   part->end, rights_text(part->rights));
        for (uint64_t at = part->begin; at < part->end; at += PAGE_BYTES) {
            struct walked found = walker_find(0, root, at);
            if (!found.mapped)
                ktest_fail("0x%lx is not mapped", at);
            if (found.physical != at)
                ktest_same_hex(found.physical, at, "where 0x%lx is", at);
            if ((found.entry & RIGHTS) != part->rights)
                ktest_same_text(rights_text(found.entry),
                                rights_text(part->rights), "rights at 0x%lx",
                                at);
        }
    }
}

/* Whatever is mapped belongs to a part, so nothing is there by accident: no
 * null page, no guard page, nothing that is user mode's. */
static void check_leaf(uint64_t address, uint64_t bytes, uint64_t entry)
{
    if (entry & SV39_U)
        ktest_fail("0x%lx has U: a program may use it", address);
    if ((entry & SV39_W) && (entry & SV39_X))
        ktest_fail("0x%lx can be written and executed", address);
    for (uint64_t at = address; at < address + bytes; at += PAGE_BYTES)
        if (part_of(at) == NULL)
            ktest_fail("0x%lx is mapped, with %s, and is none of what "
                       "kernel_map.h lists",
                       at, rights_text(entry));
}

static void check_table(uint64_t table, unsigned level, uint64_t address)
{
    const uint64_t bytes = sv39_bytes(level);

    for (unsigned i = 0; i < SV39_ENTRIES; i++, address += bytes) {
        uint64_t entry = walker_table(0, table)[i];
        if (!(entry & SV39_V))
            continue;
        if (entry & WALKER_LEAF)
            check_leaf(address, bytes, entry);
        else if (level == 0)
            ktest_fail("at level 0, 0x%lx has a pointer: 0x%lx", address,
                       entry);
        else
            check_table(walker_target(entry), level - 1, address);
    }
}

KERNEL_TEST(nothing_else_is_mapped)
{
    build();
    check_table((uintptr_t)kernel_map_root(), SV39_LEVELS - 1, 0);
    for (unsigned i = KERNEL_ROOT_ENTRIES; i < SV39_ENTRIES; i++)
        if (kernel_map_root()[i] & SV39_V)
            ktest_fail("entry %u of the root is 0x%lx; it should be empty", i,
                       kernel_map_root()[i]);
}

/* Every number of pages that is too small for it. */
KERNEL_TEST(a_kernel_map_without_memory_loses_no_page)
{
    size_t left = 0;
    int err;

    ktest_limit_ms(60000);
    list_parts();
    memory_begin();
    do {
        memory_leave(left);
        ktest_note("kernel_map_init() with %zu pages", left);
        err = kernel_map_init();
        if (err < 0) {
            ktest_error(err, -ENOMEM);
            memory_check(left, "after -ENOMEM");
            ktest_check(kernel_map_root() == NULL,
                        "kernel_map_root() is NULL after -ENOMEM");
        }
        memory_give_back();
        left = left < 8 ? left + 1 : left * 2;
    } while (err < 0 && left < 4096);
    ktest_ok(err);
}

/* ---- Turned on ---- */

static volatile uint64_t variable;

/* Text, data, stack, a page, the devices: all of it is where it was. */
KERNEL_TEST(the_machine_goes_on)
{
    build();
    uint64_t *page = memory_page();
    page[5] = variable = ktest_random();
    ktest_note("kernel_map_enter()");
    kernel_map_enter();
    ktest_same_hex(csr_read(satp), SV39_SATP(kernel_map_root()), "satp");
    ktest_same_hex(page[5], variable, "what stood in a page before");
    ktest_ok(page_free(page));
    ktest_note("load from the UART, the PLIC and the CLINT");
    mmio_read8(PLATFORM_UART0 + 5);
    mmio_read32(PLATFORM_PLIC + 4);
    mmio_read32(PLATFORM_CLINT);
    ktest_note("all memory is taken and given back");
    size_t free = page_count_free();
    memory_leave(0);
    memory_give_back();
    memory_check(free, "at the end");
}

static void enter_and_look(void *argument)
{
    kernel_map_enter();
    variable = *(volatile uint64_t *)argument;
    if (csr_read(satp) != SV39_SATP(kernel_map_root()))
        ktest_same_hex(csr_read(satp), SV39_SATP(kernel_map_root()),
                       "satp of hart %u", ktest_hart());
}

KERNEL_TEST(every_hart_can_enter)
{
    build();
    uint64_t *page = memory_page();
    ktest_note("kernel_map_enter() on %u hart%s", ktest_hart_count(),
               ktest_hart_count() == 1 ? "" : "s");
    ktest_on_all_harts(enter_and_look, page);
}

static void check_fault(bool trapped, const struct ktest_trap *trap,
                        uint64_t cause, uintptr_t address)
{
    if (!trapped)
        ktest_fail("it was done; a %s should have been raised",
                   ktest_cause_text(cause));
    ktest_same_text(ktest_cause_text(trap->cause), ktest_cause_text(cause),
                    "what was raised");
    ktest_same_hex(trap->value, address, "its address (stval)");
}

static void refuse_load(const char *what, uintptr_t address)
{
    struct ktest_trap trap;

    ktest_note("load from %s, 0x%lx", what, address);
    check_fault(ktest_catch_load((const volatile void *)address, &trap), &trap,
                EXCEPTION_LOAD_PAGE, address);
}

static void refuse_store(const char *what, uintptr_t address)
{
    struct ktest_trap trap;

    ktest_note("store to %s, 0x%lx", what, address);
    check_fault(ktest_catch_store((volatile void *)address, &trap), &trap,
                EXCEPTION_STORE_PAGE, address);
}

static void refuse_jump(const char *what, uintptr_t address)
{
    struct ktest_trap trap;

    ktest_note("go to %s, 0x%lx", what, address);
    check_fault(ktest_catch_jump((const void *)address, &trap), &trap,
                EXCEPTION_INSTRUCTION_PAGE, address);
}

KERNEL_TEST(the_machine_refuses_what_is_not_allowed)
{
    build();
    kernel_map_enter();
    refuse_store("text", (uintptr_t)text_start);
    refuse_store("text", (uintptr_t)text_end - 8);
    refuse_store("rodata", (uintptr_t)rodata_start);
    refuse_jump("rodata", (uintptr_t)rodata_start);
    refuse_jump("data", (uintptr_t)&variable);
    refuse_jump("memory behind the kernel", (uintptr_t)kernel_end);
    refuse_load("the page at 0", 0);
    refuse_load("the page at 0", 0xff8);
    refuse_store("the page at 0", 0x10);
    refuse_load("what is before the kernel", (uintptr_t)before);
    refuse_load("behind the memory", PLATFORM_MEMORY_END);
    refuse_load("USER_START", 0x1000000000);
}

KERNEL_TEST(a_stack_that_grows_too_far_meets_its_guard)
{
    build();
    kernel_map_enter();
    for (unsigned hart = 0; hart < HARTS_MAX; hart++) {
        ktest_note("the stack of hart %u: 0x%lx to 0x%lx", hart,
                   stack_low(hart), stack_high(hart));
        variable = *(volatile uint64_t *)stack_low(hart);
        variable = *(volatile uint64_t *)(stack_high(hart) - 8);
        refuse_store("the 8 bytes below it", stack_low(hart) - 8);
        refuse_store("its guard page", stack_low(hart) - STACK_GUARD_BYTES);
    }
}

/* ---- Roots for others ---- */

KERNEL_TEST(a_new_root_shares_the_kernels_tables)
{
    build();
    size_t free = page_count_free();
    uint64_t *root = kernel_map_new_root();
    ktest_check(root != NULL, "kernel_map_new_root() gives a root");
    memory_check(free - 1, "with one more root: its tables are the kernel's");
    for (unsigned i = 0; i < SV39_ENTRIES; i++)
        if (root[i] != (i < KERNEL_ROOT_ENTRIES ? kernel_map_root()[i] : 0))
            ktest_fail("entry %u of the new root is 0x%lx", i, root[i]);
    ktest_note("enter it, and look around");
    csr_write(satp, SV39_SATP(root));
    sfence_vma_all();
    variable = 1;
    refuse_store("text", (uintptr_t)text_start);
    kernel_map_enter();
    ktest_ok(page_free(root));
    memory_leave(0);
    ktest_check(kernel_map_new_root() == NULL,
                "kernel_map_new_root() gives NULL when no page is free");
}

/* ---- What a hart remembers ---- */

/* Behind the machine's memory: nothing of the kernel's is there. */
#define SCRATCH UINT64_C(0xa0000000)
#define SCRATCH_PAGES 64

/*
 * A hart keeps what it has translated. Many pages, since a later access may
 * push one out by itself.
 */
KERNEL_TEST(what_is_unmapped_is_forgotten)
{
    build();
    kernel_map_enter();
    uint64_t *root = kernel_map_root();
    uint64_t *frame = memory_page();
    ktest_note("map one frame at %u addresses from 0x%lx on, load from each",
               SCRATCH_PAGES, SCRATCH);
    for (unsigned i = 0; i < SCRATCH_PAGES; i++)
        ktest_ok(sv39_map(root, SCRATCH + i * PAGE_BYTES, (uintptr_t)frame,
                          PAGE_BYTES, RW));
    for (unsigned i = 0; i < SCRATCH_PAGES; i++)
        variable = *(volatile uint64_t *)(SCRATCH + i * PAGE_BYTES);
    ktest_note("sv39_unmap() all of them; load again");
    int count = sv39_unmap(root, SCRATCH, SCRATCH_PAGES * PAGE_BYTES, NULL);
    for (unsigned i = 0; i < SCRATCH_PAGES; i++) {
        const uint64_t at = SCRATCH + i * PAGE_BYTES;
        struct ktest_trap trap;
        if (!ktest_catch_load((const volatile void *)at, &trap))
            ktest_fail("a load from 0x%lx, which is mapped no longer, goes "
                       "through: the hart remembers",
                       at);
    }
    ktest_equal(count, SCRATCH_PAGES, "pages that sv39_unmap() found");
}

/* Forgotten before the frame is somebody else's. */
static unsigned still_there;

static void load_at_release(uint64_t physical, uint64_t bytes)
{
    struct ktest_trap trap;

    (void)physical;
    (void)bytes;
    still_there += !ktest_catch_load((const volatile void *)SCRATCH, &trap);
}

KERNEL_TEST(it_is_forgotten_before_its_release)
{
    build();
    kernel_map_enter();
    uint64_t *frame = memory_page();
    for (unsigned i = 0; i < SCRATCH_PAGES; i++) {
        ktest_ok(sv39_map(kernel_map_root(), SCRATCH, (uintptr_t)frame,
                          PAGE_BYTES, RW));
        variable = *(volatile uint64_t *)SCRATCH;
        ktest_ok(sv39_unmap(kernel_map_root(), SCRATCH, PAGE_BYTES,
                            load_at_release));
    }
    ktest_equal(still_there, 0,
                "of %u times, that release() could still load "
                "from the address",
                SCRATCH_PAGES);
}

static uint64_t frames[SCRATCH_PAGES];

/* Is this one forgotten? The neighbours are loaded from, mapped or not: those
 * that still are, the hart remembers anew. */
static void load_and_touch_neighbours(uint64_t physical, uint64_t bytes)
{
    struct ktest_trap trap;
    unsigned i = 0;

    (void)bytes;
    while (i < SCRATCH_PAGES && frames[i] != physical)
        i++;
    const uint64_t at = SCRATCH + i * PAGE_BYTES;
    if (!ktest_catch_load((const volatile void *)at, &trap))
        ktest_fail("release() of page %u can still load from 0x%lx: the hart "
                   "remembers",
                   i, at);
    ktest_catch_load((const volatile void *)(at + PAGE_BYTES), &trap);
    if (i > 0)
        ktest_catch_load((const volatile void *)(at - PAGE_BYTES), &trap);
}

/* One fence before all of them is one for the first at best. */
KERNEL_TEST(each_is_forgotten_before_its_release)
{
    build();
    kernel_map_enter();
    ktest_note("%u pages; release() loads from its own and from those beside",
               SCRATCH_PAGES);
    for (unsigned i = 0; i < SCRATCH_PAGES; i++) {
        frames[i] = (uintptr_t)memory_page();
        ktest_ok(sv39_map(kernel_map_root(), SCRATCH + i * PAGE_BYTES,
                          frames[i], PAGE_BYTES, RW));
        variable = *(volatile uint64_t *)(SCRATCH + i * PAGE_BYTES);
    }
    ktest_equal(sv39_unmap(kernel_map_root(), SCRATCH,
                           SCRATCH_PAGES * PAGE_BYTES,
                           load_and_touch_neighbours),
                SCRATCH_PAGES, "pages that sv39_unmap() found");
}

/* For the host: it has a look at the tables, and asks QEMU. */
KERNEL_TEST(the_host_looks_at_the_kernels_table)
{
    build();
    kernel_map_enter();
    ktest_host("the tables", (uintptr_t)kernel_map_root(), 0);
}
