#include "lab.h"
#include "steps.h"

void count_step(void)
{
    lab_step("count");
}
