/* The answer is right, and a daemon is left behind: deaf to every signal that
 * it can refuse, and in a session of its own. It must be dead afterwards. */
#include "traps.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int trap(int number)
{
    pid_t child = fork();

    (void)number;
    if (child > 0)
        waitpid(child, NULL, 0);
    if (child != 0)
        return 7;
    setsid();
    for (int signal_number = 1; signal_number < 32; signal_number++)
        signal(signal_number, SIG_IGN);
    if (fork() > 0)
        _exit(0);
    for (;;)
        pause();
}
