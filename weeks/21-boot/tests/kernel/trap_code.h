/*
 * trap_code.h: code that traps with every register known.
 */
#ifndef TRAP_CODE_H
#define TRAP_CODE_H

#include <stdint.h>

/* What stands above the code's sp while it traps: 32 words of it. */
#define TRAP_CODE_STACK 0xcafef00dcafef00d
#define TRAP_CODE_STACK_WORDS 32

struct trap_kind {
    const char *name;
    void (*run)(uint64_t registers[32]); /* in and out, by their number */
    const char *at;                      /* where sepc must point */
    uint64_t cause;
    uint64_t bytes; /* of the instruction; 0: an interrupt */
};

extern const struct trap_kind trap_kinds[];
extern const unsigned trap_kind_count;

/* sp while the code traps, and sp when it went on. */
extern uint64_t trap_code_sp, trap_code_sp_after;

/* "a0" */
const char *trap_register_name(unsigned number);

#endif
