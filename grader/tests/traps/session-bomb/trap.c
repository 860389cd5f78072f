/* A fork bomb that leaves its process group and its parent behind. */
#include "traps.h"

#include <unistd.h>

int trap(int number)
{
    (void)number;
    for (;;)
        if (fork() > 0)
            setsid();
}
