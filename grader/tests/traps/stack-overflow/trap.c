/* Recursion whose end is too far away. */
#include "traps.h"

static int deeper(volatile int *depth)
{
    volatile int here = *depth + 1;

    if (here == 0)
        return 0;
    return deeper(&here) + here;
}

int trap(int number)
{
    return deeper(&number);
}
