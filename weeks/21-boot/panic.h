/*
 * panic.h: the contract of step 5: the kernel's last words.
 *
 * You write panic.c and backtrace.c. A panic is for the kernel's own mistakes,
 * and for traps that nobody handles; what a user or a device does is answered
 * otherwise.
 */
#ifndef PANIC_H
#define PANIC_H

#include <stddef.h>
#include <stdint.h>

struct trap_frame;

/*
 * Print
 *     panic: MESSAGE
 *     hart 0
 *       0x80001234 walk+0x1c
 *       0x80000456 kernel_main+0x30
 * (the hart that it is on; then the backtrace of the caller, the innermost
 * first, out of the stack that this hart is on), and end the machine by
 * power_off(PANIC_STATUS). Interrupts stay off. A second panic while the first
 * one prints says `panic: MESSAGE` and ends the machine at once, in the same
 * way. A place is an address and what it is, NAME+OFFSET, so that NAME's
 * address plus OFFSET is the address; NAME is the function of the byte before
 * it, as it is a return address.
 *   format   as printf's, without a newline
 */
_Noreturn void panic(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/*
 * The same for a trap: behind the hart stands what the frame says,
 *     trap: load access fault, scause 0x5, stval 0x10, sepc 0x80001234
 *       ra 0000000080000456   sp … (all 31 registers)
 * (trap_frame_print(), given), and the backtrace is the interrupted code's:
 * backtrace_trap(). Its first place, sepc, is no return address: its NAME is
 * the function that it lies in.
 *   frame   borrowed
 */
_Noreturn void panic_trap(const struct trap_frame *frame, const char *format,
                          ...) __attribute__((format(printf, 2, 3)));

/*
 * Who called whom, read out of a stack whose functions all keep a frame
 * pointer: fp points behind the frame; at fp - 8 stands the return address, at
 * fp - 16 the caller's fp. (A function that calls nobody keeps no return
 * address, and the caller's fp stands at fp - 8: where that word points into
 * [low, high], it is such a one.) Pure: it reads nothing outside of [low,
 * high), whatever stands in the stack.
 *   fp          where to begin: what s0 holds
 *   low, high   the stack
 *   out, max    out: return addresses, the innermost first, at most max
 * Returns how many: it ends at the first fp that is no possible one, that is,
 * not in [low + 16, high], no multiple of 16, or not above the one before.
 */
size_t backtrace(uintptr_t fp, uintptr_t low, uintptr_t high, uintptr_t *out,
                 size_t max);

/*
 * The same for interrupted code: sepc first, then who called it. Where the
 * interrupted function has not stored its return address, the caller is in ra,
 * and is told too: that is so where the word at s0 - 8 points into [low, high]
 * (a function that calls nobody), and where sepc lies outside of the kernel's
 * code (text_start, text_end), as after a call through a NULL pointer.
 */
size_t backtrace_trap(const struct trap_frame *frame, uintptr_t low,
                      uintptr_t high, uintptr_t *out, size_t max);

#endif
