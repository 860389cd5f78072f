/* A daemon that is deaf to every signal that it can refuse, and a test that
 * waits for ever: what is there when a user gives up. */
#include "traps.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

int trap(int number)
{
    (void)number;
    if (fork() == 0) {
        setsid();
        for (int deaf = 1; deaf < 32; deaf++)
            signal(deaf, SIG_IGN);
        prctl(PR_SET_NAME, "lingering");
    }
    for (;;)
        pause();
}
