/* steps.h: the tests of each step, registered by the file that has them. */
#ifndef STEPS_H
#define STEPS_H

void add_read_full_tests(void);
void add_recent_tests(void);
void add_size_tests(void);
void add_order_tests(void);
void add_traffic_tests(void);
void add_config_tests(void);
void add_record_tests(void);

#endif
