/*
 * steps.h: the contract of a made-up week.
 */
#ifndef STEPS_H
#define STEPS_H

/* Each returns 0. */
int step_first(void);
int step_second(void);
int step_extra(void);
int step_kernel(void);

/* Return how many files can be open at once, and no more. */
int step_files(void);

/* Return the number. */
int step_random(int number);

/* The word that the program prints. */
const char *step_word(void);

#endif
