/* The runner is killed. */
#include "traps.h"

#include <signal.h>
#include <unistd.h>

int trap(int number)
{
    (void)number;
    kill(getppid(), SIGKILL);
    pause();
    return 7;
}
