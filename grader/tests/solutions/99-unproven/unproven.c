/* unproven.c: the reference, and it is wrong. */
#include "unproven.h"

int unproven_sound(void)
{
    return 1;
}

int unproven_given_away(void)
{
    return 2;
}

int unproven_unsolved(void)
{
    return 4;
}

int unproven_silent(void)
{
    return 4;
}
