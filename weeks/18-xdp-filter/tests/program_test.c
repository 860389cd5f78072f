/*
 * program_test.c: week 18, step 6: xdp-filter on a real interface, from
 * outside: a client with two addresses, and a server that filters.
 */
#include "bpf.h"
#include "net.h"
#include "netns.h"
#include "steps.h"
#include "xdp_filter.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define GOOD "10.0.0.1"
#define BAD "10.0.0.66"
#define SERVER "10.0.0.2"
#define GOOD_V6 "fd00::1"
#define SERVER_V6 "fd00::2"

static struct netns *net;
static struct proc program;

static void join_two_hosts(void)
{
    net = netns_new();
    netns_host(net, "client");
    netns_host(net, "server");
    netns_link(net, NETNS_END("client", "eth0"), NETNS_END("server", "eth0"));
    netns_address(net, "client", "eth0", GOOD "/24");
    netns_address(net, "client", "eth0", BAD "/24");
    netns_address(net, "client", "eth0", GOOD_V6 "/64");
    netns_address(net, "server", "eth0", SERVER "/24");
    netns_address(net, "server", "eth0", SERVER_V6 "/64");
}

static void part_them(void)
{
    netns_free(net);
}

/* ---- The program ---- */

/* Start it in "server" with these arguments, the last of them NULL. */
#define start(...) start_with((const char *[]){NULL, __VA_ARGS__, NULL})
static void start_with(const char *argv[])
{
    argv[0] = lab_program("xdp-filter");
    netns_start(net, "server", &program, argv);
}

/* The next line that is no report of the second ("3 s: passed 4, …"). */
static const char *next_answer(void)
{
    for (;;) {
        const char *line = proc_expect_line(&program);
        unsigned seconds;
        char s = 0;
        if (sscanf(line, "%u %c:", &seconds, &s) != 2 || s != 's')
            return line;
    }
}

static void expect_first_line(const char *expected)
{
    lab_same_text(next_answer(), expected, "the program's first line");
}

static void command(const char *line)
{
    char text[128];
    int len = snprintf(text, sizeof text, "%s\n", line);
    lab_note("type: %s", line);
    lab_equal(write(program.in, text, (size_t)len), len,
              "bytes that the program's standard input takes");
}

static void expect_answer(const char *line, const char *answer)
{
    command(line);
    lab_same_text(next_answer(), answer, "the program's answer");
}

/* What `show` says in its last line. */
struct totals {
    unsigned long passed, broken, blocked, limited;
};

static struct totals show(const char *row, unsigned long *row_packets)
{
    struct totals t = {0};
    size_t len = row != NULL ? strlen(row) : 0;
    lab_equal(write(program.in, "show\n", 5), 5,
              "bytes that the program's standard input takes");
    for (;;) {
        const char *line = proc_expect_line_quietly(&program);
        if (row != NULL && strncmp(line, row, len) == 0)
            sscanf(line + len, ": %lu packet", row_packets);
        if (sscanf(line,
                   "total: passed %lu, broken %lu, blocked %lu, limited "
                   "%lu",
                   &t.passed, &t.broken, &t.blocked, &t.limited) == 4)
            return t;
    }
}

static unsigned long packets_in(const char *row)
{
    unsigned long packets = 0;
    show(row, &packets);
    return packets;
}

static unsigned long datagrams(void)
{
    return packets_in("IPv4 UDP port 9");
}

static unsigned long blocked(void)
{
    return show(NULL, NULL).blocked;
}

#define PAUSE_MS_MAX 256

/* Ask until it counts so many, ever more seldom: all that the program answers
 * is kept, and there is no room for an answer each millisecond. Returns what it
 * counts in the end. */
static unsigned long ask_until(unsigned long (*count)(void), unsigned long many)
{
    struct lab_patience patience;
    struct timespec pause = {0, 1000000};
    unsigned long counted = count();
    lab_note("type: show, until %lu are counted", many);
    lab_patience_start(&patience);
    while (counted < many && lab_patience_left(&patience)) {
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < PAUSE_MS_MAX * 1000000L)
            pause.tv_nsec *= 2;
        counted = count();
    }
    return counted;
}

#define expect_on_standard_error(words) \
    expect_on_standard_error_at(LAB_HERE, (words))
static void expect_on_standard_error_at(struct lab_where where,
                                        const char *words)
{
    if (strstr(program.err_text, words) == NULL)
        lab_differ_at(where, "what xdp-filter says on its standard error",
                      words, program.err_text);
}

static unsigned attached_to(const char *interface)
{
    netns_enter(net, "server");
    unsigned id = bpf_lab_attached(interface);
    netns_leave(net);
    return id;
}

static void end(int signal)
{
    proc_expect_alive(&program);
    proc_signal(&program, signal);
    proc_expect_exit(&program, 0);
    proc_release(&program);
    lab_same_number(attached_to("eth0"), 0,
                    "the id of the program on eth0, after the end");
}

/* ---- Clients ---- */

/* A socket of "client", bound to this address, that does not wait. */
static int socket_from(const char *address, int type)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    inet_pton(AF_INET, address, &from.sin_addr);
    netns_enter(net, "client");
    int fd =
        (int)lab_sys(socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    netns_leave(net);
    lab_sys(bind(fd, (struct sockaddr *)&from, sizeof from));
    return fd;
}

static struct sockaddr_in server_at(const char *port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)atoi(port))};
    inet_pton(AF_INET, SERVER, &to.sin_addr);
    return to;
}

static int begin_connect(const char *from, const char *port)
{
    struct sockaddr_in to = server_at(port);
    int fd = socket_from(from, SOCK_STREAM);
    lab_note("%s begins to connect to port %s", from, port);
    int result = connect(fd, (struct sockaddr *)&to, sizeof to);
    lab_check(result == 0 || errno == EINPROGRESS, "connect(2) begins");
    return fd;
}

static void send_datagrams(const char *from, int count)
{
    struct sockaddr_in to = server_at("9");
    int fd = socket_from(from, SOCK_DGRAM);
    lab_note("%s sends %s to UDP port 9", from, lab_count(count, "datagram"));
    for (int i = 0; i < count; i++)
        lab_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to), 1,
                  "bytes that sendto(2) takes");
    close(fd);
}

static bool is_connected(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int err = 0;
    socklen_t len = sizeof err;
    return poll(&p, 1, 0) == 1 &&
           getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 && err == 0;
}

/* A client and what the server accepted of it talk in both directions. */
static void converse(int fd, int listener)
{
    static char in[1000], out[1000] = "a line of text, and then some";
    lab_until(is_connected(fd), "the client's connection is there");
    int peer = (int)lab_sys(accept(listener, NULL, NULL));
    for (int i = 0; i < 50; i++) {
        lab_equal(send(i % 2 ? fd : peer, out, sizeof out, 0), sizeof out,
                  "bytes that send(2) takes");
        size_t len = 0;
        struct pollfd p = {.fd = i % 2 ? peer : fd, .events = POLLIN};
        while (len < sizeof in) {
            lab_equal(poll(&p, 1, LAB_PATIENCE_MS), 1,
                      "sockets with something to read, of one");
            len += (size_t)lab_sys(recv(p.fd, in, sizeof in - len, 0));
        }
    }
    close(peer);
}

static int listen_on_server(char port[NET_PORT_BYTES])
{
    netns_enter(net, "server");
    int listener = net_listen(SERVER, port);
    netns_leave(net);
    return listener;
}

/* ---- Tests ---- */

/* A conversation goes through, and is counted; ARP before it too. */
STEP_TEST(conversation_goes_through)
{
    char port[NET_PORT_BYTES], row[64];
    start("eth0");
    expect_first_line("filtering eth0, native");
    int listener = listen_on_server(port);
    int fd = begin_connect(GOOD, port);
    converse(fd, listener);
    snprintf(row, sizeof row, "IPv4 TCP port %s", port);
    lab_at_least(packets_in(row), 25, "packets in the row `%s`", row);
    lab_at_least(packets_in("no IP"), 1, "packets in the row `no IP` (ARP)");
    lab_equal(show(NULL, NULL).broken, 0, "packets that are broken");
    close(fd);
    close(listener);
    end(SIGINT);
}

/* IPv6 as well: neighbours are found, a conversation goes through. */
STEP_TEST(conversation_over_ipv6)
{
    struct net_client client;
    char port[NET_PORT_BYTES];
    if (!net_has_ipv6())
        lab_cannot_run("no IPv6 on this machine",
                       "sysctl net.ipv6.conf.all.disable_ipv6=0");
    start("eth0");
    expect_first_line("filtering eth0, native");
    netns_enter(net, "server");
    int listener = net_listen(SERVER_V6, port);
    netns_leave(net);
    netns_enter(net, "client");
    net_connect(&client, "client", SERVER_V6, port);
    netns_leave(net);
    int peer = (int)lab_sys(accept(listener, NULL, NULL));
    net_send_text(&client, "hello\n");
    char line[8] = "";
    lab_equal(recv(peer, line, 6, MSG_WAITALL), 6, "bytes that arrive");
    lab_same_text(line, "hello\n", "what arrives");
    net_close(&client);
    close(peer);
    close(listener);
    end(SIGTERM);
}

/* A blocked client does not get in, another does; unblocked, it does. */
STEP_TEST(blocked_client)
{
    char port[NET_PORT_BYTES];
    start("-b", "192.0.2.0/24", "eth0");
    expect_first_line("filtering eth0, native");
    int listener = listen_on_server(port);
    expect_answer("block 10.0.0.64/26", "blocked 10.0.0.64/26");
    int bad = begin_connect(BAD, port), good = begin_connect(GOOD, port);
    converse(good, listener);
    lab_at_least(ask_until(blocked, 1), 1,
                 "packets of the blocked client that are counted");
    lab_check(!is_connected(bad), "the blocked client is not connected");
    expect_answer("unblock 10.0.0.64/26", "unblocked 10.0.0.64/26");
    lab_note("its SYN comes again after a second");
    converse(bad, listener);
    close(good);
    close(bad);
    close(listener);
    end(SIGINT);
}

/* What is counted is exact, where nobody else sends. */
STEP_TEST(datagrams_are_counted)
{
    start("--block=" BAD, "eth0");
    expect_first_line("filtering eth0, native");
    send_datagrams(GOOD, 30);
    lab_equal(ask_until(datagrams, 30), 30, "30 datagrams are counted");
    send_datagrams(BAD, 20);
    lab_equal(ask_until(blocked, 20), 20, "20 blocked datagrams are counted");
    lab_equal(datagrams(), 50, "packets to UDP port 9");
    end(SIGTERM);
}

/* A ping is answered, if this machine lets us send one. */
STEP_TEST(ping_is_answered)
{
    struct icmphdr ask = {.type = ICMP_ECHO}, answer = {0};
    struct sockaddr_in to = server_at("0");
    start("eth0");
    expect_first_line("filtering eth0, native");
    netns_enter(net, "client");
    int group_fd = open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY);
    if (group_fd >= 0 && write(group_fd, "0 65535", 7) < 0)
        lab_note("ping_group_range can't be set");
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);
    netns_leave(net);
    if (group_fd >= 0)
        close(group_fd);
    if (fd < 0) {
        lab_note("no ping: a socket for ICMP is not to be had: %s",
                 lab_errno_text(errno));
    } else {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        lab_note("the client pings " SERVER);
        lab_sys(
            sendto(fd, &ask, sizeof ask, 0, (struct sockaddr *)&to, sizeof to));
        lab_equal(poll(&p, 1, LAB_PATIENCE_MS), 1, "answers");
        lab_sys(recv(fd, &answer, sizeof answer, 0));
        lab_equal(answer.type, ICMP_ECHOREPLY, "type of the answer");
        lab_equal(packets_in("IPv4 ICMP"), 1, "packets in the row `IPv4 ICMP`");
        close(fd);
    }
    end(SIGINT);
}

/* ---- The end ---- */

/* SIGKILL leaves the interface free, without anybody's help. */
STEP_TEST(killed)
{
    start("eth0");
    expect_first_line("filtering eth0, native");
    lab_check(attached_to("eth0") != 0, "eth0 has a program");
    lab_note("SIGKILL");
    proc_kill(&program);
    proc_release(&program);
    lab_until(attached_to("eth0") == 0,
              "eth0 has no program when the process is gone");
    start("eth0");
    expect_first_line("filtering eth0, native");
    end(SIGTERM);
}

/* `quit` ends it; the end of standard input does not. */
STEP_TEST(quit_and_end_of_input)
{
    start("eth0");
    expect_first_line("filtering eth0, native");
    command("quit");
    proc_expect_exit(&program, 0);
    proc_release(&program);
    lab_same_number(attached_to("eth0"), 0,
                    "the id of the program on eth0, after `quit`");
    start("eth0");
    expect_first_line("filtering eth0, native");
    lab_note("close its standard input");
    proc_close_input(&program);
    proc_until_asleep(&program);
    lab_check(attached_to("eth0") != 0, "eth0 has a program");
    end(SIGINT);
}

/* ---- Interfaces ---- */

/* A program that passes, of somebody else's, in this mode. */
static unsigned attach_another(const char *interface, __u32 mode)
{
    const struct bpf_insn code[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS},
        {.code = BPF_JMP | BPF_EXIT},
    };
    netns_enter(net, "server");
    int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "another", "GPL", code, 2, NULL);
    lab_check(fd >= 0, "another program is loaded");
    lab_ok(bpf_xdp_attach((int)if_nametoindex(interface), fd, mode, NULL));
    unsigned id = bpf_lab_attached(interface);
    netns_leave(net);
    close(fd);
    return id;
}

static void expect_busy(__u32 mode, const char *mode_word)
{
    lab_note("somebody else's program is on eth0, %s", mode_word);
    unsigned another = attach_another("eth0", mode);
    start("eth0");
    proc_expect_exit(&program, 1);
    expect_on_standard_error("it has a program already: Device or resource "
                             "busy");
    proc_release(&program);
    lab_same_number(attached_to("eth0"), another,
                    "the id of the program on eth0, which is somebody else's");
}

/* An interface with somebody's program is left alone, however it is there. */
STEP_TEST(interface_of_another)
{
    expect_busy(XDP_FLAGS_DRV_MODE, "native");
    netns_enter(net, "server");
    lab_ok(
        bpf_xdp_detach((int)if_nametoindex("eth0"), XDP_FLAGS_DRV_MODE, NULL));
    netns_leave(net);
    expect_busy(XDP_FLAGS_SKB_MODE, "generic");
}

/* Two of ours: the second is told, the first goes on. */
STEP_TEST(twice_on_one_interface)
{
    const char *const argv[] = {lab_program("xdp-filter"), "eth0", NULL};
    struct proc second;
    start("eth0");
    expect_first_line("filtering eth0, native");
    unsigned id = attached_to("eth0");
    netns_start(net, "server", &second, argv);
    proc_expect_exit(&second, 1);
    proc_release(&second);
    lab_same_number(attached_to("eth0"), id, "the id of the program on eth0");
    end(SIGINT);
}

/* What could not be attached is not attached, and does not take off what is. */
STEP_TEST(refused_and_detached)
{
    struct xdp_filter *one, *other;
    netns_enter(net, "server");
    bpf_lab_listen();
    bpf_lab_ok(xdp_filter_open(&one));
    bpf_lab_ok(xdp_filter_open(&other));
    lab_note("two filters in one process, both for eth0");
    bpf_lab_ok(xdp_filter_attach(one, "eth0"));
    unsigned id = bpf_lab_attached("eth0");
    lab_error(xdp_filter_attach(other, "eth0"), -EBUSY);
    lab_error(xdp_filter_detach(other), -ENOENT);
    xdp_filter_close(other);
    lab_same_number(bpf_lab_attached("eth0"), id,
                    "the id of the program on eth0, which is the first's");
    xdp_filter_close(one);
    netns_leave(net);
}

/* What it has counted stays when it is taken off, and goes on when it is put
 * back. */
STEP_TEST(counts_stay_when_detached)
{
    struct xdp_filter *filter;
    __u64 before[FILTER_VERDICTS], after[FILTER_VERDICTS];
    netns_enter(net, "server");
    bpf_lab_listen();
    bpf_lab_ok(xdp_filter_open(&filter));
    bpf_lab_ok(xdp_filter_attach(filter, "lo"));
    struct net_client client;
    char port[NET_PORT_BYTES];
    int listener = net_listen("127.0.0.1", port);
    net_connect(&client, "client", "127.0.0.1", port);
    net_close(&client);
    close(listener);
    lab_ok(xdp_filter_verdicts(filter, before));
    lab_at_least(before[FILTER_PASSED], 3, "packets that passed");
    int rows = lab_ok(xdp_filter_traffic(filter, NULL, 0));
    lab_note("detach, attach again, detach");
    lab_ok(xdp_filter_detach(filter));
    lab_ok(xdp_filter_attach(filter, "lo"));
    lab_ok(xdp_filter_detach(filter));
    lab_ok(xdp_filter_verdicts(filter, after));
    lab_at_least(after[FILTER_PASSED], before[FILTER_PASSED],
                 "packets that passed, after");
    lab_at_least(xdp_filter_traffic(filter, NULL, 0), rows,
                 "rows of the table, after");
    xdp_filter_close(filter);
    netns_leave(net);
}

/* Where the driver has no XDP, as loopback's, the kernel runs it itself. */
STEP_TEST(driver_without_xdp)
{
    start("lo");
    expect_first_line("filtering lo, generic");
    netns_enter(net, "server");
    char port[NET_PORT_BYTES];
    struct net_client client;
    int listener = net_listen("127.0.0.1", port);
    net_connect(&client, "client", "127.0.0.1", port);
    netns_leave(net);
    net_close(&client);
    close(listener);
    lab_at_least(show(NULL, NULL).passed, 3, "packets that passed");
    proc_signal(&program, SIGINT);
    proc_expect_exit(&program, 0);
    proc_release(&program);
    lab_same_number(attached_to("lo"), 0, "the id of the program on lo");
}

/* Where the driver refuses, as veth does when the other end may send frames
 * that are too long for it. */
STEP_TEST(driver_that_refuses)
{
    netns_run(net, "client", "ip link set dev eth0 mtu 9000");
    start("eth0");
    expect_first_line("filtering eth0, generic");
    send_datagrams(GOOD, 5);
    lab_equal(ask_until(datagrams, 5), 5, "5 datagrams are counted");
    end(SIGINT);
}

/* ---- Words ---- */

/* What it cannot do it says, and goes on. */
STEP_TEST(commands_that_make_no_sense)
{
    start("eth0");
    expect_first_line("filtering eth0, native");
    expect_answer("block 10.0.0.1/8", "10.0.0.1/8 has bits set behind the "
                                      "first 8; the network is 10.0.0.0/8");
    expect_answer("block everybody",
                  "everybody is no network as 10.0.0.0/8 or fd00::/8");
    expect_answer("unblock 10.0.0.0/8", "10.0.0.0/8 is not blocked");
    expect_answer("block", "block which network? As 10.0.0.0/8");
    expect_answer("limit 5 0", "limit RATE [BURST]; RATE is 0 to 1000000, "
                               "BURST 1 to 1000000");
    expect_answer("block ::/0 ", "blocked ::/0");
    expect_answer("unblock ::/0", "unblocked ::/0");
    expect_answer("drop all", "block NETWORK, unblock NETWORK, limit RATE "
                              "[BURST], show, quit");
    end(SIGINT);
}

static void expect_failure(const char *arguments[], int status,
                           const char *words)
{
    start_with(arguments);
    proc_expect_exit(&program, status);
    expect_on_standard_error(words);
    proc_release(&program);
}

/* Wrong arguments end it, with status 2; what is no interface with 1. */
STEP_TEST(wrong_arguments)
{
    expect_failure((const char *[]){NULL, NULL}, 2, "which interface?");
    expect_failure((const char *[]){NULL, "eth0", "eth1", NULL}, 2,
                   "one interface");
    expect_failure((const char *[]){NULL, "-b", "10.0.0.0/33", "eth0", NULL}, 2,
                   "behind the slash stands 0 to 32");
    expect_failure((const char *[]){NULL, "eth7", NULL}, 1, "No such device");
    lab_same_number(attached_to("eth0"), 0, "the id of the program on eth0");
}

/* In a terminal it draws its table. */
STEP_TEST(table_in_a_terminal)
{
    const char *const argv[] = {lab_program("xdp-filter"), "eth0", NULL};
    static const char *const words[] = {"xdp-filter", "passed",  "broken",
                                        "blocked",    "limited", "port"};
    netns_enter(net, "server");
    proc_start_at_terminal(&program, argv);
    netns_leave(net);
    expect_first_line("filtering eth0, native");
    send_datagrams(GOOD, 40);
    command("quit");
    proc_expect_exit(&program, 0);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        lab_check(strstr(program.out_text, words[i]) != NULL,
                  "the table says \"%s\"", words[i]);
    proc_release(&program);
    lab_same_number(attached_to("eth0"), 0,
                    "the id of the program on eth0, after the end");
}

void program_step(void)
{
    lab_step("program");
    lab_fixture(join_two_hosts, part_them);
    lab_test(conversation_goes_through);
    lab_test(conversation_over_ipv6);
    lab_test(datagrams_are_counted);
    lab_test(ping_is_answered);
    lab_test(blocked_client);
    lab_test(killed);
    lab_test(quit_and_end_of_input);
    lab_test(interface_of_another);
    lab_test(twice_on_one_interface);
    lab_test(refused_and_detached);
    lab_test(counts_stay_when_detached);
    lab_test(driver_without_xdp);
    lab_test(driver_that_refuses);
    lab_test(commands_that_make_no_sense);
    lab_test(wrong_arguments);
    lab_test(table_in_a_terminal);
}
