/* steps_test.c: the tests of a made-up week. */
#include "lab.h"
#include "proc.h"
#include "steps.h"

STEP_TEST(first_is_done)
{
    lab_ok(step_first());
}

STEP_TEST(second_is_done)
{
    lab_ok(step_second());
}

STEP_TEST(extra_is_done)
{
    lab_ok(step_extra());
}

STEP_TEST(kernel_boots)
{
    lab_ok(step_kernel());
}

/* Three are open already: the standard streams. */
STEP_TEST(files_are_as_many_as_the_manifest_says)
{
    int files = lab_ok(step_files());
    lab_at_most(files, 40, "files that can be open at once");
    lab_at_least(files, 30, "files that can be open at once");
}

/* A failure tells the values: they are what is compared. */
STEP_TEST(numbers_come_back)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    for (int i = 0; i < 3; i++) {
        int number = (int)lab_random_below(&random, 1000000);
        lab_note("the number is %d", number);
        lab_equal(step_random(number), number, "the number that came back");
    }
}

STEP_TEST(program_says_hello)
{
    const char *const argv[] = {lab_program("steps"), NULL};
    struct proc program;
    lab_note("the program `steps` is run");
    proc_start(&program, argv);
    lab_same_text(proc_expect_line(&program), "hello", "its first line");
    proc_expect_exit(&program, 0);
    proc_release(&program);
}

STEP_TEST(something_that_is_not_here_is_used)
{
    lab_cannot_run("there is no such thing here", "apt-get install thing");
}

STEP_TEST(something_else_is_done)
{
    lab_ok(step_first());
}

int main(int argc, char **argv)
{
    lab_step("first");
    lab_test(first_is_done);
    lab_step("second");
    lab_test(second_is_done);
    lab_step("extra");
    lab_test(extra_is_done);
    lab_step("kernel");
    lab_test(kernel_boots);
    lab_step("files");
    lab_test(files_are_as_many_as_the_manifest_says);
    lab_step("random");
    lab_test(numbers_come_back);
    lab_step("program");
    lab_test(program_says_hello);
    lab_step("partly");
    lab_test(something_that_is_not_here_is_used);
    lab_test(something_else_is_done);
    return lab_main(argc, argv);
}
