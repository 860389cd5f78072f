#include "lab.h"
#include "steps.h"

int main(int argc, char **argv)
{
    hash_step();
    maglev_step();
    checksum_step();
    nat_step();
    forward_step();
    pin_step();
    program_step();
    direct_step();
    reload_step();
    return lab_main(argc, argv);
}
