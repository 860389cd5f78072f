/*
 * tcp_echo_test.c: week 01, one lab_step() a step, in the order of the handout.
 * Here are steps 1, 3, 4 and 5, with one client; echo_steps.h says where the
 * others are.
 *
 * The member's functions run as servers in processes of their own
 * (echo_server.h) and are talked to over real TCP (echo_client.h); what needs
 * no client is called directly.
 */
#include "echo_client.h"
#include "echo_server.h"
#include "echo_steps.h"
#include "fault.h"
#include "tcp_echo.h"

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
    lab_note("tcp_write_all() sends %s", lab_count((intmax_t)len, "byte"));
    proc_call(&p, "tcp_write_all", send_parcel, &parcel);
    close(fds[0]);
    net_expect(&c, parcel.data, len);
    proc_expect_exit(&p, 0);
    proc_release(&p);
    net_expect_eof(&c);
    net_close(&c);
    free(parcel.data);
}

/* "each call", "each 2nd call" */
struct each {
    char text[32];
};

static struct each each(unsigned long k, const char *call)
{
    struct each each;
    const char *end = k == 2 ? "nd" : k == 3 ? "rd" : "th";
    if (k == 1)
        snprintf(each.text, sizeof each.text, "each %s", call);
    else
        snprintf(each.text, sizeof each.text, "each %lu%s %s", k, end, call);
    return each;
}

/* The kernel takes 3,000 bytes at most, and each k-th time less. */
STEP_TEST(short_writes_lose_nothing)
{
    static const struct {
        unsigned long k;
        size_t most;
    } cuts[] = {{1, 1000}, {2, 1}, {3, 7}, {4, 2999}};

    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        lab_note("%s takes %s at most%s", each(cuts[i].k, "write").text,
                 lab_count((intmax_t)cuts[i].most, "byte"),
                 cuts[i].k == 1 ? "" : ", the others take 3,000");
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
        lab_note("%s is interrupted, the others take 1,000 bytes at most",
                 each(k, "write").text);
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

/* 8 MiB, all from one call, through the real buffers of the kernel; then with
 * everything that can happen on the way. */
STEP_TEST(eight_mebibytes_in_one_call)
{
    expect_parcel(8 * MIB);
    lab_note(
        "each write takes 100,000 bytes at most, each 3rd write 5,000, and "
        "each 5th write is interrupted");
    fault_cut_every(FAULT_OUTPUT, 1, 100000);
    fault_cut_every(FAULT_OUTPUT, 3, 5000);
    fault_fail_every(FAULT_OUTPUT, 5, EINTR);
    expect_parcel(8 * MIB);
}

/* The echo as a whole, with reads and writes short and interrupted. */
STEP_TEST(echo_through_interrupted_calls)
{
    struct echo_server s;

    for (unsigned long k = 2; k <= 7; k += k == 2 ? 1 : 2) {
        lab_note("%s and %s is interrupted, %s and %s moves 99 bytes at most",
                 each(k, "read").text, each(k, "write").text,
                 each(k + 1, "read").text, each(k + 1, "write").text);
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

/* 1 MiB through the echo, the client reading while it sends. (Not more: an
 * echo that moves single bytes is slow, and no mistake.) */
STEP_TEST(one_mebibyte_comes_back)
{
    struct echo_server s;

    lab_note("each 3rd write takes 5,000 bytes at most");
    fault_cut_every(FAULT_OUTPUT, 3, 5000);
    echo_server_one(&s);
    echo_client_exchange(ECHO_HOST, s.port, 1 * MIB);
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

/* A client that speaks first, and more than any buffer holds. */
static void speak_first(void)
{
    static const char question[30000] = "is anybody there?\n";
    const size_t more_len = 16 * MIB;
    struct echo_server s;
    struct net_client c;

    int listener = net_listen(ECHO_HOST, s.port);
    net_connect(&c, "client", ECHO_HOST, s.port);
    net_send(&c, question, sizeof question);
    lab_note("only now the server begins");
    echo_server_hello_on(&s, listener, 1);
    net_expect_text(&c, ECHO_GREETING);
    net_expect_eof(&c);
    unsigned char *more = calloc(1, more_len);
    net_send(&c, more, more_len);
    free(more);
    net_shutdown_write(&c);
    echo_server_expect_done(&s);
    net_expect_eof(&c);
    net_close(&c);
}

/* The greeting is not lost for a client that has spoken first. */
STEP_TEST(greeting_reaches_a_client_that_spoke_first)
{
    speak_first();
}

/* Rule 2 of the contract holds for echo_hello() as well. */
STEP_TEST(hello_goes_on_after_signals)
{
    lab_note("the first accept, the first write and the first read are "
             "interrupted");
    fault_fail(FAULT_ACCEPT, 1, EINTR);
    fault_fail(FAULT_OUTPUT, 1, EINTR);
    fault_fail(FAULT_INPUT, 1, EINTR);
    speak_first();
}

/* ---- main ---- */

static void hello_step(void)
{
    lab_step("hello");
    lab_test(greeting_arrives_and_connection_ends);
    lab_test(each_call_serves_one_client);
    lab_test(accept_error_is_returned);
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
    lab_test(one_mebibyte_comes_back);
}

static void half_close_step(void)
{
    lab_step("half-close");
    lab_test(half_closed_client_gets_every_byte);
    lab_test(end_of_file_does_not_overtake_bytes);
    lab_test(half_close_without_bytes);
    lab_test(greeting_reaches_a_client_that_spoke_first);
    lab_test(hello_goes_on_after_signals);
}

int main(int argc, char **argv)
{
    hello_step();
    listen_step();
    echo_one_step();
    write_all_step();
    half_close_step();
    many_clients_step();
    rude_clients_step();
    program_step();
    stop_step();
    full_house_step();
    return lab_main(argc, argv);
}
