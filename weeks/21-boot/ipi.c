/*
 * ipi.c: given. A hart's word in the CLINT interrupts its machine mode, whose
 * few lines (machine.S) pass it on to supervisor mode.
 */
#include "ipi.h"

#include "platform.h"
#include "riscv.h"

void ipi_send(unsigned hart)
{
    fence_all();
    mmio_write32(PLATFORM_CLINT + 4 * (uintptr_t)hart, 1);
}
