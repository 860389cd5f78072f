/*
 * forward_test.c: step 5: real connections through a balancer that is attached,
 * with week 01's echo program behind it.
 */
#include "balancer_lab.h"
#include "balancer_net.h"
#include "steps.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct forward {
    struct balancer_net net;
    struct xdp_balancer *balancer;
};

static void attach(struct forward *f)
{
    bpf_lab_listen();
    struct balancer_options options = {.seed = lab_seed(), .connections = 4096};
    bpf_lab_ok(xdp_balancer_open(&options, &f->balancer));
    netns_enter(f->net.net, "balancer");
    lab_error(xdp_balancer_attach(f->balancer, "eth7"), -ENODEV);
    lab_ok(xdp_balancer_attach(f->balancer, "eth0"));
    netns_leave(f->net.net);
    lab_note("the balancer is attached to eth0: %s",
             netns_xdp_mode(f->net.net, "balancer", "eth0"));
}

static void forward_open(struct forward *f, int backends, int version)
{
    balancer_net_open(&f->net, backends);
    balancer_net_start_echo(&f->net, version == 4 ? "0.0.0.0" : "::");
    attach(f);
    balancer_net_tell(&f->net, f->balancer, version);
}

static void forward_close(struct forward *f)
{
    xdp_balancer_close(f->balancer);
    balancer_net_close(&f->net);
}

/* A client talks to the VIP, and a backend answers: every byte arrives. */
STEP_TEST(client_talks_to_backend_over_ipv4)
{
    struct forward f;
    struct net_client c;
    forward_open(&f, 2, 4);
    balancer_net_connect(&f.net, &c, "client", BALANCER_NET_VIP);
    net_exchange(&c, 256 * 1024, 0);
    net_shutdown_write(&c);
    net_expect_eof(&c);
    net_close(&c);
    forward_close(&f);
}

STEP_TEST(client_talks_to_backend_over_ipv6)
{
    struct forward f;
    struct net_client c;
    forward_open(&f, 2, 6);
    balancer_net_connect(&f.net, &c, "client", BALANCER_NET_VIP_V6);
    net_exchange(&c, 256 * 1024, 0);
    net_shutdown_write(&c);
    net_expect_eof(&c);
    net_close(&c);
    forward_close(&f);
}

/* Sixty-four connections at once, and each backend has some of them: that four
 * fair ones leave one out, happens once in twenty million. */
STEP_TEST(connections_are_spread_and_all_served)
{
    enum { CLIENTS = 64, BACKENDS = 4 };
    struct forward f;
    struct net_client c[CLIENTS];
    struct balancer_backend backends[BACKENDS];
    struct balancer_count sent[BACKENDS];
    struct service_key service = balancer_net_service(4);
    forward_open(&f, BACKENDS, 4);
    lab_note("%d clients connect, and each sends and reads back 1,000 bytes",
             CLIENTS);
    netns_enter(f.net.net, "client");
    for (int i = 0; i < CLIENTS; i++)
        net_connect_quietly(&c[i], "client", BALANCER_NET_VIP,
                            BALANCER_NET_PORT);
    netns_leave(f.net.net);
    for (int i = 0; i < CLIENTS; i++)
        net_exchange(&c[i], 1000, 0);
    for (int i = 0; i < CLIENTS; i++)
        net_close(&c[i]);
    lab_equal(
        xdp_balancer_backends(f.balancer, &service, backends, sent, BACKENDS),
        BACKENDS, "backends of the service");
    for (int i = 0; i < BACKENDS; i++)
        lab_at_least(sent[i].packets, 1, "packets that %s was sent",
                     balancer_net_backend(i));
    forward_close(&f);
}

/* What is for the balancer's own kernel still gets there. */
STEP_TEST(kernel_gets_what_is_its)
{
    struct forward f;
    struct net_client c, accepted;
    char port[NET_PORT_BYTES];
    forward_open(&f, 1, 4);
    netns_enter(f.net.net, "balancer");
    int listener = net_listen("10.0.0.2", port);
    netns_leave(f.net.net);
    lab_note("a server of the balancer's own listens there, on another port");
    netns_enter(f.net.net, "client");
    net_connect(&c, "client", "10.0.0.2", port);
    netns_leave(f.net.net);
    net_adopt(&accepted, "the server",
              (int)lab_sys(accept(listener, NULL, NULL)));
    net_send_text(&c, "to the balancer itself\n");
    net_expect_text(&accepted, "to the balancer itself\n");
    net_close(&c);
    net_close(&accepted);
    close(listener);
    lab_note("nobody listens on the VIP's next port, and its kernel says so");
    netns_enter(f.net.net, "client");
    int err = net_try_connect(&c, "client", BALANCER_NET_VIP, "7001");
    netns_leave(f.net.net);
    lab_equal(err, -ECONNREFUSED, "what connecting to port 7001 gives");
    forward_close(&f);
}

/* The balancer asks a backend itself, as a health check does: the answer is
 * for it and for no client. */
STEP_TEST(answer_to_the_balancer_is_the_kernels)
{
    struct forward f;
    struct net_client c;
    forward_open(&f, 1, 4);
    netns_enter(f.net.net, "balancer");
    net_connect(&c, "the balancer itself", "10.0.1.11", BALANCER_NET_PORT);
    netns_leave(f.net.net);
    net_send_text(&c, "how are you?\n");
    net_expect_text(&c, "how are you?\n");
    net_close(&c);
    forward_close(&f);
}

/* ---- Its own addresses ---- */

static int add_own(const char *address)
{
    struct packet_address own = balancer_lab_address(address);
    return xdp_balancer_add_own(balancer, strchr(address, ':') ? 6 : 4, &own);
}

/* A packet from the backend to an own address is the kernel's. */
static void expect_for_us(int version, const char *own)
{
    struct shape shape = {.version = version};
    struct path path = balancer_lab_from_backend(version, PORT, 0);
    struct packet p;
    path.to = own;
    balancer_lab_build(&p, &shape, &path);
    balancer_lab_expect_as_it_is(&p, XDP_PASS,
                                 "an answer of the backend to the balancer");
}

static void expect_both_ways(int version)
{
    struct shape shape = {.version = version};
    struct path ways[2][2] = {{balancer_lab_in(version, PORT),
                               balancer_lab_to_backend(version, PORT, 0)},
                              {balancer_lab_from_backend(version, PORT, 0),
                               balancer_lab_out(version, PORT)}};
    struct packet in, out;
    for (int i = 0; i < 2; i++) {
        balancer_lab_build(&in, &shape, &ways[i][0]);
        balancer_lab_build(&out, &shape, &ways[i][1]);
        balancer_lab_expect_sent(&in, &out,
                                 i == 0 ? "a packet to the VIP"
                                        : "a packet of the backend to a "
                                          "client");
    }
}

/* The VIP is one of them, as its kernel answers ARP for it; it stays a
 * service's. */
STEP_TEST(vip_is_an_own_address_too)
{
    static const char *const vips[] = {VIP, VIP_V6};
    static const char *const others[] = {"10.0.1.2", "fd01::2"};
    balancer_lab_open();
    for (int i = 0; i < 2; i++) {
        int version = i == 0 ? 4 : 6;
        lab_note("%s is an own address", vips[i]);
        lab_ok(add_own(vips[i]));
        balancer_lab_add(balancer_lab_key(vips[i], PORT, IPPROTO_TCP), 0, 1);
        lab_note("and so is %s", others[i]);
        lab_ok(add_own(others[i]));
        expect_both_ways(version);
        expect_for_us(version, others[i]);
        expect_for_us(version, vips[i]);
    }
    balancer_lab_close();
}

/* So many, and no more; one that is there already is none more. */
STEP_TEST(own_addresses_are_bounded)
{
    struct packet_address address = balancer_lab_address("10.0.1.2");
    char text[32];
    balancer_lab_open();
    balancer_lab_add(balancer_lab_key(VIP, PORT, IPPROTO_TCP), 0, 1);
    lab_note("addresses of IP version 0 and 5");
    lab_error(xdp_balancer_add_own(balancer, 0, &address), -EINVAL);
    lab_error(xdp_balancer_add_own(balancer, 5, &address), -EINVAL);
    lab_note("%d addresses, each twice", BALANCER_OWN_MAX);
    for (int i = 0; i < 2 * BALANCER_OWN_MAX; i++) {
        snprintf(text, sizeof text, "10.3.0.%d", i / 2 + 1);
        lab_ok(add_own(text));
    }
    lab_note("one more");
    lab_error(add_own("10.3.1.1"), -ENOSPC);
    lab_note("the last of those that are there");
    lab_ok(add_own(text));
    expect_for_us(4, text);
    expect_both_ways(4);
    balancer_lab_close();
}

/* ---- Attached ---- */

/* In the driver where the driver can, and gone when it is closed. */
STEP_TEST(attached_natively_and_gone_afterwards)
{
    struct forward f;
    balancer_net_open(&f.net, 1);
    attach(&f);
    lab_same_text(netns_xdp_mode(f.net.net, "balancer", "eth0"), "native",
                  "how the balancer is attached to a veth");
    netns_enter(f.net.net, "balancer");
    lab_error(xdp_balancer_attach(f.balancer, "eth0"), -EALREADY);
    netns_leave(f.net.net);
    xdp_balancer_close(f.balancer);
    lab_note("the balancer is closed");
    lab_same_text(netns_xdp_mode(f.net.net, "balancer", "eth0"), "not at all",
                  "how something is attached to eth0 now");
    balancer_net_close(&f.net);
}

static int attach_and_wait(void *argument)
{
    struct forward *f = argument;
    struct balancer_options options = {.seed = 1, .connections = 4096};
    int err = xdp_balancer_open(&options, &f->balancer);
    if (err == 0)
        err = xdp_balancer_attach(f->balancer, "eth0");
    return proc_say_and_wait(err, "attached");
}

/* A process that is killed takes its balancer along. */
STEP_TEST(killed_balancer_leaves_nothing)
{
    struct forward f;
    struct proc p;
    balancer_net_open(&f.net, 0);
    netns_call(f.net.net, "balancer", &p, "the balancer", attach_and_wait, &f);
    proc_expect_line(&p);
    lab_note("its process is killed by SIGKILL");
    proc_kill(&p);
    lab_until(strcmp(netns_xdp_mode(f.net.net, "balancer", "eth0"),
                     "not at all") == 0,
              "nothing is attached to eth0 any more");
    proc_release(&p);
    balancer_net_close(&f.net);
}

void forward_step(void)
{
    lab_step("forward");
    lab_test(client_talks_to_backend_over_ipv4);
    lab_test(client_talks_to_backend_over_ipv6);
    lab_test(connections_are_spread_and_all_served);
    lab_test(kernel_gets_what_is_its);
    lab_test(answer_to_the_balancer_is_the_kernels);
    lab_test(vip_is_an_own_address_too);
    lab_test(own_addresses_are_bounded);
    lab_test(attached_natively_and_gone_afterwards);
    lab_test(killed_balancer_leaves_nothing);
}
