/* two_test.c: the tests of a made-up week. */
#include "lab.h"
#include "two.h"

STEP_TEST(two_is_two)
{
    lab_equal(lab_ok(two_value()), 2, "the value of two");
}

int main(int argc, char **argv)
{
    lab_step("value");
    lab_test(two_is_two);
    return lab_main(argc, argv);
}
