/* Nothing is wrong with this one. */
#include "traps.h"

int trap(int number)
{
    (void)number;
    return 7;
}
