/*
 * registers.h: where the harts of a machine are, seen from outside.
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include "qemu.h"

struct hart_registers {
    uint64_t pc, sp, tp;
};

/* Of the machine as it is right now. */
struct hart_registers registers_read(struct machine *m, unsigned hart);

/* Wait until this hart sleeps in wfi, and see that it stays there. */
#define registers_expect_asleep(m, hart) \
    registers_expect_asleep_at(LAB_HERE, (m), (hart))
void registers_expect_asleep_at(struct lab_where where, struct machine *m,
                                unsigned hart);

#endif
