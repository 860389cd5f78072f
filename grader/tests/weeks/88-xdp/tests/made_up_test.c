/* made_up_test.c: the tests of a made-up week. */
#include "bpf.h"
#include "made_up.h"
#include "netns.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>
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

/* A socket that sees every frame of a host's eth0. */
static int frames_of(struct netns *net, const char *host)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET};

    netns_enter(net, host);
    int fd = (int)lab_sys(socket(AF_PACKET, SOCK_RAW, 0));
    address.sll_ifindex = (int)if_nametoindex("eth0");
    address.sll_protocol = htons(0x88b5);
    lab_sys(bind(fd, (struct sockaddr *)&address, sizeof address));
    netns_leave(net);
    return fd;
}

static void send_frame(int fd, size_t payload_len)
{
    static char text[101];
    struct packet p;

    packet_build(&p, eth(), payload_of(text, payload_len));
    lab_note("the client sends %s", packet_text(&p));
    lab_sys(write(fd, p.bytes, p.len));
}

STEP_TEST(a_link_has_the_same_verdict)
{
    struct netns *net = netns_new();
    struct packet p;
    char path[4096];

    netns_host(net, "client");
    netns_host(net, "server");
    netns_link(net, NETNS_END("client", "eth0"), NETNS_END("server", "eth0"));
    netns_run(net, "server", "sysctl -q -w net.ipv4.conf.all.arp_ignore=1");
    bpf_lab_listen();
    int program = bpf_lab_ok(made_up_load());
    snprintf(path, sizeof path, "%s/made-up", netns_bpffs());
    lab_ok(bpf_obj_pin(program, path));
    netns_enter(net, "server");
    lab_ok(bpf_xdp_attach((int)if_nametoindex("eth0"), program, 0, NULL));
    netns_leave(net);
    lab_note("XDP is attached: %s", netns_xdp_mode(net, "server", "eth0"));
    int client = frames_of(net, "client"), server = frames_of(net, "server");
    send_frame(client, 87);
    send_frame(client, 86);
    lab_equal(lab_sys(read(server, p.bytes, sizeof p.bytes)), 100,
              "bytes of the first frame that arrives");
    close(client);
    close(server);
    close(program);
    netns_free(net);
}

int main(int argc, char **argv)
{
    lab_step("host");
    lab_test(long_packets_are_dropped);
    lab_step("object");
    lab_test(object_lies_beside_the_program);
    lab_step("kernel");
    lab_test(kernel_has_the_same_verdict);
    lab_step("network");
    lab_test(a_link_has_the_same_verdict);
    return lab_main(argc, argv);
}
