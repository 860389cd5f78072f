/* unbuildable_test.c: does not compile, on purpose. */
#include "lab.h"

int main(int argc, char **argv)
{
    lab_step("only");
    lab_test(a_test_that_nobody_wrote);
    return lab_main(argc, argv);
}
