/* A store to where nothing is. The address is no NULL that a compiler sees. */
#include "traps.h"

#include <stdint.h>

int trap(int number)
{
    volatile uintptr_t nowhere = 8;

    *(volatile int *)nowhere = number;
    return 7;
}
