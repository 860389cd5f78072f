/*
 * steps.h: the steps of week 03, in the files that hold their tests.
 */
#ifndef STEPS_H
#define STEPS_H

void ring_process_tests(void);    /* ring_process_test.c: more of step 1 */
void accept_recv_send_step(void); /* uring_echo_test.c */
void lifetime_step(void);         /* lifetime_test.c */
void multishot_step(void);        /* multishot_test.c */
void multishot_crowd_tests(void); /* crowd_test.c: more of step 4 */
void provided_buffers_step(void); /* provided_buffers_test.c */
void program_step(void);          /* program_test.c */
void cancel_step(void);           /* cancel_test.c */
void batching_step(void);         /* crowd_test.c */
void overflow_step(void);         /* crowd_test.c */

#endif
