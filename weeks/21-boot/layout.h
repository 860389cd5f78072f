/*
 * layout.h: the names of kernel.ld, as addresses.
 *
 *     char *from = text_start;      (an array: its address is what is meant)
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "param.h"

#include <stdint.h>

extern char kernel_start[], kernel_end[];
extern char text_start[], text_end[];
extern char rodata_start[], rodata_end[];
extern char data_start[], data_end[]; /* bss is in it */
extern char bss_start[], bss_end[];
extern char stacks_start[], stacks_end[];

/* A hart's stack: [low, high), with its guard page below low. */
static inline uintptr_t stack_high(unsigned hart)
{
    return (uintptr_t)stacks_start + (hart + 1) * (uintptr_t)STACK_SPACING;
}

static inline uintptr_t stack_low(unsigned hart)
{
    return stack_high(hart) - STACK_BYTES;
}

#endif
