/*
 * steps.h: the steps of week 19, in the files that hold their tests.
 */
#ifndef STEPS_H
#define STEPS_H

void hash_step(void);     /* hash_test.c */
void maglev_step(void);   /* maglev_test.c */
void checksum_step(void); /* checksum_test.c */
void nat_step(void);      /* nat_test.c */
void book_tests(void);    /* book_test.c: the second half of that step */
void forward_step(void);  /* forward_test.c */
void pin_step(void);      /* pin_test.c */
void program_step(void);  /* xlb_test.c */
void direct_step(void);   /* direct_test.c */
void reload_step(void);   /* reload_test.c */

#endif
