/* one_test.c: the tests of a made-up week. */
#include "lab.h"
#include "one.h"

STEP_TEST(one_is_one)
{
    lab_equal(lab_ok(one_value()), 1, "the value of one");
}

int main(int argc, char **argv)
{
    lab_step("value");
    lab_test(one_is_one);
    return lab_main(argc, argv);
}
