/*
 * unproven.h: the contract of a made-up week.
 */
#ifndef UNPROVEN_H
#define UNPROVEN_H

/* Returns 1, 2, 3 and 4. */
int unproven_sound(void);
int unproven_given_away(void);
int unproven_unsolved(void);
int unproven_silent(void);

#endif
