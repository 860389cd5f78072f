/*
 * net_test.c: the claims of net.h on sockets, connecting and sending. Where a
 * call should fail, it fails in a forked process (failing.h), and the words
 * that it leaves are compared.
 */
#include "net_internal.h"
#include "net_peer.h"
#include "proc.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <time.h>

/* ---- Sockets of the test's own ---- */

/* It listens on the port that it names, and is close-on-exec. */
STEP_TEST(listener_has_the_port_that_it_names)
{
    char port[NET_PORT_BYTES];
    int listener = net_listen("127.0.0.1", port);
    lab_equal(atoi(port), net_local_port(listener), "the port");
    lab_check(fcntl(listener, F_GETFD) & FD_CLOEXEC, "it is close-on-exec");
    net_connect(&c, "client", "127.0.0.1", port);
    int accepted = (int)lab_sys(accept(listener, NULL, NULL));
    lab_equal(net_local_port(accepted), atoi(port), "the accepted end's port");
}

/* Also on IPv6, where the machine has it. */
STEP_TEST(ipv6_is_another_host)
{
    char port[NET_PORT_BYTES];
    if (!net_has_ipv6())
        lab_cannot_run("no address ::1",
                       "sysctl net.ipv6.conf.lo.disable_ipv6=0");
    net_listen("::1", port);
    net_connect(&c, "client", "::1", port);
    lab_check(strstr(transcript(), "client connects to ::1, port") != NULL,
              "the transcript names host and port");
}

static void listen_on_no_host(void)
{
    char port[NET_PORT_BYTES];
    FAILS(net_listen("192.0.2.1", port));
}

STEP_TEST(listening_on_a_foreign_address_fails)
{
    failing(listen_on_no_host, "cannot listen on 192.0.2.1: EADDRNOTAVAIL", "",
            "");
}

/* What is no internet socket has no port. */
STEP_TEST(a_port_of_nothing_is_0)
{
    int fds[2];
    lab_sys(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
    lab_equal(net_local_port(fds[0]), 0, "port of a UNIX socket");
    lab_equal(net_local_port(-1), 0, "port of a closed descriptor");
    lab_equal(net_local_port(0), 0, "port of standard input");
}

/* Real TCP, blocking, close-on-exec. */
STEP_TEST(pair_is_connected_tcp)
{
    int fds[2], type;
    struct sockaddr_in here = {0}, there = {0};
    socklen_t len = sizeof here, type_len = sizeof type;
    net_pair(fds);
    lab_sys(getsockname(fds[0], (struct sockaddr *)&here, &len));
    lab_sys(getpeername(fds[1], (struct sockaddr *)&there, &len));
    lab_equal(here.sin_port, there.sin_port, "the port of the other end");
    lab_equal(here.sin_family, AF_INET, "the family");
    lab_sys(getsockopt(fds[0], SOL_SOCKET, SO_TYPE, &type, &type_len));
    lab_equal(type, SOCK_STREAM, "the type");
    for (int i = 0; i < 2; i++) {
        lab_check(!(fcntl(fds[i], F_GETFL) & O_NONBLOCK), "it is blocking");
        lab_check(fcntl(fds[i], F_GETFD) & FD_CLOEXEC, "it is close-on-exec");
    }
}

/* ---- Connecting ---- */

/* A port where nobody listens any more. */
static void free_port(char port[NET_PORT_BYTES])
{
    lab_sys(close(net_listen("127.0.0.1", port)));
}

static void connect_to_nobody(void)
{
    char port[NET_PORT_BYTES];
    free_port(port);
    FAILS(net_connect(&c, "client 7", "127.0.0.1", port));
}
static void connect_to_nobody_quietly(void)
{
    char port[NET_PORT_BYTES];
    free_port(port);
    FAILS(net_connect_quietly(&c, "client 8", "127.0.0.1", port));
}
/* A listener whose queue is full answers nothing at all. */
static void connect_to_full_queue(void)
{
    char port[NET_PORT_BYTES];
    struct net_client first;
    int listener = net_listen("127.0.0.1", port);
    lab_sys(listen(listener, 0));
    lab_ok(net_try_connect(&first, "first", "127.0.0.1", port));
    FAILS_AFTER(200, net_connect(&c, "second", "127.0.0.1", port));
}

STEP_TEST(a_connection_that_fails_is_told)
{
    failing(connect_to_nobody, "client 7 connects to 127.0.0.1, port ",
            "a connection", "ECONNREFUSED (Connection refused)");
    failing(connect_to_nobody_quietly, "client 8 connects to 127.0.0.1, port ",
            "a connection", "ECONNREFUSED (Connection refused)");
    failing(connect_to_full_queue, "second connects to 127.0.0.1",
            "a connection", "ETIMEDOUT");
}

/* net_try_connect returns the error, and a closed client. */
STEP_TEST(try_connect_returns_errors)
{
    char port[NET_PORT_BYTES];
    free_port(port);
    lab_error(net_try_connect(&c, "client", "127.0.0.1", port), -ECONNREFUSED);
    lab_equal(c.fd, -1, "the client's descriptor");
    lab_error(net_try_connect(&c, "client", "localhost!", port), -EINVAL);
    lab_equal(c.fd, -1, "the client's descriptor");
    net_listen("127.0.0.1", port);
    lab_equal(net_try_connect(&c, "client", "127.0.0.1", port), 0, "connected");
    lab_check(!(fcntl(c.fd, F_GETFL) & O_NONBLOCK), "it is blocking");
    lab_check(fcntl(c.fd, F_GETFD) & FD_CLOEXEC, "it is close-on-exec");
    net_close(&c);
    lab_equal(c.fd, -1, "the closed client's descriptor");
}

/* ---- The transcript ---- */

/* Every call is one line, in words. */
STEP_TEST(a_conversation_reads_as_one)
{
    char line[16];
    connect_pair();
    peer_sends("one\ntwo\n");
    net_send_text(&c, "hello\n");
    net_expect_line(&c, line, sizeof line);
    net_expect_text(&c, "two\n");
    net_expect_quiet(&c);
    net_send(&c, "\0\1", 2);
    net_send(&c, "", 1);
    net_send_text(&c, "a \"quoted\"\ttext\r\n");
    net_shutdown_write(&c);
    lab_sys(shutdown(peer, SHUT_WR));
    net_expect_eof(&c);
    net_expect_end(&c);
    net_close(&c);
    lab_same_text(transcript(),
                  "client sends 6 bytes: \"hello\\n\"\n"
                  "client reads a line\n"
                  "client expects 4 bytes: \"two\\n\"\n"
                  "client has nothing to read\n"
                  "client sends 2 bytes\n"
                  "client sends 1 byte\n"
                  "client sends 17 bytes: \"a \\\"quoted\\\"\\ttext\\r\\n\"\n"
                  "client shuts its writing side (FIN)\n"
                  "client expects end of file\n"
                  "client reads until the connection ends\n"
                  "client closes\n",
                  "the transcript");
}

/* A quiet client leaves no line, whatever it does. */
STEP_TEST(a_quiet_client_is_not_noted)
{
    char port[NET_PORT_BYTES];
    int listener = net_listen("127.0.0.1", port);
    uint32_t before = lab_page->transcript_len;
    net_connect_quietly(&c, "client", "127.0.0.1", port);
    peer = (int)lab_sys(accept(listener, NULL, NULL));
    net_send_text(&c, "hello");
    net_expect_quiet(&c);
    net_shutdown_write(&c);
    net_reset(&c);
    lab_equal(lab_page->transcript_len, before, "bytes of the transcript");
}

/* ---- Sending ---- */

static void *take_everything(void *argument)
{
    static char data[65536];
    uintptr_t count = 0;
    ssize_t n;
    while ((n = recv(peer, data, sizeof data, 0)) > 0)
        count += (uintptr_t)n;
    (void)argument;
    return (void *)count;
}

/* net_send sends all of it, also more than any buffer takes at once. */
STEP_TEST(send_sends_all)
{
    enum { LEN = 20 << 20 };
    pthread_t thread;
    void *count;
    char *data = calloc(1, LEN);
    connect_pair();
    pthread_create(&thread, NULL, take_everything, NULL);
    net_send(&c, data, LEN);
    net_shutdown_write(&c);
    pthread_join(thread, &count);
    lab_equal((uintptr_t)count, LEN, "bytes that the peer read");
    free(data);
}

static void send_to_peer_that_reset(void)
{
    connect_pair();
    peer_resets();
    FAILS(net_send_text(&c, "hello"));
}
static void send_to_peer_that_never_reads(void)
{
    static char data[32 << 20];
    connect_pair();
    FAILS_AFTER(200, net_send(&c, data, sizeof data));
}

STEP_TEST(sending_in_vain_is_told)
{
    failing(send_to_peer_that_reset, "client sends 5 bytes", "takes all",
            "0 bytes, then a reset (the peer sent RST: ECONNRESET)");
    failing(send_to_peer_that_never_reads, "client sends 33,554,432 bytes",
            "takes all", " bytes, then nothing moved for 0.2 s");
}

/* It returns what it sent, which is the stream, and leaves no room. */
STEP_TEST(send_until_full_leaves_no_room)
{
    static unsigned char came[64 << 20], stream[64 << 20];
    connect_pair();
    size_t sent = net_send_until_full(&c);
    struct pollfd room = {.fd = c.fd, .events = POLLOUT};
    lab_at_least(sent, 65536, "bytes that fit");
    lab_equal(poll(&room, 1, 0), 0, "room that is left");
    lab_equal(c.offset, sent, "the client's place in its stream");
    lab_equal(recv(peer, came, sent, MSG_WAITALL), sent, "bytes that came");
    net_pattern(c.stream, 0, stream, sent);
    lab_same_bytes(came, sent, stream, sent, "the stream");
}

static bool give_back(const char *data, ssize_t len)
{
    for (ssize_t n; len > 0; data += n, len -= n)
        if ((n = send(peer, data, (size_t)len, MSG_NOSIGNAL)) <= 0)
            return false;
    return true;
}

/* Takes its time before each piece, longer than one waits for a silence. */
static int echo_slowly(void *unused)
{
    static char data[65536];
    (void)unused;
    for (int pieces = 0;; pieces++) {
        clock_t until = clock() + (pieces < 3 ? CLOCKS_PER_SEC / 5 : 0);
        while (clock() < until)
            continue;
        ssize_t n = recv(peer, data, sizeof data, 0);
        if (n <= 0 || !give_back(data, n))
            return -1;
    }
}

/* A peer that is only slow goes on; one that is stuck has bytes to read, and
 * sleeps all the same. */
STEP_TEST(send_until_stuck_waits_for_a_slow_peer)
{
    struct proc p;
    int unread = 0;
    connect_pair();
    proc_call(&p, "slow echo", echo_slowly, NULL);
    size_t sent = net_send_until_stuck(&c, &p);
    struct pollfd room = {.fd = c.fd, .events = POLLOUT};
    lab_equal(poll(&room, 1, 0), 0, "room that is left");
    lab_equal(c.offset, sent, "the client's place in its stream");
    lab_sys(ioctl(peer, FIONREAD, &unread));
    lab_at_least(unread, 1, "bytes that the peer has not read");
    proc_expect_alive(&p);
    lab_check(proc_is_asleep(&p), "the peer sleeps");
    proc_kill(&p);
    proc_release(&p);
}

/* Whatever wakes the peer, its send has no room, and so it reads nothing. */
STEP_TEST(who_is_stuck_stays_stuck)
{
    struct proc p;
    int before = 0, after = 0;
    connect_pair();
    proc_call(&p, "slow echo", echo_slowly, NULL);
    net_send_until_stuck(&c, &p);
    lab_sys(ioctl(peer, FIONREAD, &before));
    lab_sys(shutdown(peer, SHUT_RD));
    proc_until_asleep(&p);
    lab_sys(ioctl(peer, FIONREAD, &after));
    lab_equal(after, before, "bytes that the peer has not read");
    proc_expect_alive(&p);
    proc_kill(&p);
    proc_release(&p);
}

static void fill_peer_that_reads(void)
{
    pthread_t thread;
    connect_pair();
    net_full_ms = LAB_PATIENCE_MS; /* the thread may be slow */
    pthread_create(&thread, NULL, take_everything, NULL);
    FAILS(net_send_until_full(&c));
}
static void fill_peer_that_reset(void)
{
    connect_pair();
    peer_resets();
    FAILS(net_send_until_full(&c));
}

STEP_TEST(a_connection_that_never_fills_is_told)
{
    failing(fill_peer_that_reads, "and the connection is not full", "", "");
    failing(fill_peer_that_reset, "client sends 0 bytes, then a reset", "", "");
}

/* ---- The stream ---- */

/* From any offset it is the same stream. */
STEP_TEST(the_stream_follows_from_the_offset)
{
    unsigned char all[100], part[100];
    net_pattern(7, 0, all, sizeof all);
    for (size_t from = 0; from < 20; from++) {
        for (size_t len = 0; len < 40; len++) {
            memset(part, 0, sizeof part);
            net_pattern(7, from, part, len);
            lab_same_bytes(part, len, all + from, len, "bytes from %zu", from);
        }
    }
}

/* Other numbers and other seeds are other streams; clients' numbers follow
 * from their names. */
STEP_TEST(streams_differ)
{
    unsigned char one[16], two[16], seeded[16];
    struct net_client a, b;
    net_pattern(1, 0, one, sizeof one);
    net_pattern(2, 0, two, sizeof two);
    lab_page->seed++;
    net_pattern(1, 0, seeded, sizeof seeded);
    lab_check(memcmp(one, two, 8) != 0, "streams 1 and 2 differ at once");
    lab_check(memcmp(one, seeded, 8) != 0, "another seed is another stream");
    net_adopt(&a, "client 1", (int)lab_sys(dup(0)));
    net_adopt(&b, "client 2", (int)lab_sys(dup(0)));
    lab_check(a.stream != b.stream, "clients of two names differ");
    net_adopt(&b, "client 1", (int)lab_sys(dup(0)));
    lab_check(a.stream == b.stream, "the name decides");
}

int main(int argc, char **argv)
{
    lab_step("sockets");
    lab_test(listener_has_the_port_that_it_names);
    lab_test(ipv6_is_another_host);
    lab_test(listening_on_a_foreign_address_fails);
    lab_test(a_port_of_nothing_is_0);
    lab_test(pair_is_connected_tcp);
    lab_step("connecting");
    lab_test(a_connection_that_fails_is_told);
    lab_test(try_connect_returns_errors);
    lab_step("transcript");
    lab_test(a_conversation_reads_as_one);
    lab_test(a_quiet_client_is_not_noted);
    lab_step("sending");
    lab_test(send_sends_all);
    lab_test(sending_in_vain_is_told);
    lab_test(send_until_full_leaves_no_room);
    lab_test(send_until_stuck_waits_for_a_slow_peer);
    lab_test(who_is_stuck_stays_stuck);
    lab_test(a_connection_that_never_fills_is_told);
    lab_step("stream");
    lab_test(the_stream_follows_from_the_offset);
    lab_test(streams_differ);
    return lab_main(argc, argv);
}
