/* proven_test.c: the tests of a made-up week. */
#include "lab.h"
#include "proven.h"

STEP_TEST(double_of_three_is_six)
{
    lab_note("the test doubles 3");
    lab_equal(lab_ok(proven_double(3)), 6, "the double of 3");
}

STEP_TEST(double_of_three_hundred_is_six_hundred)
{
    lab_equal(lab_ok(proven_double(300)), 600, "the double of 300");
}

int main(int argc, char **argv)
{
    lab_step("double");
    lab_test(double_of_three_is_six);
    lab_step("kernel");
    lab_test(double_of_three_hundred_is_six_hundred);
    return lab_main(argc, argv);
}
