/*
 * three.h: the contract of a made-up week.
 */
#ifndef THREE_H
#define THREE_H

/* Returns two_value() + 1. */
int three_value(void);

/* Returns one_count(). */
int three_count(void);

#endif
