/*
 * trap_code.c: the list of trap_code.S.
 */
#include "trap_code.h"

#include "riscv.h"

uint64_t trap_code_sp, trap_code_sp_after;

#define DECLARE(name)                  \
    void name(uint64_t registers[32]); \
    extern const char name##_at[]

DECLARE(trap_code_ebreak);
DECLARE(trap_code_short_ebreak);
DECLARE(trap_code_ecall);
DECLARE(trap_code_illegal);
DECLARE(trap_code_short_illegal);
DECLARE(trap_code_load);
DECLARE(trap_code_software);

#define KIND(text, name, cause, bytes)      \
    {                                       \
        text, name, name##_at, cause, bytes \
    }

const struct trap_kind trap_kinds[] = {
    KIND("ebreak", trap_code_ebreak, EXCEPTION_BREAKPOINT, 4),
    KIND("a compressed ebreak", trap_code_short_ebreak, EXCEPTION_BREAKPOINT,
         2),
    KIND("ecall", trap_code_ecall, EXCEPTION_ECALL_SUPERVISOR, 4),
    KIND("a write to the counter `cycle`", trap_code_illegal,
         EXCEPTION_ILLEGAL_INSTRUCTION, 4),
    KIND("two bytes of 0", trap_code_short_illegal,
         EXCEPTION_ILLEGAL_INSTRUCTION, 2),
    KIND("a load from address 0x10", trap_code_load, EXCEPTION_LOAD_ACCESS, 4),
    KIND("a software interrupt", trap_code_software,
         CAUSE_INTERRUPT | INTERRUPT_SOFTWARE, 0),
};
const unsigned trap_kind_count = sizeof trap_kinds / sizeof *trap_kinds;

const char *trap_register_name(unsigned number)
{
    static const char *const names[32] = {
        "zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
        "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
        "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
    };

    return names[number];
}
