#include "lab.h"
#include "steps.h"

void drop_step(void)
{
    lab_step("drop");
}
