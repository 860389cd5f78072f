/* The runner is asked to end, and libcheck then ends its whole group. */
#include "traps.h"

#include <signal.h>
#include <unistd.h>

int trap(int number)
{
    (void)number;
    kill(getppid(), SIGTERM);
    pause();
    return 7;
}
