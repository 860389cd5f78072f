/*
 * one.h: the contract of a made-up week.
 */
#ifndef ONE_H
#define ONE_H

/* Returns 1. */
int one_value(void);

/* Returns how often a call was made, this one included. Its own week has no
 * test of it. */
int one_count(void);

#endif
