/* three_test.c: the tests of a made-up week. */
#include "lab.h"
#include "proc.h"
#include "three.h"

STEP_TEST(three_is_three)
{
    lab_equal(lab_ok(three_value()), 3, "the value of three");
}

STEP_TEST(calls_are_counted)
{
    lab_equal(three_count(), 1, "the first count");
    lab_equal(three_count(), 2, "the second count");
}

/* A program of another week, from that week's sources. */
STEP_TEST(program_says_one)
{
    const char *const argv[] = {lab_program("one"), NULL};
    struct proc one;

    lab_note("the program `one` is run");
    proc_start(&one, argv);
    lab_same_text(proc_expect_line(&one), "1", "its first line");
    proc_expect_exit(&one, 0);
    proc_release(&one);
    lab_equal(lab_ok(three_value()), 3, "the value of three");
}

int main(int argc, char **argv)
{
    lab_step("value");
    lab_test(three_is_three);
    lab_step("count");
    lab_test(calls_are_counted);
    lab_step("program");
    lab_test(program_says_one);
    return lab_main(argc, argv);
}
