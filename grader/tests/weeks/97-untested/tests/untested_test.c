/* untested_test.c: the tests of a made-up week. */
#include "lab.h"

STEP_TEST(nothing_is_wrong)
{
    lab_ok(0);
}

int main(int argc, char **argv)
{
    lab_step("known");
    lab_test(nothing_is_wrong);
    return lab_main(argc, argv);
}
