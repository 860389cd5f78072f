/*
 * registers.h: where the harts of a machine are, seen from outside.
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include "qemu.h"

struct hart_registers {
    uint64_t pc, sp, tp;
    uint64_t wakes; /* interrupts that end wfi at once: in sip and in sie */
};

/* Of the machine as it is right now. */
struct hart_registers registers_read(struct machine *m, unsigned hart);

/*
 * This hart sleeps in wfi. It is not waited for: the machine counts
 * instructions, and the hart that asks has slept since there was anything to
 * do.
 */
#define registers_expect_rest(m, hart) \
    registers_expect_rest_at(LAB_HERE, (m), (hart))
void registers_expect_rest_at(struct lab_where where, struct machine *m,
                              unsigned hart);

/*
 * Wait until this hart sleeps in wfi, and see that it stays there. If it is
 * seen in ever other places instead, it runs, and is not waited for.
 */
#define registers_expect_asleep(m, hart) \
    registers_expect_asleep_at(LAB_HERE, (m), (hart))
void registers_expect_asleep_at(struct lab_where where, struct machine *m,
                                unsigned hart);

#endif
