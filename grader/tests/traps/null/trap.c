/* A store through NULL, which UndefinedBehaviorSanitizer sees first. */
#include "traps.h"

#include <stddef.h>

int trap(int number)
{
    int *volatile nowhere = NULL;

    *(volatile int *)nowhere = number;
    return 7;
}
