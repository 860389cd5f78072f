/*
 * tcp_echo_test.c: week 01, one lab_step() a step, in the order of the handout.
 * Steps 1 to 5, with one client at most, are here; serve_test.c has the others.
 *
 * The member's functions run as servers in processes of their own
 * (echo_server.h) and are talked to over real TCP (echo_client.h); what needs
 * no client is called directly.
 */
#include "echo_client.h"
#include "echo_server.h"
#include "fault.h"
#include "serve_test.h"
#include "tcp_echo.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KIB 1024
#define MIB (1024 * KIB)

/* ---- 1 hello ---- */

/* The greeting arrives whole, and then the connection ends. */
STEP_TEST(greeting_arrives_and_connection_ends)
{
    struct echo_server s;
    struct net_client c;

    echo_server_hello(&s, 1);
    net_connect(&c, "client", ECHO_HOST, s.port);
    net_expect_text(&c, ECHO_GREETING);
    net_expect_eof(&c);
    net_close(&c);
    echo_server_expect_done(&s);
}

/* A call serves one client, closes that one, and leaves the listener open. */
STEP_TEST(each_call_serves_one_client)
{
    struct echo_server s;
    struct net_client c;

    echo_server_hello(&s, 2);
    net_connect(&c, "client 1", ECHO_HOST, s.port);
    net_expect_text(&c, ECHO_GREETING);
    net_expect_eof(&c);
    net_close(&c);
    net_connect(&c, "client 2", ECHO_HOST, s.port);
    net_expect_text(&c, ECHO_GREETING);
    net_expect_eof(&c);
    net_close(&c);
    echo_server_expect_done(&s);
}

/* Rule 1 of the contract: an error is returned as -errno. */
STEP_TEST(accept_error_is_returned)
{
    struct net_client c;
    char port[NET_PORT_BYTES];

    int listener = net_listen(ECHO_HOST, port);
    net_connect(&c, "client", ECHO_HOST, port);
    lab_note("accept(2) fails with EINVAL");
    fault_fail_every(FAULT_ACCEPT, 1, EINVAL);
    lab_error(echo_hello(listener), -EINVAL);
    net_close(&c);
    close(listener);
}

/* ---- 2 listen ---- */

static void expect_refused(const char *host, const char *port)
{
    struct net_client c;
    lab_note("nobody listens on %s, port %s", host, port);
    lab_error(net_try_connect(&c, "client", host, port), -ECONNREFUSED);
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
    lab_note("tcp_listen(\"127.0.0.1\", \"0\")");
    int listener = lab_ok(tcp_listen("127.0.0.1", "0"));
    expect_reachable("127.0.0.1", listener);
    snprintf(port, sizeof port, "%d", net_local_port(listener));
    expect_refused("127.0.0.2", port);
    close(listener);
}

/* The same for IPv6; without IPv6 on this machine it is not -EINVAL. */
STEP_TEST(listens_on_ipv6)
{
    lab_note("tcp_listen(\"::1\", \"0\")");
    int listener = tcp_listen("::1", "0");
    if (!net_has_ipv6()) {
        lab_check(listener != -EINVAL, "\"::1\" is understood as an address, "
                                       "also where there is no IPv6");
        lab_cannot_run("no IPv6 on this machine",
                       "sysctl net.ipv6.conf.lo.disable_ipv6=0");
    }
    lab_ok_at(LAB_HERE, listener, "tcp_listen(\"::1\", \"0\")");
    expect_reachable("::1", listener);
    close(listener);
}

/* No host means every address of the machine. */
STEP_TEST(null_host_is_every_address)
{
    lab_note("tcp_listen(NULL, \"0\")");
    int listener = lab_ok(tcp_listen(NULL, "0"));
    expect_reachable("127.0.0.1", listener);
    expect_reachable("127.0.0.2", listener);
    close(listener);
}

/* Port 0 gets a free port each time; a port with a number gets that one. */
STEP_TEST(port_is_picked_or_kept)
{
    char port[NET_PORT_BYTES];
    lab_note("tcp_listen(\"127.0.0.1\", \"0\"), twice");
    int first = lab_ok(tcp_listen("127.0.0.1", "0"));
    int second = lab_ok(tcp_listen("127.0.0.1", "0"));
    int picked = net_local_port(first);
    lab_check(picked != 0, "a listener with port \"0\" has a port");
    lab_check(picked != net_local_port(second), "two listeners with port \"0\" "
                                                "have different ports");
    close(first);

    snprintf(port, sizeof port, "%d", picked);
    lab_note("the first is closed; tcp_listen(\"127.0.0.1\", \"%s\")", port);
    int again = lab_ok(tcp_listen("127.0.0.1", port));
    lab_equal(net_local_port(again), picked, "the listener's port");
    close(again);
    close(second);
}

static int option(int fd, int level, int name)
{
    int value = 0;
    socklen_t len = sizeof value;
    lab_sys(getsockopt(fd, level, name, &value, &len));
    return value;
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
    int listener = lab_ok(tcp_listen("127.0.0.1", "0"));
    lab_note("the test asks the kernel about the socket");
    lab_check(fcntl(listener, F_GETFD) & FD_CLOEXEC,
              "the listener is close-on-exec (SOCK_CLOEXEC)");
    lab_check(!(fcntl(listener, F_GETFL) & O_NONBLOCK),
              "the listener is a blocking socket");
    lab_check(option(listener, SOL_SOCKET, SO_REUSEADDR),
              "SO_REUSEADDR is set");
    lab_check(option(listener, SOL_SOCKET, SO_ACCEPTCONN),
              "the socket listens");
    lab_at_least(queue_limit(listener), 128,
                 "clients that may wait to be accepted (backlog)");
    close(listener);
}

/* Where somebody listens, -EADDRINUSE; and nothing is left open. */
STEP_TEST(taken_port_is_refused)
{
    char port[NET_PORT_BYTES];
    int listener = lab_ok(tcp_listen("127.0.0.1", "0"));
    int fds = echo_own_fds();
    snprintf(port, sizeof port, "%d", net_local_port(listener));
    lab_note("tcp_listen() on port %s again, while somebody listens", port);
    lab_error(tcp_listen("127.0.0.1", port), -EADDRINUSE);
    lab_equal(echo_own_fds(), fds, "open descriptors after the error");
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
        int fds = echo_own_fds();
        lab_note("%s() fails with %s", failures[i].call,
                 lab_errno_text(failures[i].error));
        fault_fail_every(failures[i].call, 1, failures[i].error);
        lab_error(tcp_listen("127.0.0.1", "0"), -failures[i].error);
        lab_equal(echo_own_fds(), fds, "open descriptors after the error");
        fault_reset();
    }
}

/* Rule 1: it is the error of the call that failed first. */
STEP_TEST(close_does_not_hide_the_error)
{
    lab_note("bind() fails with EACCES, and then close() with EIO");
    fault_fail_every("bind", 1, EACCES);
    fault_fail_every("close", 1, EIO);
    lab_error(tcp_listen("127.0.0.1", "0"), -EACCES);
}

/* What is no numeric address or port is -EINVAL, not something near it. */
STEP_TEST(bad_arguments_are_refused)
{
    static const struct {
        const char *host, *port;
    } bad[] = {{"not-an-address", "0"},
               {"300.1.1.1", "0"},
               {"", "0"},
               {"127.0.0.1", "http"},
               {"127.0.0.1", ""},
               {"127.0.0.1", "-1"},
               {"127.0.0.1", "12x"},
               {"127.0.0.1", "65536"},
               {"127.0.0.1", "99999"},
               {"127.0.0.1", "4294967296"}};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lab_note("tcp_listen(\"%s\", \"%s\")", bad[i].host, bad[i].port);
        lab_error(tcp_listen(bad[i].host, bad[i].port), -EINVAL);
    }
}

/* An address of somebody else's (RFC 5737 keeps this one free). */
STEP_TEST(foreign_address_is_refused)
{
    lab_note("tcp_listen(\"192.0.2.1\", \"0\"), which is nobody's address");
    lab_error(tcp_listen("192.0.2.1", "0"), -EADDRNOTAVAIL);
}

/* A server that closed a client's connection first can be started again at
 * once, although that connection is in TIME_WAIT on its port. */
STEP_TEST(restart_finds_its_port_free)
{
    char port[NET_PORT_BYTES];
    struct net_client c;

    int listener = lab_ok(tcp_listen("127.0.0.1", "0"));
    snprintf(port, sizeof port, "%d", net_local_port(listener));
    net_connect(&c, "client", "127.0.0.1", port);
    lab_note("the server closes the connection first, then its listener");
    close((int)lab_sys(accept(listener, NULL, NULL)));
    net_expect_eof(&c);
    net_close(&c);
    close(listener);

    lab_note("tcp_listen(\"127.0.0.1\", \"%s\") at once", port);
    listener = lab_ok(tcp_listen("127.0.0.1", port));
    expect_reachable("127.0.0.1", listener);
    close(listener);
}

/* ---- 3 echo-one ---- */

/* A conversation: each line is back before the next is sent. */
STEP_TEST(lines_come_back)
{
    struct echo_server s;
    echo_server_one(&s);
    echo_client_lines(ECHO_HOST, s.port);
    echo_server_expect_done(&s);
}

/* Bytes, not lines: a byte by itself comes back, also a '\0'. */
STEP_TEST(bytes_come_back_at_once)
{
    struct echo_server s;
    echo_server_one(&s);
    echo_client_bytes(ECHO_HOST, s.port);
    echo_server_expect_done(&s);
}

/* No size is special, whatever the size of the buffer in between. */
STEP_TEST(messages_of_any_size_come_back)
{
    struct echo_server s;
    struct net_client c;

    echo_server_one(&s);
    net_connect(&c, "client", ECHO_HOST, s.port);
    for (size_t size = 1; size <= 64 * KIB; size *= 4)
        for (size_t len = size - 1; len <= size + 1; len++)
            echo_client_round_trip(&c, len);
    net_close(&c);
    echo_server_expect_done(&s);
}

/* A client may have nothing to say. */
STEP_TEST(client_that_says_nothing)
{
    struct echo_server s;
    struct net_client c;

    echo_server_one(&s);
    net_connect(&c, "client", ECHO_HOST, s.port);
    net_close(&c);
    echo_server_expect_done(&s);
}

/* Rule 1 again: an error of read(2) is returned. */
STEP_TEST(read_error_is_returned)
{
    struct net_client c;
    int fds[2];

    net_pair(fds);
    net_adopt(&c, "client", fds[1]);
    net_send_text(&c, "hello\n");
    lab_note("the first read fails with EIO");
    fault_fail(FAULT_INPUT, 1, EIO);
    lab_error(echo_connection(fds[0]), -EIO);
    net_close(&c);
}

/* ---- 4 write-all ---- */

struct parcel {
    int fd;
    unsigned char *data;
    size_t len;
};

static int send_parcel(void *argument)
{
    const struct parcel *parcel = argument;
    int result = tcp_write_all(parcel->fd, parcel->data, parcel->len);
    lab_error_at(LAB_HERE, result, 0, "tcp_write_all(fd, data, len)");
    return 0;
}

/* Call tcp_write_all() in a process of its own while the test reads. */
static void expect_parcel(size_t len)
{
    struct parcel parcel = {.data = malloc(len + 1), .len = len};
    struct net_client c;
    struct proc p;
    int fds[2];

    net_pair(fds);
    net_adopt(&c, "receiver", fds[1]);
    parcel.fd = fds[0];
    net_pattern(1, 0, parcel.data, len);
    lab_note("tcp_write_all() sends %zu bytes", len);
    proc_call(&p, "tcp_write_all", send_parcel, &parcel);
    close(fds[0]);
    net_expect(&c, parcel.data, len);
    proc_expect_exit(&p, 0);
    proc_release(&p);
    net_expect_eof(&c);
    net_close(&c);
    free(parcel.data);
}

/* The kernel takes 3,000 bytes, or each k-th time still less. */
STEP_TEST(short_writes_lose_nothing)
{
    static const struct {
        unsigned long k;
        size_t most;
    } cuts[] = {{1, 1000}, {2, 1}, {3, 7}, {4, 2999}};

    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        lab_note("a write takes 3 000 bytes at most; writes %lu, %lu, %lu and "
                 "so on take %zu at most",
                 cuts[i].k, 2 * cuts[i].k, 3 * cuts[i].k, cuts[i].most);
        fault_cut_every(FAULT_OUTPUT, 1, 3000);
        fault_cut_every(FAULT_OUTPUT, cuts[i].k, cuts[i].most);
        expect_parcel(20 * KIB);
        fault_reset();
    }
}

/* A signal comes before anything is sent: the same bytes are offered again. */
STEP_TEST(interrupted_writes_go_on)
{
    for (unsigned long k = 2; k <= 5; k++) {
        lab_note("writes %lu, %lu, %lu and so on are interrupted, the others "
                 "take 1 000 bytes at most",
                 k, 2 * k, 3 * k);
        fault_fail_every(FAULT_OUTPUT, k, EINTR);
        fault_cut_every(FAULT_OUTPUT, 1, 1000);
        expect_parcel(20 * KIB);
        fault_reset();
    }
    lab_note("the first write is interrupted");
    fault_fail(FAULT_OUTPUT, 1, EINTR);
    expect_parcel(20 * KIB);
}

/* An error ends it, wherever it comes, and nothing is sent after it. */
STEP_TEST(write_error_is_returned)
{
    char data[3000] = "";
    int fds[2];

    net_pair(fds);
    for (unsigned long k = 1; k <= 3; k++) {
        lab_note("write number %lu fails with ECONNRESET", k);
        fault_reset();
        fault_cut_every(FAULT_OUTPUT, 1, 1000);
        fault_fail(FAULT_OUTPUT, k, ECONNRESET);
        lab_error(tcp_write_all(fds[0], data, sizeof data), -ECONNRESET);
        lab_equal(fault_calls(FAULT_OUTPUT), k, "writes up to the error");
    }
    close(fds[0]);
    close(fds[1]);
}

/* Nothing to send is done at once. */
STEP_TEST(nothing_to_send)
{
    struct net_client c;
    int fds[2];

    net_pair(fds);
    net_adopt(&c, "receiver", fds[1]);
    lab_note("tcp_write_all() sends 0 bytes");
    lab_error(tcp_write_all(fds[0], "x", 0), 0);
    net_expect_quiet(&c);
    net_close(&c);
    close(fds[0]);
}

/* 8 MiB, all from one call, through the real buffers of the kernel. */
STEP_TEST(eight_mebibytes_in_one_call)
{
    expect_parcel(8 * MIB);
}

/* The echo as a whole, with reads and writes short and interrupted. */
STEP_TEST(echo_through_interrupted_calls)
{
    struct echo_server s;

    for (unsigned long k = 2; k <= 7; k += k == 2 ? 1 : 2) {
        lab_note("of reads and of writes, each %lu. is interrupted, each %lu. "
                 "moves 99 bytes at most",
                 k, k + 1);
        fault_fail_every(FAULT_INPUT, k, EINTR);
        fault_fail_every(FAULT_OUTPUT, k, EINTR);
        fault_cut_every(FAULT_INPUT, k + 1, 99);
        fault_cut_every(FAULT_OUTPUT, k + 1, 99);
        echo_server_one(&s);
        echo_client_exchange(ECHO_HOST, s.port, 128 * KIB);
        echo_server_expect_done(&s);
        fault_reset();
    }
}

/* 8 MiB through the echo, the client reading while it sends. */
STEP_TEST(eight_mebibytes_come_back)
{
    struct echo_server s;

    lab_note("writes 3, 6, 9 and so on take 5 000 bytes at most");
    fault_cut_every(FAULT_OUTPUT, 3, 5000);
    echo_server_one(&s);
    echo_client_exchange(ECHO_HOST, s.port, 8 * MIB);
    echo_server_expect_done(&s);
}

/* ---- 5 half-close ---- */

/* Sent, shut down, and only then read: every byte, then end of file. */
STEP_TEST(half_closed_client_gets_every_byte)
{
    struct echo_server s;
    echo_server_one(&s);
    echo_client_half_close(ECHO_HOST, s.port, 32 * KIB);
    echo_server_expect_done(&s);
}

/* Bytes and end of file are both there before the server looks. */
STEP_TEST(end_of_file_does_not_overtake_bytes)
{
    unsigned char data[32 * KIB];
    struct echo_server s;
    struct net_client c;

    int listener = net_listen(ECHO_HOST, s.port);
    net_connect(&c, "client", ECHO_HOST, s.port);
    net_pattern(1, 0, data, sizeof data);
    net_send(&c, data, sizeof data);
    net_shutdown_write(&c);
    lab_note("only now the server begins");
    echo_server_one_on(&s, listener);
    net_expect(&c, data, sizeof data);
    net_expect_eof(&c);
    net_close(&c);
    echo_server_expect_done(&s);
}

/* No byte, and a half-close: end of file is the whole answer. */
STEP_TEST(half_close_without_bytes)
{
    struct echo_server s;
    echo_server_one(&s);
    echo_client_half_close(ECHO_HOST, s.port, 0);
    echo_server_expect_done(&s);
}

/* The greeting is not lost for a client that has spoken first. */
STEP_TEST(greeting_reaches_a_client_that_spoke_first)
{
    static const char question[30000] = "is anybody there?\n";
    static unsigned char more[16 * 1024 * KIB]; /* than any buffer holds */
    struct echo_server s;
    struct net_client c;

    int listener = net_listen(ECHO_HOST, s.port);
    net_connect(&c, "client", ECHO_HOST, s.port);
    net_send(&c, question, sizeof question);
    lab_note("only now the server begins");
    echo_server_hello_on(&s, listener, 1);
    net_expect_text(&c, ECHO_GREETING);
    net_expect_eof(&c);
    net_send(&c, more, sizeof more);
    net_shutdown_write(&c);
    echo_server_expect_done(&s);
    net_expect_eof(&c);
    net_close(&c);
}

/* ---- main ---- */

static void hello_step(void)
{
    lab_step("hello");
    lab_test(greeting_arrives_and_connection_ends);
    lab_test(each_call_serves_one_client);
    lab_test(accept_error_is_returned);
}

static void listen_step(void)
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

static void echo_one_step(void)
{
    lab_step("echo-one");
    lab_test(lines_come_back);
    lab_test(bytes_come_back_at_once);
    lab_test(messages_of_any_size_come_back);
    lab_test(client_that_says_nothing);
    lab_test(read_error_is_returned);
}

static void write_all_step(void)
{
    lab_step("write-all");
    lab_test(short_writes_lose_nothing);
    lab_test(interrupted_writes_go_on);
    lab_test(write_error_is_returned);
    lab_test(nothing_to_send);
    lab_test(eight_mebibytes_in_one_call);
    lab_test(echo_through_interrupted_calls);
    lab_test(eight_mebibytes_come_back);
}

static void half_close_step(void)
{
    lab_step("half-close");
    lab_test(half_closed_client_gets_every_byte);
    lab_test(end_of_file_does_not_overtake_bytes);
    lab_test(half_close_without_bytes);
    lab_test(greeting_reaches_a_client_that_spoke_first);
}

int main(int argc, char **argv)
{
    hello_step();
    listen_step();
    echo_one_step();
    write_all_step();
    half_close_step();
    serve_steps();
    return lab_main(argc, argv);
}
