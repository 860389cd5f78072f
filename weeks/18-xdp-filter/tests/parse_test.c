#include "lab.h"
#include "steps.h"

void parse_step(void)
{
    lab_step("parse");
}
