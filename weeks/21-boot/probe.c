/*
 * probe.c: given. A fault of a probe is no fault of the kernel's: the first
 * instruction of each is the one that may trap.
 */
#include "probe.h"

#include "kerrno.h"

/* probe.S: returns -EFAULT, to whoever called the probe. */
void probe_failed(void);

int probe_trap(struct trap_frame *frame, void *context)
{
    (void)context;
    if (frame->sepc != (uintptr_t)probe_read8 &&
        frame->sepc != (uintptr_t)probe_write8)
        return -EFAULT;
    frame->sepc = (uintptr_t)probe_failed;
    return 0;
}
