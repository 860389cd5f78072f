/*
 * ktest_machine_watch.c: the end of a run that does not end by itself.
 *
 * mtimecmp of hart 0 is the machine's own clock: no supervisor can mask its
 * interrupt. When it runs out, what each hart does is written down. Then hart 0
 * is let go on a few times for a moment, with a cause in scause that no trap
 * has: where another stands there afterwards, traps keep coming, and it is they
 * that it hangs in. Where the trap vector may not have read its scause yet, it
 * is given time to: it would find a cause that nobody handles, and panic.
 *
 * A kernel that does nothing but trap takes QEMU long. So hart 0 is listened to
 * now and then before that: for a moment its exceptions come here first, and
 * are handed on. If at several such moments in a row the first one is the same,
 * down to the last register, nothing will ever change. Nor if each time the
 * kernel's trap vector has not come further than its first instructions: then
 * the machine's time nearly stands still, and the moments follow each other
 * soon.
 */
#include "ktest_machine.h"

#define CLINT_MSIP ((volatile uint32_t *)0x02000000)
#define CLINT_MTIMECMP ((volatile uint64_t *)0x02004000)
#define CLINT_MTIME (*(volatile uint64_t *)0x0200bff8)

#define NO_CAUSE 0x3e /* a cause that the hardware never writes */
#define ROUNDS 16
#define ROUND_TICKS 200      /* 20 µs */
#define OTHERS_TICKS 1000000 /* 100 ms for others, to write theirs down */
#define BEAT_TICKS 2000000   /* 200 ms between two moments of listening … */
#define FIRST_TICKS 200000   /* … at the beginning 20, then 40, and so on */
#define SOON_TICKS 20000     /* … and 2 if the last trap was in the vector */
#define LISTEN_TICKS 1000    /* 100 µs */
#define SAME_MAX 4
#define READING_BYTES 256 /* of the vector: what it does until it has read */
#define READING_MAX 100   /* waits; who is there still, does not read */
#define MEMORY_FAULTS 0xb0a2u /* of fetch, load and store, a bit each */

/* Years. QEMU computes with nanoseconds, which overflow for ~0. */
#define NEVER_TICKS (1ull << 50)

static uint64_t deadline;
static bool listening;
static struct frame heard;
static uint64_t heard_cause;
static uint64_t beat_ticks;
static unsigned same, in_vector, rounds, waits;

/* ---- Beats ---- */

static void set_clock(uint64_t ticks)
{
    uint64_t next = CLINT_MTIME + ticks;

    CLINT_MTIMECMP[0] = next < deadline ? next : deadline;
}

void ktest_watch_start(uint64_t limit_ticks)
{
    if (block()->flags & KTEST_NO_LIMIT)
        limit_ticks = 0;
    block()->limit_ticks = limit_ticks;
    deadline = CLINT_MTIME + (limit_ticks != 0 ? limit_ticks : NEVER_TICKS);
    listening = false;
    same = in_vector = 0;
    beat_ticks = FIRST_TICKS;
    set_clock(limit_ticks != 0 ? beat_ticks : NEVER_TICKS);
}

uint64_t ktest_watch_time(void)
{
    return CLINT_MTIME;
}

void ktest_watch_extend(uint64_t ticks)
{
    deadline += ticks;
}

static void stop_listening(void)
{
    listening = false;
    ktest_machine_delegate();
    beat_ticks = 2 * beat_ticks < BEAT_TICKS ? 2 * beat_ticks : BEAT_TICKS;
    set_clock(in_vector > 0 ? SOON_TICKS : beat_ticks);
}

static void beat(void)
{
    if (listening) {
        same = in_vector = 0;
        stop_listening();
        return;
    }
    listening = true;
    csr_write("medeleg", 0);
    set_clock(LISTEN_TICKS);
}

static bool is_same(const struct frame *frame, uint64_t cause)
{
    for (unsigned i = 0; i < 32; i++)
        if (frame->x[i] != heard.x[i])
            return false;
    return cause == heard_cause;
}

/* A fault of the vector's own, before it has saved what it needs. */
static bool is_in_vector(const struct frame *frame, uint64_t cause)
{
    return cause < 16 && MEMORY_FAULTS >> cause & 1 &&
           (csr_read("mstatus") & MSTATUS_MPP) == MSTATUS_MPP_S &&
           frame->x[0] - (csr_read("stvec") & ~3ull) < KTEST_VECTOR_BYTES;
}

void ktest_watch_hear(struct frame *frame, uint64_t cause)
{
    struct ktest_hart_state *state = &block()->hart[0];

    if (!listening || csr_read("mhartid") != 0 || ktest_harts[0].catching)
        return;
    same = is_same(frame, cause) ? same + 1 : 0;
    in_vector = is_in_vector(frame, cause) ? in_vector + 1 : 0;
    heard = *frame;
    heard_cause = cause;
    stop_listening();
    if (same < SAME_MAX && in_vector <= SAME_MAX)
        return;
    ktest_watch_note(frame, true);
    state->cause = cause;
    state->epc = frame->x[0];
    state->value = csr_read("mtval");
    state->traps = ROUNDS;
    ktest_machine_finish(KTEST_TRAPS);
}

/* ---- The end ---- */

void ktest_watch_note(struct frame *frame, bool seen)
{
    struct ktest_hart_state *state = &block()->hart[csr_read("mhartid")];

    state->pc = frame->x[0];
    state->ra = frame->x[1];
    state->sp = frame->x[2];
    state->fp = frame->x[8];
    state->mode = (csr_read("mstatus") & MSTATUS_MPP) == MSTATUS_MPP_S;
    state->cause = csr_read("scause");
    state->epc = csr_read("sepc");
    state->value = csr_read("stval");
    state->vector = csr_read("stvec");
    state->satp = csr_read("satp");
    __atomic_store_n(&state->seen, seen, __ATOMIC_RELEASE);
}

static _Atomic bool asked;

bool ktest_watch_asked(struct frame *frame)
{
    if (asked)
        ktest_watch_note(frame, true);
    return asked;
}

/* A parked hart of ours has nothing to say; it is not waited for. */
static void ask_others(void)
{
    uint64_t until = CLINT_MTIME + OTHERS_TICKS;

    asked = true;

    for (unsigned hart = 1; hart < block()->harts; hart++)
        if (block()->flags & KTEST_ALL_HARTS || ktest_harts[hart].runs_job)
            CLINT_MSIP[hart] = 1;
    for (unsigned hart = 1; hart < block()->harts; hart++)
        while (
            (block()->flags & KTEST_ALL_HARTS || ktest_harts[hart].runs_job) &&
            !__atomic_load_n(&block()->hart[hart].seen, __ATOMIC_ACQUIRE) &&
            CLINT_MTIME < until)
            continue;
}

static void look_at_traps(struct ktest_hart_state *state)
{
    uint64_t cause = csr_read("scause");

    if (cause == NO_CAUSE)
        return;
    state->traps++;
    state->cause = cause;
    state->epc = csr_read("sepc");
    state->value = csr_read("stval");
}

/* Moments of different length: a kernel may be there again and again. */
static bool lets_read(const struct frame *frame)
{
    if (frame->x[0] - (csr_read("stvec") & ~3ull) >= READING_BYTES ||
        waits == READING_MAX)
        return false;
    waits++;
    CLINT_MTIMECMP[0] = CLINT_MTIME + 5 + waits % 7;
    return true;
}

void ktest_watch_timer(struct frame *frame)
{
    if (CLINT_MTIME < deadline && rounds == 0) {
        beat();
        return;
    }
    if (lets_read(frame))
        return;
    waits = 0;
    if (rounds == 0) {
        ktest_machine_delegate();
        ktest_watch_note(frame, true);
        ask_others();
    } else {
        look_at_traps(&block()->hart[0]);
    }
    if (rounds++ == ROUNDS)
        ktest_machine_finish(KTEST_HUNG);
    csr_write("scause", NO_CAUSE);
    CLINT_MTIMECMP[0] = CLINT_MTIME + ROUND_TICKS;
}
