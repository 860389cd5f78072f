/*
 * made_up_kernel.h: the contract of a made-up week.
 */
#ifndef MADE_UP_KERNEL_H
#define MADE_UP_KERNEL_H

/* count.c: the sum of the numbers from 1 to last; -22 where last is below 0. */
int made_up_count(int last);

/* Given: what the console shows, and what is typed there. */
void made_up_print(const char *text);
char made_up_read(void);

/* Given: how the machine ends. */
_Noreturn void made_up_end(unsigned status);

/* Given: says that a step is not written yet. Needs no stack. */
_Noreturn void todo(const char *what);

#endif
