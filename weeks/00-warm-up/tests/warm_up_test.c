/*
 * warm_up_test.c: the steps of the week, in their order. Each is named for
 * its tool and tests one module against its contract in warm_up.h.
 */
#include "steps.h"

#include "lab.h"

int main(int argc, char **argv)
{
    lab_step("warnings");
    add_read_full_tests();
    lab_step("asan");
    add_recent_tests();
    lab_step("ubsan");
    add_size_tests();
    lab_step("gdb");
    add_order_tests();
    lab_step("tsan");
    add_traffic_tests();
    lab_step("strace");
    add_config_tests();
    lab_step("valgrind");
    add_record_tests();
    return lab_main(argc, argv);
}
