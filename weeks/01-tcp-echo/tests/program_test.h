/*
 * program_test.h: the tests of program_test.c, for the other files' lists.
 */
#ifndef PROGRAM_TEST_H
#define PROGRAM_TEST_H

/* Register step 8. */
void program_step(void);

/* Add the program's test to step 9. */
void program_stop_tests(void);

#endif
