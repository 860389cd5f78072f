/*
 * boot_test.c: week 21: the list of its steps. What a test does inside of the
 * kernel stands under the same name in tests/kernel/.
 */
#include "lab.h"
#include "steps.h"

int main(int argc, char **argv)
{
    hello_step();
    start_step();
    uart_step();
    trap_step();
    panic_step();
    timer_step();
    interrupts_step();
    program_step();
    harts_step();
    return lab_main(argc, argv);
}
