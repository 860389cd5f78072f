/*
 * trap.c: who handles which trap. Yours; the contract stands in trap.h.
 */
#include "trap.h"

#include "kerrno.h"
#include "panic.h"
#include "riscv.h"
#include "todo.h"

/* Step 4. */
void trap_init_hart(void)
{
    todo("trap");
}

/* Step 4. What remembers who handles what? */
int trap_set_handler(uint64_t cause, trap_handler *handler, void *context)
{
    (void)cause;
    (void)handler;
    (void)context;
    return -ENOSYS;
}

/* Step 4. */
void trap_dispatch(struct trap_frame *frame)
{
    (void)frame;
    todo("trap");
}

/* Step 4. */
void trap_skip_instruction(struct trap_frame *frame)
{
    (void)frame;
    todo("trap");
}
