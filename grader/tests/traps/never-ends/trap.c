/* A loop without an end. */
#include "traps.h"

int trap(int number)
{
    for (volatile int turn = number;; turn++)
        ;
}
