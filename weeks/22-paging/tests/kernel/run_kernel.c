/*
 * run_kernel.c: step 6: programs that run in their spaces.
 */
#include "kernel_map.h"
#include "kerrno.h"
#include "kstring.h"
#include "ktest.h"
#include "layout.h"
#include "memory.h"
#include "page.h"
#include "platform.h"
#include "riscv.h"
#include "space.h"
#include "user_code.h"
#include "walker.h"

#define RW (SV39_R | SV39_W)
#define HEAP UINT64_C(0x2000000000)
#define HEAP_PAGES 64
#define STACK_PAGES 8
#define STACK_BEGIN (USER_END - STACK_PAGES * PAGE_BYTES)
/* Neither memory nor a device. */
#define NOWHERE (PLATFORM_MEMORY_END + UINT64_C(0x10000000))

static struct space space, other;
static struct trap_frame frame;
static char context_of_serve; /* its address alone counts */

static void begin(void)
{
    memory_begin_paging();
    ktest_ok(space_init(&space));
}

/* A program: text, a heap and a stack. */
static void load_code(struct space *into, const char *begin, const char *end)
{
    char *page = page_alloc_zeroed();

    ktest_check(page != NULL, "there is a page for the text");
    memcpy(page, begin, (size_t)(end - begin));
    asm volatile("fence.i" : : : "memory");
    ktest_ok(sv39_map(into->root, USER_START, (uintptr_t)page, PAGE_BYTES,
                      SV39_R | SV39_X | SV39_U));
    ktest_ok(
        space_add(into, USER_START, USER_START + PAGE_BYTES, SV39_R | SV39_X));
    ktest_ok(space_add(into, HEAP, HEAP + HEAP_PAGES * PAGE_BYTES, RW));
    ktest_ok(space_add(into, STACK_BEGIN, USER_END, RW | SPACE_STACK));
    frame = (struct trap_frame){.sepc = USER_START, .sp = USER_END};
}
#define LOAD_CODE(into, name) load_code(into, user_##name, user_##name##_end)

static struct walked find(uint64_t address)
{
    return walker_find(0, (uintptr_t)space.root, address);
}

/* ---- Running ---- */

static unsigned served;

/* Ends at the first ecall. */
static int end_at_once(struct space *of, struct trap_frame *at, void *context)
{
    if (context != &context_of_serve || of->root == NULL ||
        at->scause != EXCEPTION_ECALL_USER)
        ktest_fail("serve() is called with another space, context or scause "
                   "(0x%lx) than it should be",
                   at->scause);
    served++;
    return 7;
}

static int run(void)
{
    served = 0;
    return space_run(&space, &frame, end_at_once, &context_of_serve);
}

static void tell_fault(int end, int expected)
{
    if (end == -EFAULT && end != expected)
        ktest_note("it was ended by: %s, at 0x%lx, with stval 0x%lx",
                   ktest_cause_text(frame.scause), frame.sepc, frame.stval);
}

/* How a program ended; if it should not have, then by what. */
#define check_end(end, expected)                     \
    do {                                             \
        int end_ = (end);                            \
        tell_fault(end_, (expected));                \
        ktest_error_at(KTEST_HERE, end_, (expected), \
                       "what space_run() returns");  \
    } while (0)

static void check_kernel_again(void)
{
    ktest_same_hex(csr_read(satp), SV39_SATP(kernel_map_root()),
                   "satp, when space_run() has returned");
    ktest_same_hex(csr_read(stvec), (uintptr_t)trap_vector, "stvec");
}

KERNEL_TEST(a_program_gets_its_pages_as_it_goes)
{
    begin();
    LOAD_CODE(&space, touch);
    frame.a0 = HEAP;
    frame.a1 = HEAP_PAGES;
    size_t free = page_count_free();
    ktest_note("space_run(): it stores to %u pages of its heap, then asks",
               HEAP_PAGES);
    check_end(run(), 7);
    ktest_equal(served, 1, "calls of serve()");
    check_kernel_again();
    for (unsigned i = 0; i < HEAP_PAGES; i++) {
        struct walked found = find(HEAP + i * PAGE_BYTES + 8);
        ktest_check(found.mapped, "page %u of the heap is there", i);
        ktest_same_hex(*(uint64_t *)found.physical, HEAP + i * PAGE_BYTES,
                       "what the program stored into page %u", i);
    }
    memory_check(free - HEAP_PAGES - 2, "with the pages and 2 tables given");
}

KERNEL_TEST(a_stack_grows_to_its_guard)
{
    begin();
    LOAD_CODE(&space, deep);
    ktest_note("%u calls with 512 bytes each: all of the stack",
               STACK_PAGES * 8 - 1);
    frame.a0 = STACK_PAGES * 8 - 1;
    check_end(run(), 7);
    ktest_check(find(STACK_BEGIN).mapped, "the stack's last page is there");
    ktest_note("one call more");
    frame = (struct trap_frame){
        .sepc = USER_START, .sp = USER_END, .a0 = STACK_PAGES * 8};
    check_end(run(), -EFAULT);
    ktest_same_hex(frame.scause, EXCEPTION_STORE_PAGE, "frame.scause");
    ktest_same_hex(frame.stval & -(uint64_t)PAGE_BYTES,
                   STACK_BEGIN - PAGE_BYTES,
                   "the page of frame.stval: the guard");
    check_kernel_again();
}

static void end_by(const char *what, uint64_t cause, uint64_t address)
{
    ktest_note("%s", what);
    check_end(run(), -EFAULT);
    ktest_equal(served, 0, "calls of serve()");
    ktest_same_hex(frame.scause, cause, "frame.scause");
    if (address != 0)
        ktest_same_hex(frame.stval, address, "frame.stval");
    ktest_same_hex(frame.sepc,
                   cause == EXCEPTION_INSTRUCTION_PAGE ? address : USER_START,
                   "frame.sepc: where it was");
    check_kernel_again();
}

static void load_again(const char *begin, const char *end, uint64_t a0)
{
    space_release(&space);
    ktest_ok(space_init(&space));
    load_code(&space, begin, end);
    frame.a0 = a0;
}
#define LOAD_AGAIN(name, a0) load_again(user_##name, user_##name##_end, a0)

/* The program ends; the kernel goes on, and so does the next program. */
KERNEL_TEST(a_bad_address_ends_the_program_alone)
{
    begin();
    LOAD_CODE(&space, load);
    frame.a0 = (uintptr_t)text_start;
    end_by("it loads from the kernel's text", EXCEPTION_LOAD_PAGE,
           (uintptr_t)text_start);
    LOAD_AGAIN(load, 0);
    end_by("it loads from 0", EXCEPTION_LOAD_PAGE, 0);
    LOAD_AGAIN(load, UINT64_C(0x8000000000000000));
    end_by("it loads from no canonical address", EXCEPTION_LOAD_PAGE,
           UINT64_C(0x8000000000000000));
    LOAD_AGAIN(store, USER_START + 64);
    end_by("it stores to its text", EXCEPTION_STORE_PAGE, USER_START + 64);
    LOAD_AGAIN(jump, HEAP);
    end_by("it goes to its heap", EXCEPTION_INSTRUCTION_PAGE, HEAP);
    LOAD_AGAIN(csr, 0);
    end_by("it reads sstatus", EXCEPTION_ILLEGAL_INSTRUCTION, 0);
    LOAD_AGAIN(break, 0);
    end_by("it executes ebreak", EXCEPTION_BREAKPOINT, 0);
    LOAD_AGAIN(load, HEAP);
    ktest_ok(sv39_map(space.root, HEAP, NOWHERE, PAGE_BYTES, SV39_R | SV39_U));
    end_by("it loads from a page that is there, and leads to where no memory "
           "is",
           EXCEPTION_LOAD_ACCESS, HEAP);
    ktest_ok(sv39_unmap(space.root, HEAP, PAGE_BYTES, NULL));
    LOAD_AGAIN(touch, HEAP);
    frame.a1 = 3;
    ktest_note("a good program after all these");
    check_end(run(), 7);
}

/* `li a0, 0`, of which the second half is zeros, and behind it more zeros: no
 * instruction. The fault is the second page's: stval says so, not sepc. */
KERNEL_TEST(an_instruction_lies_over_a_page_border)
{
    const uint64_t at = USER_START + PAGE_BYTES - 2;
    uint16_t *page;

    begin();
    page = page_alloc_zeroed();
    ktest_check(page != NULL, "there is a page for the text");
    page[PAGE_BYTES / 2 - 1] = 0x0513;
    asm volatile("fence.i" : : : "memory");
    ktest_ok(sv39_map(space.root, USER_START, (uintptr_t)page, PAGE_BYTES,
                      SV39_R | SV39_X | SV39_U));
    ktest_ok(space_add(&space, USER_START, USER_START + 2 * PAGE_BYTES,
                       SV39_R | SV39_X));
    frame = (struct trap_frame){.sepc = at, .sp = USER_END, .a0 = 1};
    ktest_note("an instruction of 4 bytes at 0x%lx, the second half of it on a "
               "page that is not there yet",
               at);
    check_end(run(), -EFAULT);
    ktest_same_text(ktest_cause_text(frame.scause),
                    ktest_cause_text(EXCEPTION_ILLEGAL_INSTRUCTION),
                    "what ended the program");
    ktest_same_hex(frame.sepc, at + 4, "where: behind that instruction");
    ktest_equal(frame.a0, 0, "a0, which that instruction has set");
}

KERNEL_TEST(memory_that_is_out_ends_the_program)
{
    begin();
    LOAD_CODE(&space, touch);
    frame.a0 = HEAP;
    frame.a1 = HEAP_PAGES;
    memory_leave(HEAP_PAGES / 2);
    ktest_note("it wants %u pages; %u are free", HEAP_PAGES, HEAP_PAGES / 2);
    check_end(run(), -ENOMEM);
    check_kernel_again();
}

/* ---- What a program is answered ---- */

static int answer_twice(struct space *of, struct trap_frame *at, void *context)
{
    (void)of;
    (void)context;
    served++;
    ktest_same_hex(at->sepc, USER_START + 8,
                   "frame->sepc in serve(): behind the ecall");
    ktest_equal(csr_read(satp) == SV39_SATP(of->root), true,
                "whether the program's space is entered in serve() (1: yes)");
    if (at->a0 >= 1000)
        return 1;
    at->a0 *= 2;
    return 0;
}

KERNEL_TEST(an_ecall_is_answered_and_the_program_goes_on)
{
    begin();
    LOAD_CODE(&space, count);
    ktest_note("the program adds 1 and asks; the answer is twice that; until "
               "it is 1,000 or more");
    served = 0;
    check_end(space_run(&space, &frame, answer_twice, NULL), 1);
    ktest_equal(frame.a0, 1023, "a0 of the program");
    ktest_equal(served, 10, "calls of serve()");
}

/* ---- Interrupts ---- */

#define TICK 10000 /* of time: a millisecond */

static unsigned ticks;
static bool interrupts_were_on; /* for the caller of space_run() */

static int on_timer(struct trap_frame *trapped, void *context)
{
    (void)trapped;
    (void)context;
    ticks++;
    stimecmp_write(UINT64_MAX);
    ktest_equal(ticks - served, 1, "calls of the handler for one interrupt");
    ktest_equal(csr_read(sstatus) & SSTATUS_SIE, 0, "SIE while a handler runs");
    if (ticks % 2 == 0)
        interrupts_on(); /* trap.h, rule 2 */
    return 0;
}

static void check_interrupts(uint64_t status, const char *when)
{
    ktest_equal((status & SSTATUS_SIE) != 0, interrupts_were_on,
                "interrupts %s (1 is on)", when);
}

static int count_interrupts(struct space *of, struct trap_frame *at,
                            void *context)
{
    (void)of;
    (void)context;
    ktest_same_hex(at->scause, CAUSE_INTERRUPT | INTERRUPT_TIMER,
                   "frame->scause in serve()");
    served++;
    ktest_equal(ticks, served,
                "calls of the handler, as often as serve() is called");
    check_interrupts(csr_read(sstatus), "in serve()");
    stimecmp_write(time_read() + TICK);
    return served == 5 ? -EINTR : 0;
}

KERNEL_TEST(a_program_that_never_ends_is_ended)
{
    begin();
    LOAD_CODE(&space, loop);
    ktest_ok(
        trap_set_handler(CAUSE_INTERRUPT | INTERRUPT_TIMER, on_timer, NULL));
    for (unsigned on = 0; on < 2; on++) {
        ktest_note("interrupts are %s; the program never ends; serve() says "
                   "so at the fifth tick; every second call of the handler "
                   "returns with interrupts on",
                   on ? "on" : "off");
        frame = (struct trap_frame){.sepc = USER_START, .sp = USER_END};
        ticks = served = 0;
        interrupts_were_on = on;
        stimecmp_write(time_read() + TICK);
        csr_set(sie, SIE_TIMER);
        interrupts_restore(on);
        int end = space_run(&space, &frame, count_interrupts, NULL);
        interrupts_off();
        stimecmp_write(UINT64_MAX);
        check_end(end, -EINTR);
        ktest_equal(served, 5, "calls of serve()");
        check_kernel_again();
    }
}

static int look_at_interrupts(struct space *of, struct trap_frame *at,
                              void *context)
{
    check_interrupts(csr_read(sstatus), "in serve()");
    return end_at_once(of, at, context);
}

KERNEL_TEST(interrupts_are_as_they_were_for_the_caller)
{
    begin();
    LOAD_CODE(&space, touch);
    for (unsigned on = 0; on < 2; on++) {
        frame = (struct trap_frame){
            .sepc = USER_START, .sp = USER_END, .a0 = HEAP, .a1 = 3};
        ktest_note("space_run() with interrupts %s", on ? "on" : "off");
        interrupts_were_on = on;
        interrupts_restore(on);
        int end =
            space_run(&space, &frame, look_at_interrupts, &context_of_serve);
        uint64_t after = csr_read(sstatus);
        interrupts_off();
        check_end(end, 7);
        check_interrupts(after, "when space_run() has returned");
    }
}

static void check_interrupts_after(const char *what, uint64_t a0, bool memory,
                                   int expected)
{
    for (unsigned on = 0; on < 2; on++) {
        frame = (struct trap_frame){
            .sepc = USER_START, .sp = USER_END, .a0 = a0, .a1 = 3};
        ktest_note("space_run() with interrupts %s; the program %s",
                   on ? "on" : "off", what);
        if (!memory)
            memory_leave(0);
        interrupts_were_on = on;
        interrupts_restore(on);
        int end = space_run(&space, &frame, end_at_once, &context_of_serve);
        uint64_t after = csr_read(sstatus);
        interrupts_off();
        memory_give_back();
        check_end(end, expected);
        check_interrupts(after, "when space_run() has returned");
    }
}

/* A program that ends by a fault leaves the kernel as one that asks. */
KERNEL_TEST(a_fault_leaves_interrupts_as_they_were)
{
    begin();
    LOAD_CODE(&space, touch);
    check_interrupts_after("stores to the kernel's text", (uintptr_t)text_start,
                           true, -EFAULT);
    check_interrupts_after("stores to its heap, and no page is free", HEAP,
                           false, -ENOMEM);
}

/* Two programs, the same addresses, and neither sees the other's memory. */
KERNEL_TEST(two_spaces_are_two_worlds)
{
    begin();
    LOAD_CODE(&space, sum);
    ktest_ok(space_init(&other));
    LOAD_CODE(&other, sum);
    const uint64_t one[2] = {40, 2}, two[2] = {1000, 1};
    ktest_ok(space_write(&space, HEAP, one, sizeof one));
    ktest_ok(space_write(&other, HEAP, two, sizeof two));
    for (unsigned round = 0; round < 4; round++) {
        frame = (struct trap_frame){
            .sepc = USER_START, .sp = USER_END, .a0 = HEAP, .a1 = 2};
        ktest_note("the program of the %s space adds up two words",
                   round % 2 ? "second" : "first");
        check_end(space_run(round % 2 ? &other : &space, &frame, end_at_once,
                            &context_of_serve),
                  7);
        ktest_equal(frame.a0, round % 2 ? 1001 : 42, "their sum");
    }
}

/* For the host: a program's tables, with text, heap and stack. */
KERNEL_TEST(the_host_looks_at_a_programs_space)
{
    begin();
    LOAD_CODE(&space, touch);
    frame.a0 = HEAP;
    frame.a1 = 9;
    check_end(run(), 7);
    ktest_ok(space_fault(&space, USER_END - 8, SV39_STORE));
    csr_write(satp, SV39_SATP(space.root));
    sfence_vma_all();
    ktest_host("the tables", (uintptr_t)space.root, 0);
}
