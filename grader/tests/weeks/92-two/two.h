/*
 * two.h: the contract of a made-up week.
 */
#ifndef TWO_H
#define TWO_H

/* Returns one_value() + 1. */
int two_value(void);

#endif
