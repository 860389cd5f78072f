/*
 * interrupts_test.c: step 7: plic_kernel.c, console_kernel.c.
 */
#include "qemu.h"
#include "steps.h"

lab_kernel_test_with(lines_are_1_to_95, .harts = 1);
lab_kernel_test_with(only_external_interrupts_are_on, .harts = 1);
lab_kernel_test_with(sstatus_is_left_alone, .harts = 1);
lab_kernel_test(a_device_is_heard);
lab_kernel_test_with(claimed_handled_completed, .harts = 4);
lab_kernel_test_with(a_device_is_heard_again, .harts = 1);
lab_kernel_test_with(all_that_want_are_heard, .harts = 4);
lab_kernel_test_with(a_line_can_be_given_back, .harts = 1);
lab_kernel_test_with(other_lines_are_quiet, .harts = 1);
lab_kernel_test_with(strays_are_completed, .harts = 2);
lab_kernel_test_with(init_begins_anew, .harts = 2);
lab_kernel_test_with(each_hart_hears_its_own, .harts = 4);

lab_kernel_test_with(keys_edit_the_line, .harts = 1);
lab_kernel_test_with(limits_are_told_by_a_bell, .harts = 1);
lab_kernel_test_with(lines_are_taken_once, .harts = 1);
lab_kernel_test_with(any_keys_do_as_the_table_says, .harts = 1);
lab_kernel_test_with(a_line_comes_while_one_is_taken, .harts = 1);
lab_kernel_test(bytes_come_by_interrupt);
lab_kernel_test_with(a_full_fifo_is_emptied, .harts = 1);

/* On the real line. */
STEP_TEST(real_keys_make_a_line)
{
    struct machine m;

    machine_start(&m, .test = "a_person_types", .real_time = true, .harts = 4);
    machine_expect(&m, ">");
    machine_type(&m, "no\x15unreal\x17real  kexs\x7f\x7f\x7f\x7f\x7fkeys\n");
    machine_expect(&m, "\r\n");
    machine_finish(&m);
    machine_release(&m);
}

void interrupts_step(void)
{
    lab_step("interrupts");
    lab_test(lines_are_1_to_95);
    lab_test(only_external_interrupts_are_on);
    lab_test(sstatus_is_left_alone);
    lab_test(a_device_is_heard);
    lab_test(claimed_handled_completed);
    lab_test(a_device_is_heard_again);
    lab_test(all_that_want_are_heard);
    lab_test(a_line_can_be_given_back);
    lab_test(other_lines_are_quiet);
    lab_test(strays_are_completed);
    lab_test(init_begins_anew);
    lab_test(each_hart_hears_its_own);
    lab_test(keys_edit_the_line);
    lab_test(limits_are_told_by_a_bell);
    lab_test(lines_are_taken_once);
    lab_test(any_keys_do_as_the_table_says);
    lab_test(a_line_comes_while_one_is_taken);
    lab_test(bytes_come_by_interrupt);
    lab_test(a_full_fifo_is_emptied);
    lab_test(real_keys_make_a_line);
}
