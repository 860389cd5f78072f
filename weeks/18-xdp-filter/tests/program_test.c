#include "lab.h"
#include "steps.h"

void program_step(void)
{
    lab_step("program");
}
