/* The sum does not fit. */
#include "traps.h"

#include <limits.h>

int trap(int number)
{
    int most = INT_MAX;

    most += number + 1;
    return most < 0 ? 7 : 6;
}
