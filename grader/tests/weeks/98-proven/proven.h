/*
 * proven.h: the contract of a made-up week.
 */
#ifndef PROVEN_H
#define PROVEN_H

/* Returns twice the number. Requires: number >= 0. */
int proven_double(int number);

#endif
