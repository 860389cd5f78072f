/*
 * forward_test.c: step 5: real connections through a balancer that is attached,
 * with week 01's echo program behind it.
 */
#include "balancer_net.h"
#include "bpf.h"
#include "steps.h"

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
    if (err < 0)
        return err;
    if (write(STDOUT_FILENO, "attached\n", 9) != 9)
        return -EIO;
    pause();
    return 0;
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
    lab_test(attached_natively_and_gone_afterwards);
    lab_test(killed_balancer_leaves_nothing);
}
