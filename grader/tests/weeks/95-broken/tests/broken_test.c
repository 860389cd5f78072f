/* broken_test.c: the tests of a made-up week. */
#include "broken.h"
#include "lab.h"

STEP_TEST(nothing_is_wrong)
{
    lab_ok(broken());
}

int main(int argc, char **argv)
{
    lab_step("full");
    lab_test(nothing_is_wrong);
    lab_step("empty");
    return lab_main(argc, argv);
}
