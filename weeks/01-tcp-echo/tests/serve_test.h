/*
 * serve_test.h: the steps of serve_test.c, for the main of tcp_echo_test.c.
 */
#ifndef SERVE_TEST_H
#define SERVE_TEST_H

/* Register steps 6 to 10. */
void serve_steps(void);

#endif
