/*
 * xdp_filter_test.c: week 18: the list of its steps.
 */
#include "lab.h"
#include "steps.h"

int main(int argc, char **argv)
{
    pass_step();
    verifier_step();
    parse_step();
    count_step();
    drop_step();
    program_step();
    rate_step();
    extensions_step();
    return lab_main(argc, argv);
}
