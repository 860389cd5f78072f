/* unproven.c: the starter. */
#include "unproven.h"

#include <errno.h>
#include <unistd.h>

int unproven_sound(void)
{
    return -ENOSYS;
}

int unproven_given_away(void)
{
    return 2;
}

int unproven_unsolved(void)
{
    return -ENOSYS;
}

int unproven_silent(void)
{
    for (;;)
        pause();
}
