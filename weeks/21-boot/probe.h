/*
 * probe.h: given. Touch memory that may not be there, and live.
 */
#ifndef PROBE_H
#define PROBE_H

#include "trap.h"

/*
 * Read or write one byte.
 * Return the byte, or 0. Errors: -EFAULT there is nothing at that address, or
 * it may not be read or written. Requires: probe_trap() is asked about such
 * traps.
 */
int probe_read8(uintptr_t address);
int probe_write8(uintptr_t address, uint8_t value);

/*
 * A trap_handler for access faults and page faults; its context is not used.
 * Returns 0 if it happened in a probe: that returns -EFAULT. Otherwise -EFAULT:
 * not mine. A week with a handler of its own for such faults asks here first.
 */
int probe_trap(struct trap_frame *frame, void *context);

#endif
