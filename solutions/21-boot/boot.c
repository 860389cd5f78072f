/*
 * boot.c: what ties the kernel together.
 */
#include "boot.h"

#include "console.h"
#include "kerrno.h"
#include "param.h"
#include "plic.h"
#include "riscv.h"
#include "timer.h"
#include "trap.h"
#include "uart.h"

/* Each line may use what stands above it; interrupts need all of it. */
void kernel_init(void)
{
    uart_init();
    trap_init_hart();
    plic_init();
    plic_init_hart();
    console_init();
    timer_start_hart(TICK_HZ);
    interrupts_on();
}

/*
 * Between looking and sleeping the line may come. So nothing is let in from
 * before the look on; wfi wakes all the same, and then it is let in.
 */
int kernel_read_line(char *buf, size_t size)
{
    for (;;) {
        int len;

        interrupts_off();
        len = console_take_line(buf, size);
        if (len == -EAGAIN)
            wait_for_interrupt();
        interrupts_on();
        if (len != -EAGAIN)
            return len;
    }
}
