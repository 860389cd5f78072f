/*
 * panic_kernel.c: step 5, in the kernel.
 */
#include "kstring.h"
#include "ktest.h"
#include "layout.h"
#include "panic.h"
#include "param.h"
#include "riscv.h"
#include "stack.h"
#include "symbol.h"
#include "trap.h"

#define WORDS 64
#define BAIT 0xbad0000000000bad
#define CODE ((uintptr_t)text_start)

/* ---- Stacks built by hand: backtrace() ---- */

/* Words, of which some are a stack; all others are bait. */
static uintptr_t words[WORDS] __attribute__((aligned(16)));
static uintptr_t found[WORDS];

static uintptr_t place(unsigned index)
{
    return (uintptr_t)&words[index];
}

static void lay_bait(void)
{
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = found[i] = BAIT;
}

/* A frame that ends before word `end`. */
static void lay_frame(unsigned end, uintptr_t address, uintptr_t caller)
{
    words[end - 1] = address;
    words[end - 2] = caller;
}

/* Frames end before words 16, 24, 36 and 48; the last one has no caller. */
static void lay_stack(void)
{
    lay_bait();
    lay_frame(16, CODE + 0x10, place(24));
    lay_frame(24, CODE + 0x20, place(36));
    lay_frame(36, CODE + 0x30, place(48));
    lay_frame(48, CODE + 0x40, 0);
}

static void expect_places(size_t count, size_t expected)
{
    ktest_equal(count, expected, "how many addresses backtrace() has found");
    for (size_t i = 0; i < expected; i++)
        ktest_same_hex(found[i], CODE + 0x10 * (i + 1), "address %zu", i);
    ktest_same_hex(found[expected], BAIT, "what stands behind the last one");
}

/* Four frames, the innermost first, until there is no caller. */
KERNEL_TEST(callers_are_found)
{
    lay_stack();
    ktest_note("a stack of four frames, built by hand");
    expect_places(backtrace(place(16), place(8), place(56), found, WORDS), 4);
    ktest_note("the same, and it ends with the last frame");
    expect_places(backtrace(place(16), place(14), place(48), found, WORDS), 4);
    ktest_note("an fp of 0");
    lay_bait();
    expect_places(backtrace(0, place(8), place(56), found, WORDS), 0);
}

/* No more than there is room for. */
KERNEL_TEST(no_more_than_max)
{
    for (size_t max = 0; max <= 4; max++) {
        lay_stack();
        ktest_note("room for %zu addresses", max);
        expect_places(backtrace(place(16), place(8), place(56), found, max),
                      max);
    }
}

/* A frame that does not lie in the stack as a whole is not read. */
KERNEL_TEST(nothing_outside_the_stack_is_read)
{
    lay_stack();
    ktest_note("fp is the lower end of the stack");
    expect_places(backtrace(place(16), place(16), place(56), found, WORDS), 0);
    ktest_note("fp lies 8 bytes above the lower end: one word of two is in");
    expect_places(backtrace(place(16), place(15), place(56), found, WORDS), 0);
    ktest_note("the third frame ends 8 bytes above the upper end");
    expect_places(backtrace(place(16), place(8), place(35), found, WORDS), 2);
    ktest_note("the fp of a caller points far outside");
    words[36 - 2] = 0x10;
    expect_places(backtrace(place(16), place(8), place(56), found, WORDS), 3);
    words[36 - 2] = ~(uintptr_t)15;
    expect_places(backtrace(place(16), place(8), place(56), found, WORDS), 3);
}

/* A stack that was written over does not lead astray or round and round. */
KERNEL_TEST(a_broken_stack_ends_it)
{
    lay_stack();
    ktest_note("a frame is its own caller");
    words[24 - 2] = place(24);
    expect_places(backtrace(place(16), place(8), place(56), found, WORDS), 2);
    ktest_note("a caller lies below its callee");
    words[36 - 2] = place(16);
    words[24 - 2] = place(36);
    expect_places(backtrace(place(16), place(8), place(56), found, WORDS), 3);
    ktest_note("an fp is no multiple of 16");
    words[36 - 2] = place(47);
    expect_places(backtrace(place(16), place(8), place(56), found, WORDS), 3);
    words[36 - 2] = place(48) + 1;
    expect_places(backtrace(place(16), place(8), place(56), found, WORDS), 3);
}

/* A function that calls nobody keeps its caller's fp, but no address. */
KERNEL_TEST(a_leaf_has_no_address)
{
    lay_bait();
    lay_frame(24, CODE + 0x10, place(36));
    lay_frame(36, CODE + 0x20, 0);
    words[16 - 1] = place(24);
    words[16 - 2] = CODE + 0x70; /* a local variable, say */
    ktest_note("a stack of three frames; of the first one only the caller's "
               "fp is stored, at fp - 8");
    expect_places(backtrace(place(16), place(8), place(56), found, WORDS), 2);
    ktest_note("the second frame is a leaf's as well: it was interrupted, too");
    lay_bait();
    lay_frame(16, CODE + 0x10, place(24));
    words[24 - 1] = place(36);
    lay_frame(36, CODE + 0x20, 0);
    expect_places(backtrace(place(16), place(8), place(56), found, WORDS), 2);
    ktest_note("a leaf whose caller's fp is the upper end of the stack");
    lay_bait();
    words[16 - 1] = place(24);
    lay_frame(24, CODE + 0x10, 0);
    expect_places(backtrace(place(16), place(8), place(24), found, WORDS), 1);
    ktest_note("a leaf whose caller's fp is its own");
    lay_bait();
    words[16 - 1] = place(16);
    expect_places(backtrace(place(16), place(8), place(56), found, WORDS), 0);
}

/* ---- The real stack ---- */

static const char *name_of(uintptr_t address)
{
    size_t offset;

    return symbol_find(address - 1, &offset);
}

#define DEPTH_MAX 8

static uintptr_t real[DEPTH_MAX];
static size_t real_count;

__attribute__((noinline)) static void third(uintptr_t low, uintptr_t high)
{
    real_count = backtrace((uintptr_t)__builtin_frame_address(0), low, high,
                           real, DEPTH_MAX);
    asm volatile("");
}

__attribute__((noinline)) static void second(uintptr_t low, uintptr_t high)
{
    third(low, high);
    asm volatile("");
}

__attribute__((noinline)) static void first(uintptr_t low, uintptr_t high)
{
    second(low, high);
    asm volatile("");
}

/* Of the stack that this runs on too. */
KERNEL_TEST(who_called_is_found)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);

    ktest_note("first() calls second(), which calls third(), which calls "
               "backtrace()");
    first(frame - 1024, frame);
    ktest_at_least(real_count, 3, "how many addresses backtrace() has found");
    ktest_same_text(name_of(real[0]), "second", "who called third()");
    ktest_same_text(name_of(real[1]), "first", "who called second()");
    ktest_same_text(name_of(real[2]), "ktest_case_who_called_is_found",
                    "who called first()");
}

/* ---- backtrace_trap() ---- */

static void expect_trap(const struct trap_frame *frame, size_t max,
                        const uintptr_t *expected, size_t count)
{
    size_t is = backtrace_trap(frame, place(8), place(56), found, max);

    ktest_equal(is, count, "how many addresses backtrace_trap() has found");
    for (size_t i = 0; i < count; i++)
        ktest_same_hex(found[i], expected[i], "address %zu", i);
    ktest_same_hex(found[count], BAIT, "what stands behind the last one");
}

/* sepc, and then whoever the stack tells of. */
KERNEL_TEST(a_trap_begins_at_sepc)
{
    struct trap_frame frame = {
        .sepc = CODE + 0x100, .ra = CODE + 0x200, .s0 = place(16)};
    uintptr_t expected[] = {CODE + 0x100, CODE + 0x10, CODE + 0x20, CODE + 0x30,
                            CODE + 0x40};

    lay_stack();
    ktest_note("a trap in a function that has stored its return address");
    expect_trap(&frame, WORDS, expected, 5);
    for (size_t max = 0; max < 5; max++) {
        lay_stack();
        ktest_note("room for %zu addresses", max);
        expect_trap(&frame, max, expected, max);
    }
}

/* A leaf's return address is in ra. */
KERNEL_TEST(a_trap_in_a_leaf_tells_ra)
{
    struct trap_frame frame = {
        .sepc = CODE + 0x100, .ra = CODE + 0x200, .s0 = place(16)};
    uintptr_t expected[] = {CODE + 0x100, CODE + 0x200, CODE + 0x10};

    lay_bait();
    lay_frame(24, CODE + 0x10, 0);
    words[16 - 1] = place(24);
    ktest_note("a trap in a function that calls nobody");
    expect_trap(&frame, WORDS, expected, 3);
    lay_bait();
    lay_frame(24, CODE + 0x10, 0);
    words[16 - 1] = place(24);
    ktest_note("the same, with room for one address");
    expect_trap(&frame, 1, expected, 1);
}

/* After a jump into nowhere ra is all that is known of who jumped. */
KERNEL_TEST(a_jump_into_nowhere_tells_ra)
{
    struct trap_frame frame = {.ra = CODE + 0x200, .s0 = place(16)};
    uintptr_t expected[] = {0,           CODE + 0x200, CODE + 0x10,
                            CODE + 0x20, CODE + 0x30,  CODE + 0x40};

    lay_stack();
    ktest_note("sepc is 0, as after a call through a NULL pointer");
    expect_trap(&frame, WORDS, expected, 6);
    lay_stack();
    frame.sepc = expected[0] = (uintptr_t)text_end;
    ktest_note("sepc is the end of the code");
    expect_trap(&frame, WORDS, expected, 6);
    lay_bait();
    frame.s0 = 0;
    ktest_note("the same, and s0 is 0");
    expect_trap(&frame, WORDS, expected, 2);
}

/* ---- The end ---- */

/* The last instruction of this one is the call. */
__attribute__((noinline)) static void give_up(unsigned disk)
{
    panic("disk %u is %s", disk, "gone");
}

__attribute__((noinline)) static void read_disk(unsigned disk)
{
    give_up(disk);
    asm volatile("");
}

/* Message, hart, and who called whom; then the machine ends. */
KERNEL_TEST(panic_tells_who_called)
{
    ktest_expect_end(KTEST_END_STATUS(PANIC_STATUS));
    ktest_note("read_disk() calls give_up(), which calls panic()");
    read_disk(3);
}

/* panic_code.S */
void traps_at_once(void);
_Noreturn void go_on_at(uintptr_t sp, void (*function)(void));

#define TRAPS 1 /* ktest_argument(0): else it panics */

__attribute__((noinline)) static void fail_on_this_hart(void)
{
    if (ktest_argument(0) == TRAPS)
        traps_at_once();
    else
        give_up(hart_id());
    asm volatile("");
}

static void first_of_hart_2(void)
{
    fail_on_this_hart();
    asm volatile("");
}

static void go_on_own_stack(void *argument)
{
    (void)argument;
    if (hart_id() == 2) {
        trap_init_hart();
        go_on_at(stack_high(2), first_of_hart_2);
    }
    for (;;)
        wait_for_interrupt();
}

/* Each hart speaks of itself, and of its own stack. */
KERNEL_TEST(panic_on_hart_2)
{
    ktest_expect_end(KTEST_END_STATUS(PANIC_STATUS));
    ktest_note("on hart 2, on its stack, fail_on_this_hart() calls %s",
               ktest_argument(0) == TRAPS
                   ? "a function whose first instruction is none"
                   : "give_up(), which calls panic()");
    ktest_on_all_harts(go_on_own_stack, NULL);
}

static int print_interrupt(struct trap_frame *frame, void *context)
{
    (void)frame;
    (void)context;
    ktest_fail("an interrupt was let in while panic() was printing");
}

/* Whoever panics wants no more of the world. */
KERNEL_TEST(panic_lets_no_interrupt_in)
{
    ktest_expect_end(KTEST_END_STATUS(PANIC_STATUS));
    trap_init_hart();
    ktest_ok(trap_set_handler(CAUSE_INTERRUPT | INTERRUPT_TIMER,
                              print_interrupt, NULL));
    ktest_note("interrupts are on; one comes 100 us after panic() is called");
    csr_write(sie, SIE_TIMER);
    stimecmp_write(time_read() + 1000);
    interrupts_on();
    panic("%s", "quiet, please");
}

/* A panic while it panics ends it, too. */
KERNEL_TEST(panic_in_panic_ends)
{
    ktest_expect_end(KTEST_END_STATUS(PANIC_STATUS));
    trap_init_hart();
    ktest_note("panic(\"%%s\", p), where p points nowhere");
    panic("%s", (const char *)0x10);
}

__attribute__((noinline)) static int touch(const int *nowhere)
{
    return *nowhere + 1;
}

__attribute__((noinline)) static int look(const int *nowhere)
{
    int is;

    asm volatile("li s5, 0x123456789abcdef" : : : "s5");
    is = touch(nowhere);
    asm volatile("" : : : "s5");
    return is * 2;
}

static int taken_back(struct trap_frame *frame, void *context)
{
    (void)frame;
    (void)context;
    ktest_fail("trap_set_handler(cause, NULL, …) leaves the handler in place");
}

/* A trap that nobody handles: its registers, and where it was. */
KERNEL_TEST(unhandled_traps_are_the_end)
{
    ktest_expect_end(KTEST_END_STATUS(PANIC_STATUS));
    trap_init_hart();
    ktest_note("look() calls touch(), which reads at 0x10; the handler of load "
               "access faults was taken back");
    ktest_ok(trap_set_handler(EXCEPTION_LOAD_ACCESS, taken_back, NULL));
    ktest_ok(trap_set_handler(EXCEPTION_LOAD_ACCESS, NULL, NULL));
    ktest_equal(look((const int *)0x10), 0, "what came of it");
}

static int not_mine(struct trap_frame *frame, void *context)
{
    static unsigned calls;

    (void)frame;
    (void)context;
    ktest_equal(++calls, 1, "how often the handler was called");
    return -1;
}

/* Nor may one that its handler does not want go on. */
KERNEL_TEST(refused_traps_are_the_end)
{
    ktest_expect_end(KTEST_END_STATUS(PANIC_STATUS));
    trap_init_hart();
    ktest_ok(trap_set_handler(EXCEPTION_BREAKPOINT, not_mine, NULL));
    ktest_note("ebreak, and its handler returns an error");
    asm volatile("ebreak");
}

static int another(struct trap_frame *frame, void *context)
{
    (void)context;
    ktest_fail("the handler of another cause was called for 0x%lx",
               frame->scause);
}

/* A cause that there is no table for. */
KERNEL_TEST(unknown_causes_are_the_end)
{
    struct trap_frame frame = {.scause = ktest_argument(2)};

    ktest_expect_end(KTEST_END_STATUS(PANIC_STATUS));
    trap_init_hart();
    for (uint64_t cause = 0; cause < 16; cause++) {
        ktest_ok(trap_set_handler(cause, another, NULL));
        ktest_ok(trap_set_handler(CAUSE_INTERRUPT | cause, another, NULL));
    }
    if (frame.scause < 16)
        ktest_ok(trap_set_handler(frame.scause, NULL, NULL));
    ktest_note("all causes have handlers but 14; trap_dispatch(), where scause "
               "is 0x%lx",
               frame.scause);
    trap_dispatch(&frame);
}
