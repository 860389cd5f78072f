/*
 * locks.h: the moment after an unlock, made long.
 *
 * Whoever lets a lock go may be overtaken by every other thread before the
 * next line runs. That happens once in many times; here it happens when the
 * test wants it. The code under test is linked so that its unlocks of a mutex,
 * a read-write lock, a spin lock and a semaphore come here (wrap.list).
 */
#ifndef LOCKS_H
#define LOCKS_H

/* Run then(argument) after each unlock in the code under test that this thread
 * runs from now on; NULL ends that. */
void locks_after_unlock(void (*then)(void *argument), void *argument);

#endif
