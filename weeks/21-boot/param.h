/*
 * param.h: every limit of the kernel. Also read by the assembler.
 */
#ifndef PARAM_H
#define PARAM_H

#define PAGE_BYTES 4096

/* Harts that the kernel has a stack for, numbered from 0. */
#define HARTS_MAX 4

/*
 * Each hart's stack lies above a page that is not used: with paging on (week
 * 22) a stack that grows too far meets it, not the next hart's stack.
 */
#define STACK_BYTES 16384
#define STACK_GUARD_BYTES PAGE_BYTES
#define STACK_SPACING (STACK_GUARD_BYTES + STACK_BYTES)

/* What the machine ends with after a panic: QEMU's exit status. */
#define PANIC_STATUS 101
#define BACKTRACE_DEPTH_MAX 32

#define TIMER_HZ_MAX 100000
#define TICK_HZ 100

/* A line as typed, with its '\0'; and lines that nobody has taken yet. */
#define CONSOLE_LINE_BYTES_MAX 128
#define CONSOLE_RING_BYTES 1024

#endif
