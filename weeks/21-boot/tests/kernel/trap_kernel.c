/*
 * trap_kernel.c: step 4, in the kernel.
 */
#include "kerrno.h"
#include "kstring.h"
#include "ktest.h"
#include "platform.h"
#include "riscv.h"
#include "trap.h"

#include "trap_code.h"

#define PATTERNS 8
#define STORM_INTERRUPTS 500
#define EACH_HART 300

/* What the handler below saw, and what it is to do. */
struct watch {
    unsigned calls;
    struct trap_frame frame;
    void *context;
    bool stack_intact;
    bool interrupts_on;
    const uint64_t *change; /* registers to put into the frame, or NULL */
    bool change_status;     /* MXR on in the frame; SUM on in sstatus itself */
    unsigned misaligned;    /* sp modulo 16, where C begins */
};

static struct watch watch;

/* Leave nothing in the registers that C may use, so that nobody is lucky. */
static void spoil_registers(void)
{
    asm volatile(
        "li ra, -1; li t0, -1; li t1, -1; li t2, -1; li t3, -1; li t4, -1\n"
        "li t5, -1; li t6, -1; li a0, -1; li a1, -1; li a2, -1; li a3, -1\n"
        "li a4, -1; li a5, -1; li a6, -1; li a7, -1; li s1, -1; li s2, -1\n"
        "li s3, -1; li s4, -1; li s5, -1; li s6, -1; li s7, -1; li s8, -1\n"
        "li s9, -1; li s10, -1; li s11, -1"
        :
        :
        : "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1", "a2",
          "a3", "a4", "a5", "a6", "a7", "s1", "s2", "s3", "s4", "s5", "s6",
          "s7", "s8", "s9", "s10", "s11", "memory");
}

static uint64_t *frame_register(struct trap_frame *frame, unsigned number)
{
    return &frame->ra + number - 1;
}

static bool stack_is_intact(const struct trap_frame *frame)
{
    const uint64_t *above = (const uint64_t *)frame->sp;

    if (frame->sp != trap_code_sp)
        return true; /* told otherwise: sp in the frame */
    for (unsigned i = 0; i < TRAP_CODE_STACK_WORDS; i++)
        if (above[i] != TRAP_CODE_STACK)
            return false;
    return true;
}

/* Steps over the instruction by its known length, not by the member's code. */
static int on_any(struct trap_frame *frame, void *context)
{
    const struct trap_kind *kind = context;

    watch.calls++;
    watch.frame = *frame;
    watch.context = context;
    watch.stack_intact = stack_is_intact(frame);
    watch.interrupts_on = csr_read(sstatus) & SSTATUS_SIE;
    if (kind->bytes == 0)
        csr_clear(sip, SIE_SOFTWARE);
    if (watch.change != NULL)
        for (unsigned i = 1; i < 32; i++)
            if (i != 2)
                *frame_register(frame, i) = watch.change[i];
    if (watch.change_status) {
        frame->sstatus |= SSTATUS_MXR;
        csr_set(sstatus, SSTATUS_SUM);
    }
    watch.misaligned = (uintptr_t)__builtin_frame_address(0) % 16;
    frame->sepc += kind->bytes;
    spoil_registers();
    return 0;
}

static void random_registers(uint64_t registers[32])
{
    for (unsigned i = 0; i < 32; i++)
        registers[i] = ktest_random();
    registers[4] = hart_id();
}

static void begin(void)
{
    trap_init_hart();
    csr_write(sscratch, TRAP_CODE_STACK);
    memset(&watch, 0, sizeof watch);
}

/* Let one trap of a kind happen, and come back with the registers after it. */
static void trap_once(const struct trap_kind *kind, uint64_t registers[32])
{
    bool interrupt = kind->bytes == 0;

    ktest_ok(trap_set_handler(kind->cause, on_any, (void *)kind));
    watch.calls = 0;
    if (interrupt) {
        csr_write(sie, SIE_SOFTWARE);
        interrupts_on();
    }
    kind->run(registers);
    interrupts_off();
    csr_write(sie, 0);
    ktest_equal(watch.calls, 1, "how often the handler was called");
    trap_set_handler(kind->cause, NULL, NULL);
}

static int nobody(struct trap_frame *frame, void *context)
{
    (void)frame;
    (void)context;
    return 0;
}

/* Causes are 0 to 15, of exceptions and of interrupts. */
KERNEL_TEST(causes_are_0_to_15)
{
    static const uint64_t none[] = {16,
                                    17,
                                    63,
                                    64,
                                    UINT64_C(1) << 32,
                                    UINT64_C(1) << 62,
                                    CAUSE_INTERRUPT | 16,
                                    CAUSE_INTERRUPT | 63,
                                    ~UINT64_C(0)};

    for (unsigned i = 0; i < sizeof none / sizeof *none; i++) {
        ktest_note("trap_set_handler(0x%lx, …)", none[i]);
        ktest_error(trap_set_handler(none[i], nobody, NULL), -EINVAL);
        ktest_error(trap_set_handler(none[i], NULL, NULL), -EINVAL);
    }
    ktest_note("trap_set_handler() of each cause that there is");
    for (uint64_t cause = 0; cause < 16; cause++) {
        ktest_ok(trap_set_handler(cause, nobody, NULL));
        ktest_ok(trap_set_handler(CAUSE_INTERRUPT | cause, nobody, NULL));
    }
}

/* Of an instruction of two bytes no third one is read. */
static void skip_at_the_end_of_memory(void)
{
    uintptr_t last = PLATFORM_MEMORY_END - 2;
    struct trap_frame frame = {.sepc = last};

    ktest_note("trap_skip_instruction() at \"c.ebreak\", in the last two bytes "
               "of memory");
    *(uint16_t *)last = 0x9002;
    trap_skip_instruction(&frame);
    ktest_equal(frame.sepc - last, 2, "how far sepc has moved");
}

/* Instructions have four bytes where their two low bits are set, else two. */
KERNEL_TEST(instructions_have_two_or_four_bytes)
{
    static const struct {
        uint16_t bytes[2];
        uint64_t len;
        const char *text;
    } cases[] = {
        {{0x9002, 0x0000}, 2, "c.ebreak"},
        {{0x0073, 0x0010}, 4, "ebreak"},
        {{0x0073, 0x0000}, 4, "ecall"},
        {{0x0000, 0xffff}, 2, "two bytes of 0"},
        {{0x0001, 0x0073}, 2, "c.nop, before something else"},
        {{0x1073, 0xc000}, 4, "csrw cycle, zero"},
        {{0x4501, 0x8082}, 2, "c.li a0, 0, before c.ret"},
        {{0xb783, 0x0007}, 4, "ld a5, 0(a5)"},
        {{0x639c, 0x0000}, 2, "c.ld a5, 0(a5)"},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint16_t code[3] = {0xffff, cases[i].bytes[0], cases[i].bytes[1]};
        struct trap_frame frame = {.sepc = (uintptr_t)&code[1]};

        ktest_note("trap_skip_instruction() at \"%s\"", cases[i].text);
        trap_skip_instruction(&frame);
        ktest_equal(frame.sepc - (uintptr_t)&code[1], cases[i].len,
                    "how far sepc has moved");
    }
    skip_at_the_end_of_memory();
}

/* Only stvec changes: interrupts are let in by whoever wants them. */
KERNEL_TEST(only_stvec_is_set)
{
    csr_write(sie, 0);
    csr_write(sscratch, TRAP_CODE_STACK);
    ktest_note("trap_init_hart()");
    trap_init_hart();
    ktest_check((uintptr_t)trap_vector % 4 == 0,
                "trap_vector, 0x%lx, is a multiple of 4: stvec has no room for "
                "the two low bits",
                (uintptr_t)trap_vector);
    ktest_same_hex(csr_read(stvec), (uintptr_t)trap_vector,
                   "stvec: trap_vector, in direct mode");
    ktest_same_hex(csr_read(sie), 0, "sie");
    ktest_same_hex(csr_read(sstatus) & SSTATUS_SIE, 0, "sstatus.SIE");
    ktest_same_hex(csr_read(sscratch), TRAP_CODE_STACK, "sscratch");
}

/* Each register is after the trap as it was before it. */
KERNEL_TEST(every_register_survives)
{
    uint64_t before[32], after[32];

    begin();
    for (unsigned k = 0; k < trap_kind_count; k++) {
        ktest_note("%s, with random numbers in every register",
                   trap_kinds[k].name);
        for (unsigned round = 0; round < PATTERNS; round++) {
            random_registers(before);
            memcpy(after, before, sizeof after);
            trap_once(&trap_kinds[k], after);
            ktest_same_hex(trap_code_sp_after, trap_code_sp,
                           "sp, after the trap");
            for (unsigned i = 1; i < 32; i++)
                if (i != 2)
                    ktest_same_hex(after[i], before[i], "%s, after the trap",
                                   trap_register_name(i));
            ktest_same_hex(csr_read(sscratch), TRAP_CODE_STACK,
                           "sscratch, after the trap");
        }
    }
}

/* The handler reads in the frame what the code had, where and why. */
KERNEL_TEST(the_frame_is_the_codes)
{
    uint64_t before[32], after[32];

    begin();
    for (unsigned k = 0; k < trap_kind_count; k++) {
        const struct trap_kind *kind = &trap_kinds[k];

        ktest_note("%s: what is in the frame?", kind->name);
        random_registers(before);
        memcpy(after, before, sizeof after);
        trap_once(kind, after);
        for (unsigned i = 1; i < 32; i++)
            ktest_same_hex(*frame_register(&watch.frame, i),
                           i == 2 ? trap_code_sp : before[i], "the frame's %s",
                           trap_register_name(i));
        ktest_same_hex(watch.frame.scause, kind->cause, "the frame's scause");
        ktest_same_hex(watch.frame.sepc,
                       (uintptr_t)kind->at + (kind->bytes == 0 ? 4 : 0),
                       "the frame's sepc");
        if (kind->cause == EXCEPTION_LOAD_ACCESS)
            ktest_same_hex(watch.frame.stval, 0x10, "the frame's stval");
        ktest_check(watch.frame.sstatus & SSTATUS_SPP,
                    "the frame's sstatus says that it came from supervisor "
                    "mode (SPP)");
        ktest_check(watch.stack_intact,
                    "what stands above the code's sp is as it was");
        ktest_check(!watch.interrupts_on, "interrupts are off in the handler");
        ktest_equal(watch.misaligned, 0,
                    "sp modulo 16 where the handler was called");
        ktest_check(watch.context == (void *)kind,
                    "the handler gets the context that was set with it");
    }
}

/* The code finds what the handler left in the frame. */
KERNEL_TEST(the_code_gets_what_is_in_the_frame)
{
    uint64_t change[32], after[32];

    begin();
    for (unsigned k = 0; k < trap_kind_count; k++) {
        ktest_note("%s: the handler changes every register in the frame",
                   trap_kinds[k].name);
        random_registers(change);
        random_registers(after);
        change[4] = ktest_random();
        watch.change = change;
        trap_once(&trap_kinds[k], after);
        watch.change = NULL;
        for (unsigned i = 1; i < 32; i++)
            if (i != 2)
                ktest_same_hex(after[i], change[i], "%s, after the trap",
                               trap_register_name(i));
    }
}

#define SP_MOVED 512

static int move_sp(struct trap_frame *frame, void *context)
{
    (void)context;
    frame->sp -= SP_MOVED;
    frame->sepc += 4;
    return 0;
}

/* sp is no exception. */
KERNEL_TEST(sp_is_taken_from_the_frame)
{
    uint64_t before, after;

    begin();
    ktest_ok(trap_set_handler(EXCEPTION_BREAKPOINT, move_sp, NULL));
    ktest_note("ebreak: the handler subtracts %d from the frame's sp",
               SP_MOVED);
    asm volatile("mv s1, sp\n"
                 ".insn 4, 0x00100073\n"
                 "mv %1, sp\n"
                 "mv sp, s1\n"
                 "mv %0, s1"
                 : "=&r"(before), "=&r"(after)
                 :
                 : "s1", "memory");
    ktest_equal(before - after, SP_MOVED, "how far sp has moved");
}

/* Interrupts are on after a trap if and only if they were on before it. */
KERNEL_TEST(interrupts_are_as_before)
{
    uint64_t registers[32];

    begin();
    for (int on = 0; on <= 1; on++) {
        uint64_t status;

        ktest_note("ebreak, with interrupts %s", on ? "on" : "off");
        random_registers(registers);
        ktest_ok(trap_set_handler(EXCEPTION_BREAKPOINT, on_any,
                                  (void *)&trap_kinds[0]));
        if (on)
            interrupts_on();
        trap_kinds[0].run(registers);
        status = csr_read(sstatus);
        interrupts_off();
        ktest_equal(status & SSTATUS_SIE ? 1 : 0, on,
                    "sstatus.SIE, after the trap");
        ktest_equal(watch.frame.sstatus & SSTATUS_SPIE ? 1 : 0, on,
                    "SPIE in the frame's sstatus");
        ktest_check(!watch.interrupts_on, "interrupts are off in the handler");
    }
    watch.change_status = true;
    csr_clear(sstatus, SSTATUS_SUM | SSTATUS_MXR);
    ktest_note("ebreak, whose handler sets MXR in the frame's sstatus, and SUM "
               "in sstatus itself");
    random_registers(registers);
    trap_kinds[0].run(registers);
    ktest_same_hex(csr_read(sstatus) & (SSTATUS_SUM | SSTATUS_MXR), SSTATUS_MXR,
                   "SUM and MXR of sstatus after the trap: as in the frame");
    csr_clear(sstatus, SSTATUS_SUM | SSTATUS_MXR);
}

static unsigned exceptions, interrupts;

static int count_exception(struct trap_frame *frame, void *context)
{
    (void)context;
    exceptions++;
    frame->sepc += 4;
    return 0;
}

static int count_interrupt(struct trap_frame *frame, void *context)
{
    (void)frame;
    (void)context;
    interrupts++;
    csr_clear(sip, SIE_SOFTWARE);
    return 0;
}

/* Exception 1 is not interrupt 1. */
KERNEL_TEST(interrupts_are_no_exceptions)
{
    begin();
    ktest_note("handlers for interrupt 1 and exception 1; a software "
               "interrupt comes");
    ktest_ok(trap_set_handler(CAUSE_INTERRUPT | INTERRUPT_SOFTWARE,
                              count_interrupt, NULL));
    ktest_ok(
        trap_set_handler(EXCEPTION_INSTRUCTION_ACCESS, count_exception, NULL));
    exceptions = interrupts = 0;
    csr_write(sie, SIE_SOFTWARE);
    csr_set(sip, SIE_SOFTWARE);
    interrupts_on();
    interrupts_off();
    ktest_equal(interrupts, 1, "how often the interrupt's handler was called");
    ktest_equal(exceptions, 0, "how often the exception's handler was called");
}

/* A later handler takes the earlier one's place. */
KERNEL_TEST(the_last_handler_counts)
{
    struct trap_frame frame = {.scause = EXCEPTION_BREAKPOINT};
    uint64_t registers[32];

    begin();
    ktest_note("two handlers are set for ebreak, then it happens");
    ktest_ok(trap_set_handler(EXCEPTION_BREAKPOINT, count_exception, NULL));
    ktest_ok(
        trap_set_handler(EXCEPTION_BREAKPOINT, on_any, (void *)&trap_kinds[0]));
    exceptions = 0;
    random_registers(registers);
    trap_kinds[0].run(registers);
    ktest_equal(watch.calls, 1, "how often the second was called");
    ktest_equal(exceptions, 0, "how often the first was called");
    ktest_note("trap_dispatch(), where the frame's scause says ebreak and the "
               "CSR says ecall");
    ktest_ok(
        trap_set_handler(EXCEPTION_ECALL_SUPERVISOR, count_exception, NULL));
    csr_write(scause, EXCEPTION_ECALL_SUPERVISOR);
    trap_dispatch(&frame);
    ktest_equal(watch.calls, 2, "how often ebreak's handler was called");
    ktest_equal(exceptions, 0, "how often ecall's handler was called");
}

/* ---- Traps in traps ---- */

#define NESTED_MAX 5

static unsigned nested;
static struct trap_frame nested_frames[NESTED_MAX];

static void break_once(void)
{
    uint64_t registers[32];

    random_registers(registers);
    trap_kinds[0].run(registers);
}

/* Traps again until it is NESTED_MAX deep, and then looks at its frame. */
static int trap_again(struct trap_frame *frame, void *context)
{
    struct trap_frame before = *frame;
    unsigned depth = nested++;

    (void)context;
    nested_frames[depth] = before;
    if (nested < NESTED_MAX) {
        uint64_t outer = trap_code_sp;

        break_once();
        trap_code_sp = outer;
    }
    ktest_same_bytes(frame, &before, TRAP_SSTATUS + 8,
                     "the frame of trap %u, after those in its handler",
                     depth + 1);
    frame->sepc += 4;
    return 0;
}

/* What one trap has saved, another in its handler leaves alone. */
KERNEL_TEST(traps_nest)
{
    uint64_t before[32], after[32];

    begin();
    ktest_ok(trap_set_handler(EXCEPTION_BREAKPOINT, trap_again, NULL));
    ktest_note("ebreak, whose handler has an ebreak, and so on, %d deep",
               NESTED_MAX);
    random_registers(before);
    memcpy(after, before, sizeof after);
    nested = 0;
    trap_kinds[0].run(after);
    ktest_equal(nested, NESTED_MAX, "how many traps there were");
    for (unsigned i = 1; i < 32; i++)
        if (i != 2)
            ktest_same_hex(after[i], before[i], "%s, after all of them",
                           trap_register_name(i));
}

#define WAY_BACK 400

static uint64_t alarm_after;

static int set_alarm(struct trap_frame *frame, void *context)
{
    (void)context;
    exceptions++;
    frame->sepc += 4;
    csr_write(sie, SIE_TIMER);
    ktest_alarm(alarm_after);
    interrupts_on();
    return 0;
}

static int end_alarm(struct trap_frame *frame, void *context)
{
    (void)frame;
    (void)context;
    interrupts++;
    stimecmp_write(UINT64_MAX);
    spoil_registers();
    return 0;
}

/*
 * A handler that lets interrupts in, and goes back with them on: one comes, now
 * here, now there, on the whole way back to the code.
 */
KERNEL_TEST(an_interrupt_may_come_on_the_way_back)
{
    begin();
    ktest_ok(trap_set_handler(EXCEPTION_BREAKPOINT, set_alarm, NULL));
    ktest_ok(
        trap_set_handler(CAUSE_INTERRUPT | INTERRUPT_TIMER, end_alarm, NULL));
    ktest_note("ebreak, whose handler lets interrupts in; a timer interrupt "
               "comes behind each of the %u instructions that follow",
               WAY_BACK);
    exceptions = interrupts = 0;
    for (alarm_after = 0; alarm_after < WAY_BACK; alarm_after++) {
        uint64_t before[32], after[32];

        random_registers(before);
        memcpy(after, before, sizeof after);
        trap_kinds[0].run(after);
        interrupts_off();
        stimecmp_write(UINT64_MAX);
        for (unsigned i = 1; i < 32; i++)
            if (i != 2)
                ktest_same_hex(after[i], before[i],
                               "%s, after an interrupt, %lu instructions on",
                               trap_register_name(i), alarm_after);
    }
    ktest_at_least(interrupts, 1, "interrupts that came on the way back");
    ktest_equal(exceptions, WAY_BACK,
                "how often the ebreak's handler was called");
}

/* Where the code has come no further, the way back takes longer than that. */
static int next_alarm(struct trap_frame *frame, void *context)
{
    static uint64_t delay = 20, last;

    (void)context;
    interrupts++;
    if (frame->sepc == last)
        delay += 20;
    last = frame->sepc;
    stimecmp_write(time_read() + delay + ktest_random_below(60));
    spoil_registers();
    return 0;
}

static uint64_t mix(uint64_t state)
{
    for (unsigned i = 0; i < 400; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state *= 0x2545f4914f6cdd1d;
    }
    return state;
}

/* Code that knows nothing of interrupts is not disturbed by 500 of them. */
KERNEL_TEST(a_storm_is_not_noticed)
{
    uint64_t calm = 1, stormy = 1;
    unsigned rounds = 0;

    begin();
    ktest_ok(
        trap_set_handler(CAUSE_INTERRUPT | INTERRUPT_TIMER, next_alarm, NULL));
    ktest_note("a computation, interrupted every few microseconds until %d "
               "interrupts have come",
               STORM_INTERRUPTS);
    interrupts = 0;
    stimecmp_write(0);
    csr_write(sie, SIE_TIMER);
    interrupts_on();
    for (; *(volatile unsigned *)&interrupts < STORM_INTERRUPTS; rounds++)
        stormy = mix(stormy);
    interrupts_off();
    for (unsigned i = 0; i < rounds; i++)
        calm = mix(calm);
    ktest_same_hex(stormy, calm, "its result, beside that without interrupts");
}

/* ---- All harts ---- */

static int on_each(struct trap_frame *frame, void *context)
{
    (void)context;
    frame->a0 += frame->a1;
    frame->sepc += 4;
    return 0;
}

/* a0 + a1, by a trap. */
static uint64_t add_by_trap(uint64_t left, uint64_t right)
{
    register uint64_t a0 asm("a0") = left;
    register uint64_t a1 asm("a1") = right;

    asm volatile(".insn 4, 0x00100073" : "+r"(a0) : "r"(a1) : "memory");
    return a0;
}

static void trap_often(void *argument)
{
    (void)argument;
    trap_init_hart();
    for (uint64_t i = 0; i < EACH_HART; i++)
        ktest_equal(add_by_trap(i * 1000, hart_id()), i * 1000 + hart_id(),
                    "the sum that the handler made, on hart %u", hart_id());
}

/* Each hart has its own traps. */
KERNEL_TEST(harts_trap_at_the_same_time)
{
    ktest_ok(trap_set_handler(EXCEPTION_BREAKPOINT, on_each, NULL));
    ktest_note("%d times ebreak on each hart; the handler adds a1 to a0",
               EACH_HART);
    ktest_on_all_harts(trap_often, NULL);
}
