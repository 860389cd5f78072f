/*
 * lock.h: one run at a time where two would work in the same folders.
 */
#ifndef LOCK_H
#define LOCK_H

/*
 * Wait until the file (made if missing) is locked by us alone.
 *   busy   what to tell where another has it: "another run is on in this
 *          workspace"; " …; this one waits for it" is added
 * Returns a descriptor to close at the end, which gives the lock back as the
 * end of the process does; or -1 where no file can be made there, as whoever
 * works there will tell.
 */
int lock_wait(const char *path, const char *busy);

#endif
