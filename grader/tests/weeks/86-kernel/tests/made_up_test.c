/*
 * made_up_test.c: the tests of a made-up week of kind riscv.
 */
#include "lab.h"
#include "qemu.h"

/* ---- count ---- */

lab_kernel_test(sum_is_right);
lab_kernel_test(below_zero_is_refused);

/* ---- start ---- */

lab_kernel_test_with(start_prepares, .harts = 4, .entry = "start");

/* ---- program ---- */

/* What is typed is echoed; then the machine ends by itself. */
STEP_TEST(program_echoes_a_line)
{
    struct machine m;

    machine_start(&m, .program = "made-up-kernel");
    machine_expect(&m, "made up> ");
    machine_type(&m, "hello\n");
    machine_expect(&m, "hello\r\n");
    lab_equal(machine_wait(&m), 7, "the machine's exit status");
    machine_release(&m);
}

int main(int argc, char **argv)
{
    lab_step("count");
    lab_test(sum_is_right);
    lab_test(below_zero_is_refused);
    lab_step("start");
    lab_test(start_prepares);
    lab_step("program");
    lab_test(program_echoes_a_line);
    return lab_main(argc, argv);
}
