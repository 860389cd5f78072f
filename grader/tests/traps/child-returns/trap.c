/* The child should end with _exit; here it returns into the test as well. */
#include "traps.h"

#include <unistd.h>

int trap(int number)
{
    (void)number;
    if (fork() == 0)
        return 7;
    return 7;
}
