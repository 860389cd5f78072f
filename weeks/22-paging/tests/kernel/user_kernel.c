/*
 * user_kernel.c: step 5: user mode.
 */
#include "user.h"

#include "kernel_map.h"
#include "kstring.h"
#include "ktest.h"
#include "layout.h"
#include "memory.h"
#include "page.h"
#include "platform.h"
#include "riscv.h"
#include "space.h"
#include "sv39.h"
#include "user_code.h"

#define USER_DATA (USER_START + 16 * PAGE_BYTES)
#define FEW_TICKS 2000 /* of time: 10,000 a millisecond */

/* In the frame before a program runs: nothing of it may be looked at. */
#define STATUS_BEFORE \
    (UINT64_C(0xa5a5000000000000) | SSTATUS_SPP | SSTATUS_SUM | SSTATUS_MXR)

static char *code_page;
static uint64_t *data_page;
static struct trap_frame frame;

static void map_user_page(uint64_t *root, uint64_t address, void *page,
                          uint64_t rights)
{
    ktest_ok(
        sv39_map(root, address, (uintptr_t)page, PAGE_BYTES, rights | SV39_U));
}

/* Of a program whose trap goes to trap_vector: enough to say so. */
static char spare_stack[2 * PAGE_BYTES] __attribute__((aligned(16)));

static int on_lost_trap(struct trap_frame *trapped, void *context)
{
    (void)context;
    ktest_fail("the program's trap at 0x%lx (%s) went to trap_vector: "
               "stvec was not your vector's address, or that is no multiple "
               "of 4",
               trapped->sepc, ktest_cause_text(trapped->scause));
    return 0;
}

/* A root with a page of code and one of data, and the hart translates by it. */
static void begin(void)
{
    memory_begin_paging();
    ktest_ok(trap_set_handler(EXCEPTION_ECALL_USER, on_lost_trap, NULL));
    uint64_t *root = kernel_map_new_root();
    ktest_check(root != NULL, "kernel_map_new_root() gives a root");
    code_page = page_alloc_zeroed();
    data_page = page_alloc_zeroed();
    map_user_page(root, USER_START, code_page, SV39_R | SV39_X);
    map_user_page(root, USER_DATA, data_page, SV39_R | SV39_W);
    csr_write(satp, SV39_SATP(root));
    sfence_vma_all();
}

static void load_code(const char *begin, const char *end)
{
    memcpy(code_page, begin, (size_t)(end - begin));
    asm volatile("fence.i" : : : "memory");
    frame =
        (struct trap_frame){.sepc = USER_START,
                            .sp = (uintptr_t)spare_stack + sizeof spare_stack,
                            .sstatus = STATUS_BEFORE};
}
#define LOAD_CODE(name) load_code(user_##name, user_##name##_end)

static uint64_t *register_at(struct trap_frame *of, unsigned n)
{
    return (uint64_t *)((char *)of + TRAP_X(n));
}

static void check_trap(uint64_t cause, uint64_t pc, uint64_t value)
{
    if (frame.scause != cause)
        ktest_fail("it trapped by \"%s\" (scause 0x%lx) at 0x%lx; it should "
                   "be \"%s\" (0x%lx)",
                   ktest_cause_text(frame.scause), frame.scause, frame.sepc,
                   ktest_cause_text(cause), cause);
    ktest_same_hex(frame.sepc, pc, "frame->sepc");
    ktest_same_hex(frame.stval, value, "frame->stval");
    if (frame.sstatus == STATUS_BEFORE)
        ktest_fail("frame->sstatus is what it was before user_run(): it was "
                   "not stored");
    ktest_equal(frame.sstatus & SSTATUS_SPP, 0,
                "SPP in frame->sstatus: it was in user mode");
}

KERNEL_TEST(a_program_asks_and_comes_back)
{
    begin();
    LOAD_CODE(ecall);
    ktest_note("user_run(): the program is one ecall");
    user_run(&frame);
    check_trap(EXCEPTION_ECALL_USER, USER_START, 0);
    ktest_note("again, 1,000 times; sp must not wander");
    for (unsigned i = 0; i < 1000; i++) {
        frame.sepc = USER_START;
        user_run(&frame);
    }
    check_trap(EXCEPTION_ECALL_USER, USER_START, 0);
}

KERNEL_TEST(registers_go_in)
{
    begin();
    LOAD_CODE(store_all);
    for (unsigned n = 1; n < 31; n++)
        *register_at(&frame, n) = ktest_random();
    frame.t6 = USER_DATA;
    struct trap_frame before = frame;
    ktest_note("user_run(): the program stores all its registers");
    user_run(&frame);
    ktest_equal(frame.scause, EXCEPTION_ECALL_USER, "frame->scause");
    for (unsigned n = 1; n < 32; n++) {
        ktest_same_hex(data_page[n], *register_at(&before, n),
                       "x%u, as the program found it", n);
        ktest_same_hex(*register_at(&frame, n), *register_at(&before, n),
                       "x%u in the frame, which the program left alone", n);
    }
}

KERNEL_TEST(registers_come_out)
{
    begin();
    LOAD_CODE(load_all);
    for (unsigned n = 1; n < 31; n++)
        data_page[n] = ktest_random();
    frame.t6 = USER_DATA;
    ktest_note("user_run(): the program loads other values into all of them");
    user_run(&frame);
    ktest_equal(frame.scause, EXCEPTION_ECALL_USER, "frame->scause");
    for (unsigned n = 1; n < 31; n++)
        ktest_same_hex(*register_at(&frame, n), data_page[n],
                       "x%u in the frame", n);
    ktest_same_hex(frame.t6, USER_DATA, "x31 in the frame");
}

static const char *name_of_kept(unsigned number)
{
    static const char *const names[32] = {
        [2] = "sp",  [3] = "gp",  [4] = "tp",  [8] = "s0",   [9] = "s1",
        [18] = "s2", [19] = "s3", [20] = "s4", [21] = "s5",  [22] = "s6",
        [23] = "s7", [24] = "s8", [25] = "s9", [26] = "s10", [27] = "s11",
    };

    return names[number];
}

/* The program changes every register; C's are kept all the same. */
KERNEL_TEST(the_kernels_registers_are_kept)
{
    begin();
    LOAD_CODE(load_all);
    for (unsigned n = 1; n < 31; n++)
        data_page[n] = ktest_random();
    frame.t6 = USER_DATA;
    ktest_note("user_run() with patterns in gp, tp and s0 to s11");
    unsigned changed = user_run_guarded(&frame);
    if (changed != 0)
        ktest_fail("x%u (%s) is not as it was when user_run() was called",
                   changed, name_of_kept(changed));
}

static unsigned breakpoints;

static int on_breakpoint(struct trap_frame *trapped, void *context)
{
    (void)context;
    breakpoints++;
    trap_skip_instruction(trapped);
    return 0;
}

/* After a program, a trap of the kernel's goes where it always goes. */
KERNEL_TEST(the_kernels_traps_are_its_own_again)
{
    begin();
    ktest_ok(trap_set_handler(EXCEPTION_BREAKPOINT, on_breakpoint, NULL));
    LOAD_CODE(break);
    user_run(&frame);
    check_trap(EXCEPTION_BREAKPOINT, USER_START, frame.stval);
    ktest_equal(breakpoints, 0,
                "calls of the kernel's handler: the trap was the program's");
    ktest_same_hex(csr_read(stvec), (uintptr_t)trap_vector,
                   "stvec, when user_run() has returned");
    ktest_note("the kernel itself executes ebreak");
    asm volatile("ebreak" : : : "memory");
    ktest_equal(breakpoints, 1, "calls of the handler");
}

/* ---- What a program may not do ---- */

static void refuse_access(const char *what, uint64_t address)
{
    ktest_note("the program loads from %s, 0x%lx", what, address);
    LOAD_CODE(load);
    frame.a0 = address;
    user_run(&frame);
    check_trap(EXCEPTION_LOAD_PAGE, USER_START, address);
    ktest_note("the program stores to it");
    LOAD_CODE(store);
    frame.a0 = address;
    user_run(&frame);
    check_trap(EXCEPTION_STORE_PAGE, USER_START, address);
    ktest_note("the program goes there");
    LOAD_CODE(jump);
    frame.a0 = address;
    user_run(&frame);
    check_trap(EXCEPTION_INSTRUCTION_PAGE, address, address);
}

KERNEL_TEST(a_program_cannot_reach_the_kernel)
{
    begin();
    refuse_access("the kernel's text", (uintptr_t)text_start);
    refuse_access("the kernel's data", (uintptr_t)&breakpoints & -8ul);
    refuse_access("its own page, by its physical address",
                  (uintptr_t)data_page);
    refuse_access("the frame itself", (uintptr_t)&frame);
    refuse_access("the UART", PLATFORM_UART0);
    refuse_access("a page that is not there", USER_DATA + PAGE_BYTES);
}

static void refuse_instruction(const char *what, const char *begin,
                               const char *end)
{
    ktest_note("the program executes %s", what);
    load_code(begin, end);
    user_run(&frame);
    check_trap(EXCEPTION_ILLEGAL_INSTRUCTION, USER_START, frame.stval);
}

KERNEL_TEST(a_program_cannot_do_the_kernels_work)
{
    begin();
    refuse_instruction("csrr a0, sstatus", user_csr, user_csr_end);
    refuse_instruction("csrw satp, zero", user_satp, user_satp_end);
    refuse_instruction("sfence.vma", user_fence, user_fence_end);
    refuse_instruction("sret", user_sret, user_sret_end);
    ktest_note("floating point is off");
    csr_set(sstatus, UINT64_C(3) << 13);
    refuse_instruction("fmv.x.w a0, fa0", user_float, user_float_end);
}

/* Which mode it is in is not for the frame to say. */
KERNEL_TEST(sstatus_in_the_frame_is_not_looked_at)
{
    begin();
    LOAD_CODE(csr);
    ktest_note("frame->sstatus has SPP, SUM and MXR; the program reads a "
               "control register");
    user_run(&frame);
    check_trap(EXCEPTION_ILLEGAL_INSTRUCTION, USER_START, frame.stval);
    ktest_note("the caller was in a trap of the kernel's: SPP is 1 in sstatus");
    LOAD_CODE(csr);
    csr_set(sstatus, SSTATUS_SPP);
    user_run(&frame);
    check_trap(EXCEPTION_ILLEGAL_INSTRUCTION, USER_START, frame.stval);
    ktest_note("the caller has SUM and MXR on; the program loads from a page "
               "that may only be executed");
    csr_set(sstatus, SSTATUS_SUM | SSTATUS_MXR);
    uint64_t *root = (uint64_t *)(csr_read(satp) << 12);
    map_user_page(root, USER_START + PAGE_BYTES, memory_page(), SV39_X);
    LOAD_CODE(load);
    frame.a0 = USER_START + PAGE_BYTES;
    user_run(&frame);
    check_trap(EXCEPTION_LOAD_PAGE, USER_START, USER_START + PAGE_BYTES);
    ktest_equal(csr_read(sstatus) & (SSTATUS_SUM | SSTATUS_MXR), 0,
                "SUM and MXR, when user_run() has returned");
}

/* ---- Interrupts ---- */

static unsigned ticks;

static int on_timer(struct trap_frame *trapped, void *context)
{
    (void)trapped;
    (void)context;
    ticks++;
    stimecmp_write(UINT64_MAX);
    return 0;
}

static void arm_timer(void)
{
    stimecmp_write(time_read() + FEW_TICKS);
    csr_set(sie, SIE_TIMER);
}

KERNEL_TEST(an_interrupt_ends_user_run)
{
    begin();
    ktest_ok(
        trap_set_handler(CAUSE_INTERRUPT | INTERRUPT_TIMER, on_timer, NULL));
    for (unsigned on = 0; on < 2; on++) {
        LOAD_CODE(loop);
        ticks = 0;
        ktest_note("interrupts are %s in the kernel; the program never ends, "
                   "the timer is armed",
                   on ? "on" : "off");
        arm_timer();
        if (on)
            interrupts_on();
        user_run(&frame);
        uint64_t after = csr_read(sstatus);
        interrupts_off();
        ktest_same_hex(frame.scause, CAUSE_INTERRUPT | INTERRUPT_TIMER,
                       "frame->scause");
        ktest_same_hex(frame.sepc, USER_START, "frame->sepc");
        ktest_equal(frame.sstatus & SSTATUS_SIE, 0,
                    "SIE in frame->sstatus: at a trap it is 0");
        ktest_equal((after & SSTATUS_SIE) != 0, on,
                    "interrupts, when user_run() has returned (1 is on)");
        if (on)
            ktest_equal(ticks, 1, "calls of the kernel's handler, once it can");
        stimecmp_write(UINT64_MAX);
    }
}

/* The program was interrupted, and nobody else. */
static void check_interrupted(void)
{
    if ((frame.scause & CAUSE_INTERRUPT) && (frame.sstatus & SSTATUS_SPP))
        ktest_fail("the interrupt came in supervisor mode, at 0x%lx, and your "
                   "vector took it for the program's: interrupts were on "
                   "behind csrw stvec",
                   frame.sepc);
    ktest_same_hex(frame.scause, CAUSE_INTERRUPT | INTERRUPT_TIMER,
                   "frame->scause");
    ktest_equal(frame.sstatus & SSTATUS_SPP, 0,
                "SPP in frame->sstatus: it was in user mode");
    ktest_same_hex(frame.sepc & -(uint64_t)PAGE_BYTES, USER_START,
                   "the page of frame->sepc: the program's");
}

/*
 * An interrupt that is pending when user_run() is called comes in user mode, or
 * before; never between, where sepc and stvec are the program's already.
 */
KERNEL_TEST(a_pending_interrupt_does_no_harm)
{
    begin();
    ktest_ok(
        trap_set_handler(CAUSE_INTERRUPT | INTERRUPT_TIMER, on_timer, NULL));
    ktest_note("400 programs; the timer interrupts each an instruction later "
               "than the one before");
    ticks = 0;
    for (unsigned i = 0; i < 400; i++) {
        LOAD_CODE(count);
        frame.a0 = i;
        csr_set(sie, SIE_TIMER);
        interrupts_on();
        ktest_alarm(i);
        user_run(&frame);
        interrupts_off();
        stimecmp_write(UINT64_MAX);
        if (frame.scause == EXCEPTION_ECALL_USER)
            ktest_equal(frame.a0, i + 1, "a0 of the program");
        else
            check_interrupted();
        ktest_same_hex(csr_read(stvec), (uintptr_t)trap_vector, "stvec");
    }
    ktest_at_least(ticks, 1, "interrupts that the kernel's handler was given");
}

/* ---- All harts ---- */

#define HART_ECALLS 5000

static struct trap_frame frames[HARTS_MAX];
static uint64_t user_satp_value;

static void run_on_hart(void *argument)
{
    struct trap_frame *own = &frames[ktest_hart()];

    (void)argument;
    trap_init_hart();
    csr_write(satp, user_satp_value);
    sfence_vma_all();
    for (unsigned i = 0; i < HART_ECALLS; i++) {
        user_run(own);
        own->sepc += 4;
        if (own->scause != EXCEPTION_ECALL_USER)
            ktest_fail("hart %u: scause 0x%lx at 0x%lx", ktest_hart(),
                       own->scause, own->sepc - 4);
    }
}

KERNEL_TEST(each_hart_runs_its_own_program)
{
    begin();
    LOAD_CODE(count);
    user_satp_value = csr_read(satp);
    for (unsigned hart = 0; hart < HARTS_MAX; hart++)
        frames[hart] =
            (struct trap_frame){.sepc = USER_START, .a0 = 100000 * hart};
    ktest_note("each hart lets the program count, %u ecalls long", HART_ECALLS);
    ktest_on_all_harts(run_on_hart, NULL);
    for (unsigned hart = 0; hart < ktest_hart_count(); hart++)
        ktest_equal(frames[hart].a0, 100000 * hart + HART_ECALLS,
                    "a0 on hart %u", hart);
}
