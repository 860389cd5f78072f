/* Six is not seven. */
#include "traps.h"

int trap(int number)
{
    (void)number;
    return 6;
}
