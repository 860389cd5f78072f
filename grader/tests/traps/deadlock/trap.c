/* The second lock waits for the first. */
#include "traps.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int trap(int number)
{
    (void)number;
    pthread_mutex_lock(&lock);
    pthread_mutex_lock(&lock);
    return 7;
}
