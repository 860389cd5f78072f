#include "lab.h"
#include "steps.h"

int main(int argc, char **argv)
{
    lab_step("pass");
    verifier_step();
    parse_step();
    count_step();
    drop_step();
    program_step();
    rate_step();
    extensions_step();
    return lab_main(argc, argv);
}
