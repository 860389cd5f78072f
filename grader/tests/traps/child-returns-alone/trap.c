/* The parent waits for a child that returns into the test. */
#include "traps.h"

#include <sys/wait.h>
#include <unistd.h>

int trap(int number)
{
    pid_t child = fork();

    (void)number;
    if (child > 0)
        waitpid(child, NULL, 0);
    return 7;
}
