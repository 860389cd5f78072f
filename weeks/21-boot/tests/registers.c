/*
 * registers.c: reads what QEMU's monitor says of the harts.
 */
#include "registers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WFI 0x10500073
#define SUPERVISORS 0x222 /* software, timer, external */
#define LOOKS 8
#define AWAKE_MAX 10
#define PLACES 40 /* one after the other, and no sleep between */

static uint64_t field(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 16);
}

struct hart_registers registers_read(struct machine *m, unsigned hart)
{
    char head[16];
    const char *text = machine_monitor(m, "info registers -a");
    struct hart_registers registers;

    snprintf(head, sizeof head, "CPU#%u", hart);
    text = strstr(text, head);
    if (text == NULL)
        lab_fail("QEMU tells nothing of hart %u", hart);
    registers.pc = field(text, " pc ");
    registers.sp = field(text, " x2/sp ");
    registers.tp = field(text, " x4/tp ");
    registers.wakes = field(text, " mip ") & field(text, " mie ") & SUPERVISORS;
    return registers;
}

/* Where a hart sleeps its pc is behind wfi, or at it. */
static bool is_asleep(struct machine *m, uint64_t pc)
{
    uint32_t around[2];

    if (pc < MACHINE_MEMORY + 4 ||
        pc + 4 > (uint64_t)MACHINE_MEMORY + MACHINE_MEMORY_BYTES)
        return false;
    memcpy(around, machine_memory(m, pc - 4, sizeof around), sizeof around);
    return around[0] == WFI || around[1] == WFI;
}

static _Noreturn void fail_awake(struct lab_where where, struct machine *m,
                                 unsigned hart, uint64_t pc)
{
    lab_fail_at(where,
                "hart %u does not sleep in wfi: it is at 0x%" PRIx64 ", %s",
                hart, pc, machine_place(m, pc));
}

/* An interrupt that is pending and let through by sie ends each wfi at once,
 * and QEMU shows a pc behind wfi all the same. */
static void expect_nothing_wakes(struct lab_where where, unsigned hart,
                                 uint64_t wakes)
{
    if (wakes != 0)
        lab_fail_at(where,
                    "hart %u does not sleep in wfi: interrupts are pending "
                    "that sie lets end it (0x%" PRIx64 " in sip and in sie)",
                    hart, wakes);
}

/* The tests' own machine mode, above the kernel's memory, wakes hart 0 a few
 * times in a second, for a moment. */
static bool is_above_memory(uint64_t pc)
{
    return pc >= (uint64_t)MACHINE_MEMORY + MACHINE_MEMORY_BYTES;
}

void registers_expect_rest_at(struct lab_where where, struct machine *m,
                              unsigned hart)
{
    struct lab_patience patience;
    unsigned asleep = 0, awake = 0;

    lab_note("looks where hart %u is", hart);
    lab_patience_start(&patience);
    while (asleep < LOOKS) {
        struct hart_registers is = registers_read(m, hart);

        if (is_above_memory(is.pc) && lab_patience_left(&patience))
            continue;
        asleep = is_asleep(m, is.pc) && is.wakes == 0 ? asleep + 1 : 0;
        awake += asleep == 0;
        if (awake < AWAKE_MAX)
            continue;
        expect_nothing_wakes(where, hart, is.wakes);
        fail_awake(where, m, hart, is.pc);
    }
}

void registers_expect_asleep_at(struct lab_where where, struct machine *m,
                                unsigned hart)
{
    struct lab_patience patience;
    uint64_t pc = 0;
    unsigned looks = 0, places = 0;

    lab_note("looks where hart %u is", hart);
    lab_patience_start(&patience);
    while (looks < LOOKS && places < PLACES && lab_patience_left(&patience)) {
        uint64_t before = pc;

        pc = registers_read(m, hart).pc;
        looks = is_asleep(m, pc) ? looks + 1 : 0;
        places = looks > 0 ? 0 : places + (pc != before);
    }
    if (looks < LOOKS)
        fail_awake(where, m, hart, pc);
}
