/*
 * timer_test.c: step 6.
 */
#include "qemu.h"
#include "steps.h"

lab_kernel_test_with(rates_are_checked, .harts = 1);
lab_kernel_test_with(interrupts_stay_off, .harts = 1);
lab_kernel_test_with(a_thousand_ticks_do_not_drift, .harts = 1);
lab_kernel_test_with(odd_rates_do_not_drift, .harts = 1);
lab_kernel_test(late_ticks_are_counted);
lab_kernel_test_with(the_callback_is_told, .harts = 1);
lab_kernel_test_with(stopped_is_stopped, .harts = 1);
lab_kernel_test_with(each_hart_has_its_own_ticks, .harts = 4);

void timer_step(void)
{
    lab_step("timer");
    lab_test(rates_are_checked);
    lab_test(interrupts_stay_off);
    lab_test(a_thousand_ticks_do_not_drift);
    lab_test(odd_rates_do_not_drift);
    lab_test(late_ticks_are_counted);
    lab_test(the_callback_is_told);
    lab_test(stopped_is_stopped);
    lab_test(each_hart_has_its_own_ticks);
}
