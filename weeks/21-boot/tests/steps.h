/*
 * steps.h: the steps of week 21, in the files that hold their tests.
 */
#ifndef STEPS_H
#define STEPS_H

void hello_step(void);      /* hello_test.c */
void start_step(void);      /* start_test.c */
void uart_step(void);       /* uart_test.c */
void trap_step(void);       /* trap_test.c */
void panic_step(void);      /* panic_test.c */
void timer_step(void);      /* timer_test.c */
void interrupts_step(void); /* interrupts_test.c */
void program_step(void);    /* program_test.c */
void harts_step(void);      /* harts_test.c */

#endif
