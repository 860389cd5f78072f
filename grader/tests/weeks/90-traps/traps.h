/*
 * traps.h: the contract of a made-up week.
 */
#ifndef TRAPS_H
#define TRAPS_H

/*
 * Return seven.
 *   number   of no meaning; a trap may use it
 * Returns 7.
 */
int trap(int number);

#endif
