/*
 * hello_test.c: step 1.
 */
#include "qemu.h"
#include "steps.h"

lab_kernel_test(one_character_is_sent);
lab_kernel_test_with(one_store_of_one_byte, .harts = 1);
lab_kernel_test_with(every_byte_is_sent_as_it_is, .harts = 1);

/* The bytes leave the machine. */
STEP_TEST(hello_leaves_the_machine)
{
    struct machine m;

    machine_start(&m, .test = "a_line_reaches_the_host");
    machine_expect(&m, "hello from week 21\r\n");
    machine_finish(&m);
    machine_release(&m);
}

void hello_step(void)
{
    lab_step("hello");
    lab_test(one_character_is_sent);
    lab_test(one_store_of_one_byte);
    lab_test(every_byte_is_sent_as_it_is);
    lab_test(hello_leaves_the_machine);
}
