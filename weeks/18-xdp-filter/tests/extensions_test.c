#include "lab.h"
#include "steps.h"

void extensions_step(void)
{
    lab_step("extensions");
}
