/*
 * steps.h: the steps of week 02, in the files that hold their tests.
 */
#ifndef STEPS_H
#define STEPS_H

void nonblocking_echo_step(void); /* loop_echo_test.c */
void backpressure_step(void);     /* backpressure_test.c */
void timers_step(void);           /* timers_test.c */
void reentrancy_step(void);       /* reentrancy_test.c */
void program_step(void);          /* program_test.c */
void ten_thousand_step(void);     /* ten_thousand_test.c */
void idle_step(void);             /* idle_test.c */
void wakeup_step(void);           /* wakeup_test.c */

#endif
