/* made_up_test.c: the tests of a made-up week. */
#include "lab.h"
#include "made_up.h"

#include <bpf/bpf.h>
#include <libgen.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <unistd.h>

STEP_TEST(long_packets_are_dropped)
{
    lab_note("packets of 100 and of 101 bytes");
    lab_equal(lab_ok(made_up_is_dropped(100)), 0, "whether 100 are dropped");
    lab_equal(lab_ok(made_up_is_dropped(101)), 1, "whether 101 are dropped");
}

STEP_TEST(object_lies_beside_the_program)
{
    char folder[4096], path[4200];

    snprintf(folder, sizeof folder, "%s", lab_program("made-up"));
    snprintf(path, sizeof path, "%s/made-up.bpf.o", dirname(folder));
    lab_note("the file made-up.bpf.o is looked for");
    lab_sys(access(path, R_OK));
    lab_equal(lab_ok(made_up_is_dropped(101)), 1, "whether 101 are dropped");
}

static int verdict(int program, unsigned len)
{
    static char packet[200];
    LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = len);

    lab_sys(bpf_prog_test_run_opts(program, &run));
    return (int)run.retval;
}

STEP_TEST(kernel_has_the_same_verdict)
{
    lab_note("the program is loaded");
    int program = lab_ok(made_up_load());
    lab_equal(verdict(program, 100), XDP_PASS, "the verdict on 100 bytes");
    lab_equal(verdict(program, 101), XDP_DROP, "the verdict on 101 bytes");
    close(program);
}

int main(int argc, char **argv)
{
    lab_step("host");
    lab_test(long_packets_are_dropped);
    lab_step("object");
    lab_test(object_lies_beside_the_program);
    lab_step("kernel");
    lab_test(kernel_has_the_same_verdict);
    return lab_main(argc, argv);
}
