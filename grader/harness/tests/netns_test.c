/*
 * netns_test.c: the claims of netns.h. By an ordinary user none of them can
 * run, and netns.h says so.
 */
#include "bpf.h"
#include "netns.h"

#include "failing.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <linux/if_packet.h>
#include <linux/magic.h>

#define PORT 7

static struct netns *net;

/* client eth0 10.0.0.1 -- 10.0.0.2 eth0 server */
static void set_up(void)
{
    net = netns_new();
    netns_host(net, "client");
    netns_host(net, "server");
    netns_link(net, NETNS_END("client", "eth0"), NETNS_END("server", "eth0"));
    netns_address(net, "client", "eth0", "10.0.0.1/24");
    netns_address(net, "server", "eth0", "10.0.0.2/24");
    netns_address(net, "client", "eth0", "fd00::1/64");
    netns_address(net, "server", "eth0", "fd00::2/64");
}

static void tear_down(void)
{
    netns_free(net);
}

/* ---- Talking ---- */

static struct sockaddr_storage address_of(const char *text, socklen_t *len)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;

    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(PORT);
        *len = sizeof *v4;
    } else {
        inet_pton(AF_INET6, text, &v6->sin6_addr);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(PORT);
        *len = sizeof *v6;
    }
    return address;
}

/* A listener in a host, at once usable. */
static int listen_in(const char *host, const char *text)
{
    socklen_t len;
    struct sockaddr_storage address = address_of(text, &len);

    netns_enter(net, host);
    int fd = (int)lab_sys(socket(address.ss_family, SOCK_STREAM, 0));
    lab_sys(bind(fd, (struct sockaddr *)&address, len));
    lab_sys(listen(fd, 8));
    netns_leave(net);
    return fd;
}

static int connect_in(const char *host, const char *text)
{
    socklen_t len;
    struct sockaddr_storage address = address_of(text, &len);

    netns_enter(net, host);
    int fd = (int)lab_sys(socket(address.ss_family, SOCK_STREAM, 0));
    netns_leave(net);
    lab_sys(connect(fd, (struct sockaddr *)&address, len));
    return fd;
}

/* "hello" goes from one to the other. */
static void talk(const char *client, const char *server, const char *text)
{
    char got[5];
    int listener = listen_in(server, text), to = connect_in(client, text);
    int from = (int)lab_sys(accept(listener, NULL, NULL));

    lab_sys(write(to, "hello", 5));
    lab_equal(lab_sys(recv(from, got, 5, MSG_WAITALL)), 5, "bytes received");
    close(from);
    close(to);
    close(listener);
}

STEP_TEST(hosts_talk_over_a_link)
{
    talk("client", "server", "10.0.0.2");
    talk("server", "client", "10.0.0.1");
    talk("client", "server", "fd00::2");
}

STEP_TEST(loopback_is_up)
{
    talk("client", "client", "127.0.0.1");
    talk("server", "server", "::1");
}

STEP_TEST(a_switch_joins_many)
{
    netns_switch(net, "switch");
    netns_host(net, "third");
    netns_host(net, "fourth");
    netns_link(net, NETNS_END("third", "eth0"), NETNS_END("switch", NULL));
    netns_link(net, NETNS_END("switch", NULL), NETNS_END("fourth", "eth0"));
    netns_link(net, NETNS_END("client", "eth1"), NETNS_END("switch", NULL));
    netns_address(net, "third", "eth0", "10.1.0.3/24");
    netns_address(net, "fourth", "eth0", "10.1.0.4/24");
    netns_address(net, "client", "eth1", "10.1.0.1/24");
    talk("third", "fourth", "10.1.0.4");
    talk("client", "third", "10.1.0.3");
    talk("fourth", "client", "10.1.0.1");
}

/* ---- Offloads ---- */

/* Every packet that is sent is on the link as it is meant to be. */
STEP_TEST(checksums_are_on_the_link)
{
    struct packet p;
    struct pollfd ready;
    int seen = 0;

    netns_enter(net, "server");
    int raw =
        (int)lab_sys(socket(AF_PACKET, SOCK_RAW, htons(0x0003 /* all */)));
    netns_leave(net);
    talk("client", "server", "10.0.0.2");
    talk("client", "server", "fd00::2");
    ready = (struct pollfd){.fd = raw, .events = POLLIN};
    while (poll(&ready, 1, 0) > 0) {
        p.len = (size_t)lab_sys(recv(raw, p.bytes, sizeof p.bytes, 0));
        packet_checksums_right(&p, packet_text(&p));
        seen++;
    }
    lab_at_least(seen, 12, "packets of two connections");
    close(raw);
}

/* As ethtool tells it, a line for each. */
STEP_TEST(offloads_are_off)
{
    static const char *const names[] = {"tx-checksumming: off",
                                        "tcp-segmentation-offload: off",
                                        "generic-segmentation-offload: off",
                                        "generic-receive-offload: off",
                                        "tx-vlan-offload: off",
                                        "rx-vlan-offload: off"};
    const char *const argv[] = {"ethtool", "-k", "eth0", NULL};
    struct proc p;

    netns_start(net, "client", &p, argv);
    proc_expect_exit(&p, 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        lab_check(strstr(p.out_text, names[i]) != NULL, "%s", names[i]);
    proc_release(&p);
}

/* ---- What is told ---- */

STEP_TEST(macs_are_told)
{
    lab_same_text(netns_mac(net, "client", "eth0"), PACKET_CLIENT_MAC,
                  "the first MAC");
    lab_same_text(netns_mac(net, "server", "eth0"), PACKET_SERVER_MAC,
                  "the second MAC");
}

STEP_TEST(traffic_is_counted)
{
    struct netns_traffic before, after;

    netns_traffic(net, "server", "eth0", &before);
    talk("client", "server", "10.0.0.2");
    netns_traffic(net, "server", "eth0", &after);
    lab_at_least(after.received - before.received, 4, "packets received");
    lab_at_least(after.sent - before.sent, 3, "packets sent");
}

static void address_twice(void)
{
    FAILS(netns_address(net, "client", "eth0", "10.0.0.1/24"));
}
static void no_host(void)
{
    FAILS(netns_enter(net, "nobody"));
}
static void no_command(void)
{
    FAILS(netns_run(net, "client", "no-such-command at all"));
}
static void wrong_command(void)
{
    FAILS(netns_run(net, "client", "ip link set nothing up"));
}

STEP_TEST(mistakes_are_told)
{
    failing(address_twice, "`ip address add 10.0.0.1/24 dev eth0` in 'client'",
            "exit status 0", "exit status 2\n      | ");
    failing(no_host, "no host 'nobody'", "", "");
    failing(no_command, "`no-such-command at all`", "exit status 0",
            "no-such-command: ENOENT");
    failing(wrong_command, "`ip link set nothing up`", "exit status 0",
            "Cannot find device");
}

/* ---- Running things ---- */

static int say_interfaces(void *unused)
{
    (void)unused;
    return if_nametoindex("eth0") != 0 && if_nametoindex("bridge") == 0 ? 0
                                                                        : -EIO;
}

STEP_TEST(programs_and_functions_run_in_a_host)
{
    struct proc p;
    const char *const argv[] = {"cat", "/proc/sys/net/ipv4/ip_forward", NULL};

    netns_run(net, "client", "sysctl -q -w net.ipv4.ip_forward=1");
    netns_start(net, "client", &p, argv);
    lab_same_text(proc_expect_line(&p), "1", "what was set in the client");
    proc_expect_exit(&p, 0);
    proc_release(&p);
    netns_start(net, "server", &p, argv);
    lab_same_text(proc_expect_line(&p), "0", "what is set in the server");
    proc_expect_exit(&p, 0);
    proc_release(&p);
    netns_call(net, "server", &p, "server", say_interfaces, NULL);
    proc_expect_exit(&p, 0);
    proc_release(&p);
}

/* ---- XDP ---- */

static int attach_in(void *mode)
{
    struct bpf_insn code[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_DROP},
        {.code = BPF_JMP | BPF_EXIT},
    };
    int program =
        bpf_prog_load(BPF_PROG_TYPE_XDP, "drop", "GPL", code, 2, NULL);
    return bpf_xdp_attach((int)if_nametoindex("eth0"), program,
                          *(unsigned *)mode, NULL);
}

STEP_TEST(xdp_is_native_on_a_link)
{
    unsigned native = 1U << 2, generic = 1U << 1;

    lab_same_text(netns_xdp_mode(net, "client", "eth0"), "not at all",
                  "how XDP is attached");
    netns_pass(net, "client", "eth0");
    lab_same_text(netns_xdp_mode(net, "client", "eth0"), "native",
                  "how XDP is attached");
    talk("client", "server", "10.0.0.2");
    netns_enter(net, "server");
    lab_ok(attach_in(&generic));
    netns_leave(net);
    lab_same_text(netns_xdp_mode(net, "server", "eth0"), "generic",
                  "how XDP is attached");
    netns_enter(net, "server");
    lab_ok(bpf_xdp_detach((int)if_nametoindex("eth0"), generic, NULL));
    lab_ok(attach_in(&native));
    lab_check(bpf_lab_attached("eth0") > 0, "eth0 has a program");
    netns_leave(net);
}

STEP_TEST(what_is_pinned_is_the_tests_alone)
{
    struct statfs info;
    struct stat pinned;
    char path[4096];
    int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "pinned", 4, 4, 1, NULL);

    lab_sys(statfs(netns_bpffs(), &info));
    lab_check(info.f_type == BPF_FS_MAGIC, "it is a bpffs");
    snprintf(path, sizeof path, "%s/map", netns_bpffs());
    lab_ok(bpf_obj_pin(map, path));
    lab_check(bpf_obj_get(path) >= 0, "the map is found there");
    /* Not in the namespace that this test was forked from. */
    snprintf(path, sizeof path, "/proc/%d/root%s/map", (int)getppid(),
             netns_bpffs());
    lab_check(stat(path, &pinned) < 0, "nobody else sees it");
}

/* ---- Nothing is left ---- */

struct left {
    pid_t program;
    uint32_t pass, interfaces;
};

static uint32_t program_in(const char *host)
{
    netns_enter(net, host);
    uint32_t id = bpf_lab_attached("eth0");
    netns_leave(net);
    return id;
}

/* A network with all that there is in one; then wait to be killed. */
static _Noreturn void build_and_wait(int to)
{
    struct left left;
    struct proc p;
    const char *const argv[] = {"sleep", "1000", NULL};

    set_up();
    netns_pass(net, "client", "eth0");
    netns_start(net, "server", &p, argv);
    left = (struct left){.program = p.pid, .pass = program_in("client")};
    lab_sys(write(to, &left, sizeof left));
    for (;;)
        pause();
}

static bool program_exists(uint32_t id)
{
    int fd = bpf_prog_get_fd_by_id(id);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* The program is held by the interface alone: when it is gone, so are the
 * interface and its namespace. */
STEP_TEST(a_killed_test_leaves_nothing)
{
    struct if_nameindex *before = if_nameindex(), *after;
    struct left left;
    int pipe_ends[2], status, count = 0;

    lab_sys(pipe(pipe_ends));
    pid_t pid = (pid_t)lab_sys(fork());
    if (pid == 0)
        build_and_wait(pipe_ends[1]);
    close(pipe_ends[1]);
    if (read(pipe_ends[0], &left, sizeof left) != sizeof left)
        lab_cannot_run("only root may (CAP_SYS_ADMIN, CAP_NET_ADMIN)",
                       "sudo make test");
    lab_check(left.pass > 0 && program_exists(left.pass), "it is there");
    lab_sys(kill(pid, SIGKILL));
    lab_sys(waitpid(pid, &status, 0));
    lab_until(kill(left.program, 0) < 0 && errno == ESRCH,
              "the process in the server is gone");
    lab_until(!program_exists(left.pass), "the program on the link is gone");
    after = if_nameindex();
    while (before[count].if_index != 0) {
        lab_same_text(after[count].if_name, before[count].if_name,
                      "an interface of the machine");
        count++;
    }
    lab_equal(after[count].if_index, 0, "interfaces more than before");
    if_freenameindex(before);
    if_freenameindex(after);
}

/* Freed, a network is gone when the call returns. */
STEP_TEST(a_freed_network_is_gone)
{
    set_up();
    netns_pass(net, "client", "eth0");
    uint32_t pass = program_in("client");
    lab_check(program_exists(pass), "the program is there");
    netns_free(net);
    lab_until(!program_exists(pass), "the program on the link is gone");
    netns_free(NULL);
}

int main(int argc, char **argv)
{
    lab_step("network");
    lab_fixture(set_up, tear_down);
    lab_test(hosts_talk_over_a_link);
    lab_test(loopback_is_up);
    lab_test(a_switch_joins_many);
    lab_test(checksums_are_on_the_link);
    lab_test(offloads_are_off);
    lab_test(macs_are_told);
    lab_test(traffic_is_counted);
    lab_test(mistakes_are_told);
    lab_test(programs_and_functions_run_in_a_host);
    lab_step("xdp");
    lab_fixture(set_up, tear_down);
    lab_test(xdp_is_native_on_a_link);
    lab_test(what_is_pinned_is_the_tests_alone);
    lab_step("left");
    lab_test(a_killed_test_leaves_nothing);
    lab_test(a_freed_network_is_gone);
    return lab_main(argc, argv);
}
