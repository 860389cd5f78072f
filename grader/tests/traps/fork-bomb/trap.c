/* Every process forks for ever. */
#include "traps.h"

#include <unistd.h>

int trap(int number)
{
    (void)number;
    for (;;)
        fork();
}
