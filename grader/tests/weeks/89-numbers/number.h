/*
 * number.h: the contract of a made-up week.
 */
#ifndef NUMBER_H
#define NUMBER_H

/* Returns 7.
 *   number   from 0 to 255, of no meaning */
int number_seven(int number);

#endif
