/*
 * trap_test.c: step 4.
 */
#include "qemu.h"
#include "steps.h"

lab_kernel_test_with(causes_are_0_to_15, .harts = 1);
lab_kernel_test_with(instructions_have_two_or_four_bytes, .harts = 1);
lab_kernel_test_with(only_stvec_is_set, .harts = 4);
lab_kernel_test(every_register_survives);
lab_kernel_test_with(the_frame_is_the_codes, .harts = 4);
lab_kernel_test_with(the_code_gets_what_is_in_the_frame, .harts = 4);
lab_kernel_test_with(sp_is_taken_from_the_frame, .harts = 4);
lab_kernel_test_with(interrupts_are_as_before, .harts = 4);
lab_kernel_test_with(interrupts_are_no_exceptions, .harts = 4);
lab_kernel_test_with(the_last_handler_counts, .harts = 1);
lab_kernel_test(traps_nest);
lab_kernel_test_with(an_interrupt_may_come_on_the_way_back, .harts = 1);
lab_kernel_test_with(a_storm_is_not_noticed, .harts = 4);
lab_kernel_test_with(harts_trap_at_the_same_time, .harts = 4);

void trap_step(void)
{
    lab_step("trap");
    lab_test(causes_are_0_to_15);
    lab_test(instructions_have_two_or_four_bytes);
    lab_test(only_stvec_is_set);
    lab_test(every_register_survives);
    lab_test(the_frame_is_the_codes);
    lab_test(the_code_gets_what_is_in_the_frame);
    lab_test(sp_is_taken_from_the_frame);
    lab_test(interrupts_are_as_before);
    lab_test(interrupts_are_no_exceptions);
    lab_test(the_last_handler_counts);
    lab_test(traps_nest);
    lab_test(an_interrupt_may_come_on_the_way_back);
    lab_test(a_storm_is_not_noticed);
    lab_test(harts_trap_at_the_same_time);
}
