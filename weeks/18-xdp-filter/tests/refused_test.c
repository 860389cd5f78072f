#include "lab.h"
#include "steps.h"

void verifier_step(void)
{
    lab_step("verifier");
}
