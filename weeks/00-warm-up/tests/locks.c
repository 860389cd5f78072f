/* locks.c: see locks.h. */
#include "locks.h"

#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>

static _Thread_local struct {
    void (*then)(void *argument);
    void *argument;
} after;

void locks_after_unlock(void (*then)(void *argument), void *argument)
{
    after.then = then;
    after.argument = argument;
}

static int unlocked(int err)
{
    if (after.then != NULL)
        after.then(after.argument);
    return err;
}

/* ---- For the code under test ---- */

int __wrap_pthread_mutex_unlock(pthread_mutex_t *lock)
{
    return unlocked(pthread_mutex_unlock(lock));
}

int __wrap_pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
    return unlocked(pthread_rwlock_unlock(lock));
}

int __wrap_pthread_spin_unlock(pthread_spinlock_t *lock)
{
    return unlocked(pthread_spin_unlock(lock));
}

int __wrap_sem_post(sem_t *semaphore)
{
    return unlocked(sem_post(semaphore));
}
