/*
 * echo_steps.h: the steps by the files that have them, for the main of
 * tcp_echo_test.c. Each function registers one.
 */
#ifndef ECHO_STEPS_H
#define ECHO_STEPS_H

/* listen_test.c */
void listen_step(void);

/* serve_test.c */
void many_clients_step(void);
void rude_clients_step(void);

/* program_test.c; the second adds the program's test to step 9. */
void program_step(void);
void program_stop_tests(void);

/* stop_memory_test.c: the same */
void stop_memory_tests(void);

/* stop_test.c */
void stop_step(void);
void full_house_step(void);

#endif
