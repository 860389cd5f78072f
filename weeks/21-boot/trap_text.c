/*
 * trap_text.c: given. A trap in words.
 */
#include "trap_text.h"

#include "kprintf.h"
#include "riscv.h"

static const char *const exceptions[16] = {
    [EXCEPTION_INSTRUCTION_MISALIGNED] = "instruction address misaligned",
    [EXCEPTION_INSTRUCTION_ACCESS] = "instruction access fault",
    [EXCEPTION_ILLEGAL_INSTRUCTION] = "illegal instruction",
    [EXCEPTION_BREAKPOINT] = "breakpoint",
    [EXCEPTION_LOAD_MISALIGNED] = "load address misaligned",
    [EXCEPTION_LOAD_ACCESS] = "load access fault",
    [EXCEPTION_STORE_MISALIGNED] = "store address misaligned",
    [EXCEPTION_STORE_ACCESS] = "store access fault",
    [EXCEPTION_ECALL_USER] = "ecall from user mode",
    [EXCEPTION_ECALL_SUPERVISOR] = "ecall from supervisor mode",
    [EXCEPTION_INSTRUCTION_PAGE] = "instruction page fault",
    [EXCEPTION_LOAD_PAGE] = "load page fault",
    [EXCEPTION_STORE_PAGE] = "store page fault",
};

static const char *const registers[31] = {
    "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0", "a1",
    "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5", "s6",
    "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};

const char *trap_cause_text(uint64_t scause)
{
    uint64_t code = scause & ~CAUSE_INTERRUPT;
    const char *text = NULL;

    if (scause == (CAUSE_INTERRUPT | INTERRUPT_SOFTWARE))
        return "software interrupt";
    if (scause == (CAUSE_INTERRUPT | INTERRUPT_TIMER))
        return "timer interrupt";
    if (scause == (CAUSE_INTERRUPT | INTERRUPT_EXTERNAL))
        return "external interrupt";
    if (scause == code && code < 16)
        text = exceptions[code];
    return text != NULL ? text : "unknown cause";
}

void trap_frame_print(const struct trap_frame *frame)
{
    const uint64_t *value = &frame->ra;

    printf("trap: %s, scause %#lx, stval %#lx, sepc %#lx%s\n",
           trap_cause_text(frame->scause), frame->scause, frame->stval,
           frame->sepc, frame->sstatus & SSTATUS_SPP ? "" : ", in user mode");
    for (int i = 0; i < 31; i++)
        printf("%4s %016lx%s", registers[i], value[i],
               i % 3 == 2 || i == 30 ? "\n" : " ");
}
