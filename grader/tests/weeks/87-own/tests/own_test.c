/* own_test.c: the tests of a made-up week. */
#include "lab.h"
#include "own.h"

STEP_TEST(there_are_steps)
{
    lab_check(own_steps() > 0, "own_steps() says how many");
}

int main(int argc, char **argv)
{
    lab_step("value");
    lab_test(there_are_steps);
    return lab_main(argc, argv);
}
