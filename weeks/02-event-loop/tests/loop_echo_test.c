/*
 * loop_echo_test.c: week 02, step 2: one thread, and every byte in order.
 */
#include "echo_client.h"
#include "fault.h"
#include "loop_server.h"
#include "stage.h"
#include "steps.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KIB 1024
#define MIB (1024 * KIB)

/* The conversations of week 01. */
STEP_TEST(one_client_gets_its_bytes_back)
{
    struct loop_server s;
    loop_server_start(&s);
    echo_client_lines(SERVER_HOST, s.port);
    echo_client_bytes(SERVER_HOST, s.port);
    echo_client_half_close(SERVER_HOST, s.port, 0);
    echo_client_half_close(SERVER_HOST, s.port, 32 * KIB);
    loop_server_stop(&s);
}

/* Silent ones hold nobody up, and nobody gets another's bytes. */
STEP_TEST(crowd_is_served_by_one_thread)
{
    struct loop_server s;
    loop_server_start(&s);
    echo_client_crowd(SERVER_HOST, s.port, 128, 3);
    lab_equal(proc_count_threads(&s.proc), 1, "threads of the server");
    loop_server_stop(&s);
}

/* A client into whose receive buffer a few KiB go, in segments that fit. */
static void connect_narrow(struct net_client *c, const char *port)
{
    struct sockaddr_in server = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)strtol(port, NULL, 10)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    const int least = 1, segment = 1400;
    int fd = (int)lab_sys(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    lab_sys(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least));
    lab_sys(setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment));
    lab_sys(connect(fd, (struct sockaddr *)&server, sizeof server));
    net_adopt(c, "deaf client", fd);
}

/*
 * One sends and takes nothing: no call of the server's waits for it. What it
 * sends is more than its buffers take back, and little enough for a server that
 * keeps whatever comes, as it may up to step 3.
 */
STEP_TEST(client_that_takes_nothing_holds_nobody_up)
{
    static const unsigned char data[64 * KIB];
    struct loop_server s;
    struct net_client deaf, other;

    loop_server_start_narrow(&s);
    net_connect(&other, "other client", SERVER_HOST, s.port);
    connect_narrow(&deaf, s.port);
    net_send(&deaf, data, sizeof data);
    for (int i = 0; i < 10; i++)
        echo_client_round_trip(&other, 1000);
    net_close(&deaf);
    echo_client_round_trip(&other, 1000);
    net_close(&other);
    loop_server_stop(&s);
}

/* More than all buffers hold, sent and read at the same time. */
STEP_TEST(eight_mebibytes_come_back)
{
    struct loop_server s;
    loop_server_start(&s);
    echo_client_exchange(SERVER_HOST, s.port, 8 * MIB);
    loop_server_stop(&s);
}

/* "each send", "each 2nd send", …: k is 1 to 5. */
static const char *each(unsigned long k)
{
    static const char *const words[] = {"each", "each 2nd", "each 3rd",
                                        "each 4th", "each 5th"};
    return words[k - 1];
}

/* Each k-th send takes little: the rest keeps its place. */
STEP_TEST(short_sends_lose_nothing)
{
    struct loop_server s;
    loop_server_start(&s);
    for (unsigned long k = 1; k <= 4; k++) {
        lab_note("%s send takes 700 bytes at most", each(k));
        fault_cut_every(FAULT_OUTPUT, k, 700);
        echo_client_exchange(SERVER_HOST, s.port, 128 * KIB);
        echo_client_half_close(SERVER_HOST, s.port, 32 * KIB);
        fault_reset();
    }
    loop_server_stop(&s);
}

/* Readiness is a hint: a call may say EAGAIN or EINTR all the same. */
STEP_TEST(calls_that_would_block_are_made_again)
{
    static const int errors[] = {EAGAIN, EINTR};
    struct loop_server s;

    loop_server_start(&s);
    for (unsigned long k = 2; k <= 4; k++)
        for (int i = 0; i < 2; i++) {
            lab_note("%s send and %s read fail with %s; each 2nd send takes "
                     "5,000 bytes at most",
                     each(k), each(k + 1), lab_errno_text(errors[i]));
            fault_fail_every(FAULT_OUTPUT, k, errors[i]);
            fault_fail_every(FAULT_INPUT, k + 1, errors[i]);
            fault_cut_every(FAULT_OUTPUT, 2, 5000);
            echo_client_exchange(SERVER_HOST, s.port, 256 * KIB);
            echo_client_half_close(SERVER_HOST, s.port, 32 * KIB);
            fault_reset();
        }
    loop_server_stop(&s);
}

/* A read error is one client's end. */
STEP_TEST(failing_call_ends_one_client)
{
    static const char *const calls[] = {FAULT_INPUT, FAULT_OUTPUT};
    struct loop_server s;
    struct net_client failing, other;

    loop_server_start(&s);
    loop_server_settle(&s);
    net_connect(&other, "other client", SERVER_HOST, s.port);
    echo_client_round_trip(&other, 1000);
    for (int i = 0; i < 2; i++) {
        net_connect(&failing, "client", SERVER_HOST, s.port);
        echo_client_round_trip(&failing, 1000);
        lab_note("the next call of the family \"%s\" fails with ECONNRESET",
                 calls[i]);
        fault_fail(calls[i], 1, ECONNRESET);
        net_send_text(&failing, "hello\n");
        net_expect_end(&failing);
        net_close(&failing);
        echo_client_round_trip(&other, 1000);
    }
    net_close(&other);
    loop_server_expect_empty(&s);
    loop_server_stop(&s);
}

/* Close, half-close, reset: all of them leave nothing behind. */
STEP_TEST(clients_that_leave_leave_nothing)
{
    struct loop_server s;
    loop_server_start(&s);
    loop_server_settle(&s);
    echo_client_passers_by(SERVER_HOST, s.port, 300);
    for (int i = 0; i < 8; i++)
        echo_client_vanish(SERVER_HOST, s.port);
    loop_server_expect_empty(&s);
    proc_expect_no_leaks(&s.proc);
    echo_client_lines(SERVER_HOST, s.port);
    loop_server_stop(&s);
}

/* A pipe that is ready just before the client; which of both is called first
 * is the loop's to say. */
struct ambush {
    struct net_client *client;
    int pipe[2];
};

static void reset_client(struct loop *loop, int fd, unsigned events, void *user)
{
    struct ambush *ambush = user;
    (void)events;
    lab_ok(loop_remove(loop, fd));
    net_reset(ambush->client);
}

/* Between the wait and the send the client resets: what was told is old. */
STEP_TEST(client_resets_within_the_batch)
{
    struct stage s;
    struct net_client c, other;

    stage_open(&s, 0);
    stage_connect(&s, &other, "other client");
    lab_note("8 rude clients, one after the other, send a line and shut their "
             "writing side; in the same batch another callback resets the "
             "connection");
    for (int i = 0; i < 8; i++) {
        struct ambush ambush = {.client = &c};
        stage_connect_quietly(&s, &c, "rude client");
        lab_sys(pipe2(ambush.pipe, O_CLOEXEC));
        lab_ok(loop_add(s.loop, ambush.pipe[0], LOOP_READABLE, reset_client,
                        &ambush));
        lab_sys(write(ambush.pipe[1], "x", 1));
        net_send_text(&c, "hello\n");
        net_shutdown_write(&c);
        run_until_quiet(s.loop);
        close(ambush.pipe[0]);
        close(ambush.pipe[1]);
    }
    stage_round_trip(&s, &other, 1000);
    net_close(&other);
    run_until_quiet(s.loop);
    stage_close(&s);
}

/* accept(2) may fail for one client, or find that it has gone. */
STEP_TEST(accept_fails_for_one_client)
{
    static const int errors[] = {ECONNABORTED, EPROTO, EINTR, EAGAIN};
    struct loop_server s;

    loop_server_start(&s);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        lab_note("the next two calls of accept(2) fail with %s",
                 lab_errno_text(errors[i]));
        fault_fail(FAULT_ACCEPT, 1, errors[i]);
        fault_fail(FAULT_ACCEPT, 2, errors[i]);
        echo_client_lines(SERVER_HOST, s.port);
        echo_client_lines(SERVER_HOST, s.port);
    }
    loop_server_stop(&s);
}

/* With a client inside it gives everything back. */
STEP_TEST(close_ends_every_client)
{
    struct loop_server s;
    struct net_client first, second;

    loop_server_start(&s);
    net_connect(&first, "client 1", SERVER_HOST, s.port);
    net_connect(&second, "client 2", SERVER_HOST, s.port);
    echo_client_round_trip(&first, 1000);
    echo_client_round_trip(&second, 1000);
    loop_server_stop(&s);
    net_expect_end(&first);
    net_expect_end(&second);
    net_close(&first);
    net_close(&second);
}

/* When all is sent the loop is quiet: nothing stays ready. */
STEP_TEST(served_client_costs_no_turns)
{
    struct stage s;
    struct net_client c;

    stage_open(&s, 0);
    stage_connect(&s, &c, "client");
    lab_note("a short send, so that some of the bytes have to wait");
    fault_cut(FAULT_OUTPUT, 1, 100);
    stage_round_trip(&s, &c, 1000);
    lab_note("all is sent: the loop shall be quiet");
    run_until_quiet(s.loop);
    stage_round_trip(&s, &c, 1000);
    net_close(&c);
    run_until_quiet(s.loop);
    stage_close(&s);
}

/* Two servers on one loop, and one of them is closed. */
STEP_TEST(two_servers_on_one_loop)
{
    struct stage s;
    struct loop_echo *second;
    struct net_client c, d;
    char port[NET_PORT_BYTES];

    stage_open(&s, 0);
    int listener = net_listen(STAGE_HOST, port);
    lab_ok(loop_echo_open(s.loop, listener, 0, &second));
    stage_connect(&s, &c, "client of the first");
    struct stage other = s;
    memcpy(other.port, port, sizeof port);
    stage_connect(&other, &d, "client of the second");
    stage_round_trip(&s, &c, 100);
    lab_note("the second is closed; the first goes on");
    loop_echo_close(second);
    close(listener);
    net_expect_end(&d);
    stage_round_trip(&s, &c, 100);
    net_close(&c);
    net_close(&d);
    stage_close(&s);
}

void nonblocking_echo_step(void)
{
    lab_step("nonblocking-echo");
    lab_test(one_client_gets_its_bytes_back);
    lab_test(crowd_is_served_by_one_thread);
    lab_test(served_client_costs_no_turns);
    lab_test(client_that_takes_nothing_holds_nobody_up);
    lab_test(eight_mebibytes_come_back);
    lab_test(short_sends_lose_nothing);
    lab_test(calls_that_would_block_are_made_again);
    lab_test(failing_call_ends_one_client);
    lab_test(client_resets_within_the_batch);
    lab_test(clients_that_leave_leave_nothing);
    lab_test(accept_fails_for_one_client);
    lab_test(close_ends_every_client);
    lab_test(two_servers_on_one_loop);
}
