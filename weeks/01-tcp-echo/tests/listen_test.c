/*
 * listen_test.c: week 01, step 2: tcp_listen(), called directly.
 */
#include "echo_server.h"
#include "echo_steps.h"
#include "fault.h"
#include "own_fds_client.h"
#include "tcp_echo.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

/* `tcp_listen("127.0.0.1", "0")` */
struct listen_call {
    char text[128];
};

static struct listen_call listen_call(const char *host, const char *port)
{
    struct listen_call call;
    const char *quote = host != NULL ? "\"" : "";
    snprintf(call.text, sizeof call.text, "tcp_listen(%s%s%s, \"%s\")", quote,
             host != NULL ? host : "NULL", quote, port);
    return call;
}

/* Returns the listener. */
#define expect_listener(host, port) expect_listener_at(LAB_HERE, (host), (port))
static int expect_listener_at(struct lab_where where, const char *host,
                              const char *port)
{
    struct listen_call call = listen_call(host, port);
    lab_note("%s", call.text);
    return lab_ok_at(where, tcp_listen(host, port), call.text);
}

#define expect_error(host, port, error) \
    expect_error_at(LAB_HERE, (host), (port), (error))
static void expect_error_at(struct lab_where where, const char *host,
                            const char *port, int error)
{
    char should[128], is[64];
    struct listen_call call = listen_call(host, port);
    lab_note("%s", call.text);
    int result = tcp_listen(host, port);
    if (result < 0)
        lab_error_at(where, result, error, call.text);
    if (result == error)
        return;
    snprintf(should, sizeof should, "-%s", lab_errno_text(error));
    snprintf(is, sizeof is, "%d: a descriptor, on port %d", result,
             net_local_port(result));
    lab_differ_at(where, call.text, should, is);
}

static void expect_refused(const char *host, const char *port)
{
    struct net_client c;
    lab_note("nobody listens on %s, port %s", host, port);
    int result = net_try_connect(&c, "client", host, port);
    if (result != -ECONNREFUSED)
        lab_differ_at(LAB_HERE, "a client that connects there",
                      "it is refused (ECONNREFUSED)",
                      result == 0 ? "it is let in" : lab_errno_text(result));
}

static void expect_reachable(const char *host, int listener)
{
    struct net_client c;
    char port[NET_PORT_BYTES];
    snprintf(port, sizeof port, "%d", net_local_port(listener));
    net_connect(&c, "client", host, port);
    net_close(&c);
}

/* Clients reach the address that was asked for, and no other. */
STEP_TEST(listens_on_ipv4)
{
    char port[NET_PORT_BYTES];
    int listener = expect_listener("127.0.0.1", "0");
    expect_reachable("127.0.0.1", listener);
    snprintf(port, sizeof port, "%d", net_local_port(listener));
    expect_refused("127.0.0.2", port);
    close(listener);
}

/* The same for IPv6; without IPv6 on this machine it is not -EINVAL. */
STEP_TEST(listens_on_ipv6)
{
    if (!net_has_ipv6()) {
        if (tcp_listen("::1", "0") == -EINVAL)
            lab_differ_at(LAB_HERE, "tcp_listen(\"::1\", \"0\")",
                          "an address that is understood, also where there "
                          "is no IPv6",
                          "-EINVAL");
        lab_cannot_run("no IPv6 on this machine",
                       "sysctl net.ipv6.conf.lo.disable_ipv6=0");
    }
    int listener = expect_listener("::1", "0");
    expect_reachable("::1", listener);
    close(listener);
}

/* No host means every address of the machine. */
STEP_TEST(null_host_is_every_address)
{
    int listener = expect_listener(NULL, "0");
    expect_reachable("127.0.0.1", listener);
    expect_reachable("127.0.0.2", listener);
    close(listener);
}

/* Port 0 gets a free port each time; a port with a number gets that one. */
STEP_TEST(port_is_picked_or_kept)
{
    char port[NET_PORT_BYTES];
    int first = expect_listener("127.0.0.1", "0");
    int second = expect_listener("127.0.0.1", "0");
    int picked = net_local_port(first);
    lab_at_least(picked, 1, "the port of a listener with port \"0\"");
    if (picked == net_local_port(second))
        lab_differ_at(LAB_HERE, "two listeners with port \"0\"",
                      "each has a port of its own", "both have the same");
    close(first);

    snprintf(port, sizeof port, "%d", picked);
    lab_note("the first is closed, and its port is asked for by number");
    int again = expect_listener("127.0.0.1", port);
    lab_same_number(net_local_port(again), picked, "the listener's port");
    close(again);
    close(second);
}

static int option(int fd, int level, int name)
{
    int value = 0;
    socklen_t len = sizeof value;
    lab_sys(getsockopt(fd, level, name, &value, &len));
    return value != 0;
}

/* On a listening socket, tcpi_sacked is the length that its queue may have
 * (tcp_get_info in the kernel's net/ipv4/tcp.c; `ss -lt` shows it as Send-Q).
 */
static int queue_limit(int listener)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    lab_sys(getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &len));
    return (int)info.tcpi_sacked;
}

/* Close-on-exec, blocking, SO_REUSEADDR, and room for 128 in the queue. */
STEP_TEST(socket_is_set_up)
{
    int listener = expect_listener("127.0.0.1", "0");
    lab_note("the test asks the kernel about the socket");
    lab_equal((fcntl(listener, F_GETFD) & FD_CLOEXEC) != 0, 1,
              "the listener's close-on-exec flag (SOCK_CLOEXEC)");
    lab_equal((fcntl(listener, F_GETFL) & O_NONBLOCK) != 0, 0,
              "the listener's O_NONBLOCK: it is a blocking socket");
    lab_equal(option(listener, SOL_SOCKET, SO_REUSEADDR), 1,
              "the listener's SO_REUSEADDR");
    lab_equal(option(listener, SOL_SOCKET, SO_ACCEPTCONN), 1,
              "the listener's SO_ACCEPTCONN: it listens");
    lab_at_least(queue_limit(listener), 128,
                 "clients that may wait to be accepted (backlog)");
    close(listener);
}

/* Where somebody listens, -EADDRINUSE; and nothing is left open. */
STEP_TEST(taken_port_is_refused)
{
    char port[NET_PORT_BYTES];
    int listener = expect_listener("127.0.0.1", "0");
    int fds = own_fds_count();
    snprintf(port, sizeof port, "%d", net_local_port(listener));
    lab_note("the same port again, while somebody listens there");
    expect_error("127.0.0.1", port, -EADDRINUSE);
    lab_equal(own_fds_count(), fds, "open descriptors after the error");
    close(listener);
}

/* Each call in it may fail; the error of the one that did is returned. */
STEP_TEST(failed_calls_are_reported)
{
    static const struct {
        const char *call;
        int error;
    } failures[] = {
        {"socket", EMFILE}, {"bind", EACCES}, {"listen", EADDRINUSE}};

    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        int fds = own_fds_count();
        lab_note("%s() fails with %s", failures[i].call,
                 lab_errno_text(failures[i].error));
        fault_fail_every(failures[i].call, 1, failures[i].error);
        expect_error("127.0.0.1", "0", -failures[i].error);
        lab_equal(own_fds_count(), fds, "open descriptors after the error");
        fault_reset();
    }
}

/* Rule 1: it is the error of the call that failed first. */
STEP_TEST(close_does_not_hide_the_error)
{
    lab_note("bind() fails with EACCES, and then close() with EIO");
    fault_fail_every("bind", 1, EACCES);
    fault_fail_every("close", 1, EIO);
    expect_error("127.0.0.1", "0", -EACCES);
}

/* What is no numeric address or port is -EINVAL, not something near it. */
STEP_TEST(bad_arguments_are_refused)
{
    static const char *const hosts[] = {"not-an-address", "300.1.1.1", ""};
    static const char *const ports[] = {"http", "",      "-1",    "-0",
                                        "+0",   " 0",    "0 ",    "0x",
                                        "0x0",  "65536", "99999", "4294967296"};

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        expect_error(hosts[i], "0", -EINVAL);
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        expect_error("127.0.0.1", ports[i], -EINVAL);
}

/* An address of somebody else's (RFC 5737 keeps this one free). */
STEP_TEST(foreign_address_is_refused)
{
    lab_note("192.0.2.1 is nobody's address");
    expect_error("192.0.2.1", "0", -EADDRNOTAVAIL);
}

/* A server that closed a client's connection first can be started again at
 * once, although that connection is in TIME_WAIT on its port. */
STEP_TEST(restart_finds_its_port_free)
{
    char port[NET_PORT_BYTES];
    struct net_client c;

    int listener = expect_listener("127.0.0.1", "0");
    snprintf(port, sizeof port, "%d", net_local_port(listener));
    net_connect(&c, "client", "127.0.0.1", port);
    lab_note("the server closes the connection first, then its listener");
    close((int)lab_sys(accept(listener, NULL, NULL)));
    net_expect_eof(&c);
    net_close(&c);
    close(listener);

    lab_note("it starts again at once, on the same port");
    listener = expect_listener("127.0.0.1", port);
    expect_reachable("127.0.0.1", listener);
    close(listener);
}

/* ---- The list ---- */

void listen_step(void)
{
    lab_step("listen");
    lab_test(listens_on_ipv4);
    lab_test(listens_on_ipv6);
    lab_test(null_host_is_every_address);
    lab_test(port_is_picked_or_kept);
    lab_test(socket_is_set_up);
    lab_test(restart_finds_its_port_free);
    lab_test(taken_port_is_refused);
    lab_test(foreign_address_is_refused);
    lab_test(failed_calls_are_reported);
    lab_test(close_does_not_hide_the_error);
    lab_test(bad_arguments_are_refused);
}
