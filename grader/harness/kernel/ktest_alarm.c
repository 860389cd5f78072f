/*
 * ktest_alarm.c: an interrupt between two instructions of one's choice.
 *
 * A tick of the clock is 100 ns, and an instruction 32 where the machine counts
 * them (icount): so only each third instruction could be told by stimecmp
 * alone. But `cycle` tells of the same clock in nanoseconds, and the way to the
 * return from here is made as long as it has to be.
 *
 * Invariants
 *  1. From the last look at `cycle` to the return it is the same number of
 *     instructions each time, but for the nops that are chosen.
 *  2. No interrupt is taken before that: an alarm that was missed is set anew.
 */
#include "ktest.h"

#define TICK_NS 100
#define INSTRUCTION_NS 32
#define SAMPLES 400
#define NOPS 64
#define REST 16 /* about so many from the last look to the return */

static uint64_t cycle_now(void)
{
    uint64_t value;

    __asm__ volatile("rdcycle %0" : "=r"(value) : : "memory");
    return value;
}

static uint64_t time_now(void)
{
    uint64_t value;

    __asm__ volatile("rdtime %0" : "=r"(value) : : "memory");
    return value;
}

static uint64_t cycle_unit(void)
{
    uint64_t from = cycle_now();

    __asm__ volatile(".rept 63\nnop\n.endr" : : : "memory");
    return (cycle_now() - from) / 64;
}

/* What is to be added to `cycle` for the nanoseconds of time: nowhere is time
 * behind that, and somewhere in so many looks it has just become what it is. */
static int64_t find_offset(void)
{
    int64_t offset = INT64_MIN;

    for (unsigned i = 0; i < SAMPLES; i++) {
        int64_t cycle = (int64_t)cycle_now(); /* one instruction before time */
        int64_t time = (int64_t)time_now();
        int64_t least = TICK_NS * time - cycle - INSTRUCTION_NS;

        if (least > offset)
            offset = least;
        for (unsigned spin = i % 7; spin > 0; spin--)
            __asm__ volatile("nop");
    }
    return offset;
}

/* What `cycle` lacks to the nanoseconds of time. */
static int64_t offset_of_cycle(void)
{
    static int64_t offset = INT64_MIN;

    if (offset == INT64_MIN) {
        if (cycle_unit() != INSTRUCTION_NS)
            ktest_fail("ktest_alarm(): cycle goes on by %lu an instruction",
                       cycle_unit());
        offset = find_offset();
    }
    return offset;
}

/* Gives when it comes, as `cycle` will tell of it: QEMU counts whole ticks from
 * the write on, wherever in a tick that was. */
static int64_t set_alarm(uint64_t instructions, int64_t offset)
{
    int64_t ticks = (int64_t)(time_now() + 60 + instructions / 3), now;

    __asm__ volatile("rdcycle %0\n"
                     "csrw 0x14d, %1" /* stimecmp */
                     : "=&r"(now)
                     : "r"(ticks)
                     : "memory");
    now += INSTRUCTION_NS;
    return now + (ticks - (now + offset) / TICK_NS) * TICK_NS;
}

void ktest_alarm(uint64_t instructions)
{
    uint64_t status;

    __asm__ volatile("csrrci %0, sstatus, 2" : "=r"(status) : : "memory");
    const int64_t offset = offset_of_cycle();
    const int64_t least = (int64_t)instructions + REST;
    int64_t alarm = set_alarm(instructions, offset), left;

    do {
        left = (alarm - (int64_t)cycle_now() + INSTRUCTION_NS - 1) /
               INSTRUCTION_NS;
        if (left < least) /* another hart, or machine mode, had its turn */
            alarm = set_alarm(instructions, offset);
    } while (left < least || left > least + NOPS - 8);
    uint64_t nops = (uint64_t)(left - least);
    __asm__ volatile(".option push\n"
                     ".option norvc\n"
                     "la t0, 1f\n"
                     "slli t1, %0, 2\n"
                     "sub t0, t0, t1\n"
                     "jr t0\n"
                     ".rept 64\n"
                     "nop\n"
                     ".endr\n"
                     "1:\n"
                     ".option pop\n"
                     "csrs sstatus, %1"
                     :
                     : "r"(nops), "r"(status & 2)
                     : "t0", "t1", "memory");
}
