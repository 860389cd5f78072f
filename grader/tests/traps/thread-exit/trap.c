/* When its last thread ends, a process exits with status 0. */
#include "traps.h"

#include <pthread.h>

int trap(int number)
{
    (void)number;
    pthread_exit(NULL);
}
