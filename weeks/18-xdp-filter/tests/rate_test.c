#include "lab.h"
#include "steps.h"

void rate_step(void)
{
    lab_step("rate");
}
