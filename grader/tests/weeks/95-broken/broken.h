/*
 * broken.h: the contract of a made-up week.
 */
#ifndef BROKEN_H
#define BROKEN_H

/* Returns 0. */
int broken(void);

#endif
