/*
 * steps.h: the steps of week 18, in the files that hold their tests.
 */
#ifndef STEPS_H
#define STEPS_H

void pass_step(void);       /* pass_test.c */
void verifier_step(void);   /* refused_test.c */
void parse_step(void);      /* parse_test.c */
void count_step(void);      /* count_test.c */
void drop_step(void);       /* drop_test.c */
void program_step(void);    /* program_test.c */
void rate_step(void);       /* rate_test.c */
void extensions_step(void); /* extensions_test.c */

#endif
