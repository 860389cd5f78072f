/* kill(-1, …) reaches all that it may reach: run this in a pid namespace, and
 * nowhere else. */
#include "traps.h"

#include <signal.h>
#include <unistd.h>

int trap(int number)
{
    (void)number;
    if (getpid() > 100)
        return 6; /* this is no pid namespace of our own */
    kill(-1, SIGKILL);
    pause();
    return 7;
}
