/*
 * uart_test.c: step 3.
 */
#include "qemu.h"
#include "steps.h"

lab_kernel_test(line_is_in_a_known_state);
lab_kernel_test_with(init_drops_what_came_before, .harts = 1);
lab_kernel_test_with(a_busy_line_is_waited_for, .harts = 4);
lab_kernel_test_with(each_byte_waits_its_turn, .harts = 1);
lab_kernel_test_with(sending_leaves_what_arrived, .harts = 1);
lab_kernel_test_with(nothing_arrived_is_eagain, .harts = 1);
lab_kernel_test_with(every_byte_is_received, .harts = 1);

/* printf stands on uart_put(). */
STEP_TEST(printf_is_there)
{
    struct machine m;

    machine_start(&m, .test = "printf_prints");
    machine_expect(&m, "week is 21 of 26, 0xff, 00123abc, [7   ][  ab]\r\n");
    machine_finish(&m);
    machine_release(&m);
}

/* On the real line, both ways. */
STEP_TEST(keys_come_back)
{
    struct machine m;

    machine_start(&m, .test = "what_is_typed_comes_back", .real_time = true);
    machine_expect(&m, ">");
    machine_type(&m, "echo\n");
    machine_expect(&m, "echo\r");
    machine_finish(&m);
    machine_release(&m);
}

void uart_step(void)
{
    lab_step("uart");
    lab_test(line_is_in_a_known_state);
    lab_test(init_drops_what_came_before);
    lab_test(a_busy_line_is_waited_for);
    lab_test(each_byte_waits_its_turn);
    lab_test(sending_leaves_what_arrived);
    lab_test(nothing_arrived_is_eagain);
    lab_test(every_byte_is_received);
    lab_test(printf_is_there);
    lab_test(keys_come_back);
}
