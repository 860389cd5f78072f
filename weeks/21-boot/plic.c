/*
 * plic.c: which device wants something. Yours; the contract stands in plic.h.
 */
#include "plic.h"

#include "kerrno.h"
#include "platform.h"
#include "riscv.h"
#include "todo.h"
#include "trap.h"

/* Step 7. */
void plic_init(void)
{
    todo("interrupts");
}

/* Step 7. */
void plic_init_hart(void)
{
    todo("interrupts");
}

/* Step 7. */
int plic_set_handler(uint32_t irq, plic_handler *handler, void *context)
{
    (void)irq;
    (void)handler;
    (void)context;
    return -ENOSYS;
}

/* Step 7. */
uint64_t plic_strays(void)
{
    todo("interrupts");
}
