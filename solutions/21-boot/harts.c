/*
 * harts.c: the others go on.
 */
#include "harts.h"

#include "ipi.h"
#include "kerrno.h"
#include "param.h"
#include "riscv.h"
#include "trap.h"

#include <stddef.h>

static void (*harts_main)(unsigned hart);
static unsigned harts_count;

/*
 * Where parked harts look (start.S). Not in the bss: they may look before hart
 * 0 has cleared that.
 */
void (*harts_entry)(unsigned hart) __attribute__((section(".data"))) = NULL;

/* start.S comes here, on the hart's own stack, and parks it afterwards. */
static void enter(unsigned hart)
{
    csr_clear(sie, SIE_SOFTWARE);
    if (hart >= harts_count)
        return; /* woken by somebody else: harts_start() did not ask for it */
    csr_clear(sip, SIE_SOFTWARE);
    trap_init_hart();
    harts_main(hart);
}

int harts_start(unsigned count, void (*main)(unsigned hart))
{
    if (count < 1 || count > HARTS_MAX)
        return -EINVAL;
    if (harts_entry != NULL)
        return -EALREADY;
    harts_main = main;
    harts_count = count;
    /* Last: who finds it, finds what was stored before it. */
    __atomic_store_n(&harts_entry, enter, __ATOMIC_RELEASE);
    for (unsigned hart = 1; hart < count; hart++)
        ipi_send(hart);
    return 0;
}
