/*
 * count.c: step 1.
 */
#include "made_up_kernel.h"

int made_up_count(int last)
{
    int sum = 0;

    if (last < 0)
        return -22;
    for (int number = 1; number <= last; number++)
        sum += number;
    return sum;
}
