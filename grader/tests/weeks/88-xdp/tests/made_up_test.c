/* made_up_test.c: the tests of a made-up week. */
#include "bpf.h"
#include "made_up.h"

#include <unistd.h>

STEP_TEST(long_packets_are_dropped)
{
    lab_note("packets of 100 and of 101 bytes");
    lab_equal(lab_ok(made_up_is_dropped(100)), 0, "whether 100 are dropped");
    lab_equal(lab_ok(made_up_is_dropped(101)), 1, "whether 101 are dropped");
}

STEP_TEST(object_lies_beside_the_program)
{
    lab_note("the file made-up.bpf.o is looked for");
    lab_sys(access(bpf_lab_object_path("made-up"), R_OK));
    lab_equal(lab_ok(made_up_is_dropped(101)), 1, "whether 101 are dropped");
}

STEP_TEST(kernel_has_the_same_verdict)
{
    static char text[101];
    struct packet fits, exceeds;

    lab_note("the program is loaded");
    bpf_lab_listen();
    int program = bpf_lab_ok(made_up_load());
    packet_build(&fits, eth(), payload_of(text, 86));
    packet_build(&exceeds, eth(), payload_of(text, 87));
    bpf_lab_expect(program, &fits, XDP_PASS, "100 bytes are let through");
    bpf_lab_expect(program, &exceeds, XDP_DROP, "101 bytes are dropped");
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
