/*
 * ktest_machine.c: the machine-mode part below a tested kernel.
 *
 * It takes the place of the course's machine.S: it prepares each hart in the
 * same way and enters the kernel in supervisor mode. Then it stays, and answers
 * the ecalls of ktest.h. Invariants:
 *
 *  1. Nothing of the kernel is written to, but its registers and, when a trap
 *     is handed on, the CSRs that a trap sets.
 *  2. The block's result is written once, and then the machine ends.
 */
#include "ktest_machine.h"

#define CLINT_MSIP ((volatile uint32_t *)0x02000000)
#define TEST_DEVICE ((volatile uint32_t *)DEVICE_TEST)
#define TEST_FAIL 0x3333

/* All but those that the machine-mode part looks at first: access faults,
 * which may be a device's that stands here, and the kernel's own ecalls. */
#define DELEGATED_EXCEPTIONS 0xb15dull
#define DELEGATED_INTERRUPTS 0x222ull

#define MIE_MSIE (1ull << 3)
#define MIE_MTIE (1ull << 7)
#define MIP_SSIP (1ull << 1)
#define MENVCFG_STCE (1ull << 63)

struct hart ktest_harts[KTEST_HARTS_MAX];

static struct {
    uint64_t entry, function, argument;
    uint32_t running;
} job;

static uint32_t finishing, ready;

_Noreturn void ktest_machine_resume(const struct frame *frame);

static unsigned hart_id(void)
{
    return (unsigned)csr_read("mhartid");
}

/* ---- The end ---- */

static _Noreturn void sleep_forever(void)
{
    csr_write("mie", 0);
    for (;;)
        __asm__ volatile("wfi");
}

void ktest_machine_finish(enum ktest_result result)
{
    if (__atomic_exchange_n(&finishing, 1, __ATOMIC_ACQ_REL) != 0)
        sleep_forever();
    block()->by_hart = hart_id();
    if (result == KTEST_PASSED)
        block()->passed_token = block()->token;
    __atomic_store_n(&block()->result, result, __ATOMIC_RELEASE);
    *TEST_DEVICE = TEST_FAIL | block()->exit_code << 16;
    sleep_forever();
}

/* Called by ktest_machine.S: a trap of this code's own. */
_Noreturn void ktest_machine_broken(uint64_t cause, uint64_t pc, uint64_t value)
{
    struct ktest_hart_state *state = &block()->hart[hart_id()];

    *state = (struct ktest_hart_state){
        .seen = 1, .pc = pc, .cause = cause, .value = value};
    ktest_machine_finish(KTEST_BROKEN);
}

/* ---- A hart's start ---- */

void ktest_machine_delegate(void)
{
    csr_write("medeleg",
              ktest_harts[hart_id()].catching ? 0 : DELEGATED_EXCEPTIONS);
}

static void prepare_hart(void)
{
    ktest_refresh();
    ktest_machine_delegate();
    csr_write("mideleg", DELEGATED_INTERRUPTS);
    csr_write("mcounteren", 7);
    csr_write("scounteren", 7);
    csr_set("0x30a", MENVCFG_STCE); /* menvcfg, by a name any assembler knows */
    csr_clear("mstatus", MSTATUS_MPP | MSTATUS_SIE);
    csr_set("mstatus", MSTATUS_MPP_S);
    csr_write("satp", 0);
    csr_write("sie", 0);
    csr_write("mie", hart_id() == 0 ? MIE_MSIE | MIE_MTIE : MIE_MSIE);
}

static void wait_for_interrupt(void)
{
    uint64_t pending;

    do {
        __asm__ volatile("wfi");
        pending = csr_read("mip");
    } while ((pending & MIE_MSIE) == 0);
    CLINT_MSIP[hart_id()] = 0;
}

/* A hart that the kernel has not: it waits until a test asks for all. */
static _Noreturn void serve_jobs(unsigned hart)
{
    struct frame frame = {{0}};

    while (!ktest_harts[hart].runs_job)
        wait_for_interrupt();
    CLINT_MSIP[hart] = 0; /* it may have seen the job before the interrupt */
    ktest_refresh();
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    frame.x[0] = job.entry;
    frame.x[A0] = job.function;
    frame.x[A1] = job.argument;
    frame.x[A2] = hart;
    csr_clear("mstatus", MSTATUS_MPP | MSTATUS_SPIE | MSTATUS_SIE);
    csr_set("mstatus", MSTATUS_MPP_S);
    ktest_machine_resume(&frame);
}

static void begin_run(void)
{
    block()->boots++;
    if (block()->boots > 1)
        ktest_machine_finish(KTEST_BOOTED);
    ktest_count_start();
    for (unsigned hart = 0; hart < KTEST_HARTS_MAX; hart++)
        ktest_harts[hart].text_len = 0;
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
}

/* Called by ktest_machine.S on each hart: where it enters the kernel. */
struct frame *ktest_machine_boot(unsigned hart)
{
    static struct frame frames[KTEST_HARTS_MAX];
    struct frame *frame = &frames[hart];

    if (hart >= KTEST_HARTS_MAX)
        sleep_forever();
    prepare_hart();
    if (hart == 0)
        begin_run();
    while (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE))
        continue;
    if (hart != 0 && !(block()->flags & KTEST_ALL_HARTS))
        serve_jobs(hart);
    if (hart == 0)
        ktest_watch_start(block()->limit_ticks);
    /* As after a reset, registers hold anything: nobody may count on 0. */
    for (unsigned i = 1; i < 32; i++)
        frame->x[i] = KTEST_JUNK(i);
    csr_write("sscratch", KTEST_JUNK(0));
    frame->x[0] = block()->entry;
    frame->x[A0] = hart;
    return frame;
}

/* ---- Calls ---- */

static void keep_text(struct hart *hart, const struct frame *frame)
{
    const char *from = (const char *)&frame->x[A1];
    uint64_t len = frame->x[A0] <= 40 ? frame->x[A0] : 40;

    for (uint64_t i = 0; i < len && hart->text_len + 1 < KTEST_TEXT_BYTES; i++)
        hart->text[hart->text_len++] = from[i];
}

static void take_text(struct hart *hart, char *to, uint32_t size)
{
    uint32_t len = hart->text_len < size - 1 ? hart->text_len : size - 1;

    for (uint32_t i = 0; i < len; i++)
        to[i] = hart->text[i];
    to[len] = '\0';
    hart->text_len = 0;
}

static void note(struct hart *hart)
{
    uint32_t len = hart->text_len + 1;
    uint32_t at =
        __atomic_fetch_add(&block()->transcript_len, len, __ATOMIC_RELAXED);

    if (at + len > KTEST_TRANSCRIPT_BYTES)
        hart->text_len = 0;
    else
        take_text(hart, block()->transcript + at, len);
    if (at + len <= KTEST_TRANSCRIPT_BYTES)
        block()->transcript[at + len - 1] = '\n';
}

static void field(struct hart *hart, uint64_t which)
{
    if (which < KTEST_TEXTS)
        take_text(hart, block()->text[which], KTEST_TEXT_BYTES);
}

static _Noreturn void fail(struct frame *frame)
{
    block()->line = (uint32_t)frame->x[A0];
    ktest_watch_note(frame, true);
    ktest_machine_finish(KTEST_FAILED);
}

static _Noreturn void not_written(struct hart *hart, struct frame *frame)
{
    field(hart, KTEST_WHAT);
    ktest_watch_note(frame, true);
    ktest_machine_finish(KTEST_NOT_WRITTEN);
}

static uint64_t get(const struct hart *hart, uint64_t value, uint64_t index)
{
    switch ((enum ktest_value)value) {
    case KTEST_TEST:
        return block()->test;
    case KTEST_HART:
        return hart_id();
    case KTEST_HARTS:
        return block()->harts;
    case KTEST_SEED:
        return block()->seed;
    case KTEST_ARGUMENT:
        return index < KTEST_ARGUMENTS ? block()->arguments[index] : 0;
    case KTEST_RUNNING:
        return __atomic_load_n(&job.running, __ATOMIC_ACQUIRE);
    case KTEST_TRAP:
        return index < 4 ? hart->trap[index] : 0;
    case KTEST_COUNT:
        return ktest_count();
    }
    return 0;
}

static void start_job(const struct frame *frame)
{
    job.entry = frame->x[A0];
    job.function = frame->x[A1];
    job.argument = frame->x[A2];
    job.running = block()->harts - 1;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    for (unsigned hart = 0; hart < block()->harts; hart++)
        if (hart != hart_id()) {
            ktest_harts[hart].runs_job = true;
            CLINT_MSIP[hart] = 1;
        }
}

static _Noreturn void end_job(struct hart *hart)
{
    unsigned id = hart_id();

    hart->runs_job = false;
    __atomic_fetch_sub(&job.running, 1, __ATOMIC_RELEASE);
    csr_write("mscratch", 0);
    csr_write("satp", 0);
    serve_jobs(id);
}

/* The machine's time goes on meanwhile; it is given back. */
static uint64_t ask_host(struct hart *hart, const struct frame *frame)
{
    uint64_t from = ktest_watch_time();
    uint32_t number = block()->asked + 1;

    take_text(hart, block()->what, KTEST_TEXT_BYTES);
    block()->question[0] = frame->x[A0];
    block()->question[1] = frame->x[A1];
    __atomic_store_n(&block()->asked, number, __ATOMIC_RELEASE);
    while (__atomic_load_n(&block()->answered, __ATOMIC_ACQUIRE) != number)
        continue;
    ktest_watch_extend(ktest_watch_time() - from);
    return block()->answer;
}

/* Its registers come back as they are now when a trap comes. */
static void catch_traps(struct hart *hart, struct frame *frame)
{
    frame->x[A0] = 0;
    hart->caught = *frame;
    hart->catching = true;
    ktest_machine_delegate();
}

static void release_traps(struct hart *hart)
{
    hart->catching = false;
    ktest_machine_delegate();
}

static void serve(struct hart *hart, struct frame *frame)
{
    uint64_t call = frame->x[A7] & 0xff;

    frame->x[0] += 4;
    if (call == KTEST_CALL_TEXT)
        keep_text(hart, frame);
    else if (call == KTEST_CALL_NOTE)
        note(hart);
    else if (call == KTEST_CALL_FIELD)
        field(hart, frame->x[A0]);
    else if (call == KTEST_CALL_FAIL)
        fail(frame);
    else if (call == KTEST_CALL_PASS)
        ktest_machine_finish(KTEST_PASSED);
    else if (call == KTEST_CALL_GET)
        frame->x[A0] = get(hart, frame->x[A0], frame->x[A1]);
    else if (call == KTEST_CALL_CATCH)
        catch_traps(hart, frame);
    else if (call == KTEST_CALL_RELEASE)
        release_traps(hart);
    else if (call == KTEST_CALL_HARTS)
        start_job(frame);
    else if (call == KTEST_CALL_HART_END)
        end_job(hart);
    else if (call == KTEST_CALL_UNWRITTEN)
        not_written(hart, frame);
    else if (call == KTEST_CALL_DEVICE)
        frame->x[A0] = ktest_device_serve(frame);
    else if (call == KTEST_CALL_LIMIT)
        ktest_watch_start(frame->x[A0] * 10000);
    else if (call == KTEST_CALL_ENDING)
        ktest_device_expect_ending(frame->x[A0]);
    else if (call == KTEST_CALL_HOST)
        frame->x[A0] = ask_host(hart, frame);
}

/* ---- Traps ---- */

void ktest_machine_inject(struct frame *frame, uint64_t cause, uint64_t value)
{
    uint64_t status = csr_read("mstatus");
    uint64_t next =
        status & ~(MSTATUS_SPP | MSTATUS_SPIE | MSTATUS_SIE | MSTATUS_MPP);

    next |= MSTATUS_MPP_S;
    if ((status & MSTATUS_MPP) == MSTATUS_MPP_S)
        next |= MSTATUS_SPP;
    if (status & MSTATUS_SIE)
        next |= MSTATUS_SPIE;
    csr_write("mstatus", next);
    csr_write("scause", cause);
    csr_write("sepc", frame->x[0]);
    csr_write("stval", value);
    frame->x[0] = csr_read("stvec") & ~3ull;
}

static void caught(struct hart *hart, struct frame *frame, uint64_t cause)
{
    hart->trap[0] = cause;
    hart->trap[1] = frame->x[0];
    hart->trap[2] = csr_read("mtval");
    hart->trap[3] = csr_read("mstatus");
    *frame = hart->caught;
    frame->x[A0] = 1;
    csr_set("mstatus", MSTATUS_MPP_S);
    release_traps(hart);
}

static void take_exception(struct hart *hart, struct frame *frame,
                           uint64_t cause)
{
    uint64_t value = csr_read("mtval");
    bool store = cause == CAUSE_STORE_ACCESS;

    if (cause == CAUSE_ECALL_S && (frame->x[A7] & ~0xffull) == KTEST_CALL) {
        serve(hart, frame);
        return;
    }
    ktest_watch_hear(frame, cause);
    if ((store || cause == CAUSE_LOAD_ACCESS) &&
        ktest_access(frame, value, store))
        return;
    if (hart->catching) {
        caught(hart, frame, cause);
        return;
    }
    if (cause == CAUSE_FETCH_ACCESS &&
        frame->x[0] == (csr_read("stvec") & ~3ull)) {
        ktest_watch_note(frame, true);
        ktest_machine_finish(KTEST_NO_VECTOR);
    }
    ktest_machine_inject(frame, cause, value);
}

/* Called by ktest_machine.S: a trap that machine mode keeps for itself. */
void ktest_machine_trap(struct frame *frame)
{
    uint64_t cause = csr_read("mcause");

    if (cause == CAUSE_MACHINE_TIMER) {
        ktest_watch_timer(frame);
    } else if (cause == CAUSE_MACHINE_SOFTWARE) {
        CLINT_MSIP[hart_id()] = 0;
        if (!ktest_watch_asked(frame) && !ktest_refresh_asked())
            csr_set("mip", MIP_SSIP); /* as the course's machine.S does */
    } else {
        take_exception(&ktest_harts[hart_id()], frame, cause);
    }
}
