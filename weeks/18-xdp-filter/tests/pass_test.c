/*
 * pass_test.c: week 18, step 1: a program in the kernel, and out of it again.
 */
#include "bpf.h"
#include "netns.h"
#include "steps.h"
#include "xdp_filter.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* Two hosts and a wire between them; the tests are in "server". */
static struct netns *net;

static void join_two_hosts(void)
{
    net = netns_new();
    netns_host(net, "client");
    netns_host(net, "server");
    netns_link(net, NETNS_END("client", "eth0"), NETNS_END("server", "eth0"));
    netns_enter(net, "server");
}

static void part_them(void)
{
    netns_leave(net);
    netns_free(net);
}

static struct xdp_filter *open_filter(void)
{
    struct xdp_filter *filter = NULL;
    bpf_lab_listen();
    lab_note("xdp_filter_open()");
    bpf_lab_ok(xdp_filter_open(&filter));
    lab_check(filter != NULL, "xdp_filter_open() returns 0 and a filter");
    return filter;
}

static void attach(struct xdp_filter *filter, const char *interface)
{
    lab_note("xdp_filter_attach() to %s", interface);
    bpf_lab_ok(xdp_filter_attach(filter, interface));
}

static void expect_left(int programs, int links, const char *when)
{
    struct bpf_left left;
    bpf_lab_count(&left);
    lab_equal(left.programs, programs,
              "descriptors of programs that this process has %s", when);
    lab_equal(left.links, links,
              "descriptors of links that this process has %s", when);
    if (programs == 0)
        lab_equal(left.maps, 0, "descriptors of maps that this process has %s",
                  when);
}

/* The id of the program that the filter has loaded. */
static unsigned id_of(const struct xdp_filter *filter)
{
    struct bpf_prog_info info = {0};
    __u32 len = sizeof info;
    int program = lab_ok(xdp_filter_program(filter));
    int err = bpf_obj_get_info_by_fd(program, &info, &len);
    lab_check(err == 0, "xdp_filter_program() returns a descriptor of a "
                        "program in the kernel");
    lab_same_number((intmax_t)info.type, BPF_PROG_TYPE_XDP,
                    "its type (BPF_PROG_TYPE_XDP)");
    return info.id;
}

/* netns.h goes home after each look. */
static const char *mode_of(const char *interface)
{
    const char *mode = netns_xdp_mode(net, "server", interface);
    netns_enter(net, "server");
    return mode;
}

/* ---- Tests ---- */

/* Loaded, it is a program that the kernel runs on a packet; closed, nothing of
 * it is left. */
STEP_TEST(loaded_and_gone)
{
    struct packet p;
    struct xdp_filter *filter = open_filter();
    lab_check(id_of(filter) != 0, "the kernel gave the program an id");
    packet_build(&p, eth(.type = 0x88b5), payload("anything"));
    bpf_lab_expect(xdp_filter_program(filter), &p, XDP_PASS,
                   "what the program says");
    lab_same_number(
        bpf_lab_attached("eth0"), 0,
        "the id of the program on eth0, before xdp_filter_attach()");
    lab_note("xdp_filter_close()");
    xdp_filter_close(filter);
    expect_left(0, 0, "after xdp_filter_close()");
    xdp_filter_close(NULL);
}

/* Attached, it is on the interface, in the driver; detached, it is not. */
STEP_TEST(attached_and_detached)
{
    struct xdp_filter *filter = open_filter();
    attach(filter, "eth0");
    lab_same_number(bpf_lab_attached("eth0"), id_of(filter),
                    "the id of the program on eth0");
    lab_same_text(mode_of("eth0"), "native", "how it is attached");
    lab_note("once more");
    lab_error(xdp_filter_attach(filter, "eth0"), -EALREADY);
    lab_same_number(bpf_lab_attached("eth0"), id_of(filter),
                    "the id of the program on eth0");
    lab_note("xdp_filter_detach()");
    lab_ok(xdp_filter_detach(filter));
    lab_same_number(bpf_lab_attached("eth0"), 0,
                    "the id of the program on eth0, after "
                    "xdp_filter_detach()");
    expect_left(1, 0, "after xdp_filter_detach()");
    lab_error(xdp_filter_detach(filter), -ENOENT);
    attach(filter, "eth0");
    lab_ok(xdp_filter_detach(filter));
    xdp_filter_close(filter);
    expect_left(0, 0, "after xdp_filter_close()");
}

/* Closing takes it off as well. */
STEP_TEST(closed_while_attached)
{
    struct xdp_filter *filter = open_filter();
    attach(filter, "eth0");
    lab_note("xdp_filter_close()");
    xdp_filter_close(filter);
    lab_same_number(bpf_lab_attached("eth0"), 0,
                    "the id of the program on eth0, after xdp_filter_close()");
    expect_left(0, 0, "after xdp_filter_close()");
}

/* An interface that there is not. */
STEP_TEST(no_such_interface)
{
    struct xdp_filter *filter = open_filter();
    lab_note("xdp_filter_attach() to eth7, which there is not");
    lab_error(xdp_filter_attach(filter, "eth7"), -ENODEV);
    lab_error(xdp_filter_attach(filter, ""), -ENODEV);
    lab_error(xdp_filter_detach(filter), -ENOENT);
    expect_left(1, 0, "after the errors");
    attach(filter, "eth0");
    xdp_filter_close(filter);
}

/* Two filters in one process, each on an interface of its own. */
STEP_TEST(two_filters_on_two_interfaces)
{
    netns_leave(net);
    netns_link(net, NETNS_END("client", "eth1"), NETNS_END("server", "eth1"));
    netns_enter(net, "server");
    struct xdp_filter *one = open_filter(), *other = open_filter();
    attach(one, "eth0");
    attach(other, "eth1");
    lab_same_number(bpf_lab_attached("eth0"), id_of(one),
                    "the id of the program on eth0");
    lab_same_number(bpf_lab_attached("eth1"), id_of(other),
                    "the id of the program on eth1");
    lab_note("close the first");
    xdp_filter_close(one);
    lab_same_number(bpf_lab_attached("eth0"), 0,
                    "the id of the program on eth0");
    lab_same_number(bpf_lab_attached("eth1"), id_of(other),
                    "the id of the program on eth1");
    xdp_filter_close(other);
}

static int open_descriptors(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    lab_check(dir != NULL, "/proc/self/fd can be read");
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

/* However often: no descriptor stays open. (Lost memory is told by
 * AddressSanitizer, at the end of each test.) */
STEP_TEST(opened_again_and_again)
{
    int before = open_descriptors();
    lab_note("open, attach, close, four times");
    for (int i = 0; i < 4; i++) {
        struct xdp_filter *filter = NULL;
        bpf_lab_ok(xdp_filter_open(&filter));
        bpf_lab_ok(xdp_filter_attach(filter, "eth0"));
        xdp_filter_close(filter);
    }
    lab_equal(open_descriptors(), before, "descriptors, as many as before");
}

static int attach_and_wait(void *argument)
{
    struct xdp_filter *filter;
    int err = xdp_filter_open(&filter);
    (void)argument;
    if (err == 0)
        err = xdp_filter_attach(filter, "eth0");
    return proc_say_and_wait(err, "attached");
}

/* A process that is killed closes nothing; the kernel does it. */
STEP_TEST(killed_while_attached)
{
    struct proc p;
    netns_leave(net);
    netns_call(net, "server", &p, "another process", attach_and_wait, NULL);
    lab_same_text(proc_expect_line(&p), "attached", "what it says");
    netns_enter(net, "server");
    lab_check(bpf_lab_attached("eth0") != 0, "its program is on eth0");
    lab_note("it is killed by SIGKILL");
    proc_kill(&p);
    lab_until(bpf_lab_attached("eth0") == 0,
              "no program is on eth0 any more when the process is gone");
    proc_release(&p);
}

/* ---- What it says ---- */

/* All of it once, with what goes wrong. */
static void use_it(void)
{
    struct xdp_filter *filter;
    lab_ok(xdp_filter_open(&filter));
    lab_error(xdp_filter_attach(filter, "eth7"), -ENODEV);
    lab_error(xdp_filter_detach(filter), -ENOENT);
    lab_ok(xdp_filter_attach(filter, "eth0"));
    lab_error(xdp_filter_attach(filter, "eth0"), -EALREADY);
    lab_ok(xdp_filter_detach(filter));
    xdp_filter_close(filter);
}

/* These functions are a program's part, and the program says what there is to
 * say. (libbpf's own words are not meant; they are kept.) */
STEP_TEST(prints_nothing)
{
    int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO), both[2];
    char said[200] = "";
    bpf_lab_listen();
    lab_note("open, attach, detach, close, and what goes wrong with them; "
             "stdout and stderr are a pipe");
    lab_sys(pipe2(both, O_CLOEXEC));
    lab_sys(dup2(both[1], STDOUT_FILENO));
    lab_sys(dup2(both[1], STDERR_FILENO));
    use_it();
    fflush(NULL);
    lab_sys(dup2(out, STDOUT_FILENO));
    lab_sys(dup2(err, STDERR_FILENO));
    close(both[1]);
    lab_check(read(both[0], said, sizeof said - 1) >= 0, "the pipe is read");
    lab_same_text(said, "", "what was printed");
    close(both[0]);
    close(out);
    close(err);
}

/* ---- Descriptors ---- */

/* Let this process have so many descriptors more than it has now. */
static void allow_descriptors(int more)
{
    struct rlimit limit;
    lab_sys(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = more < 0 ? limit.rlim_max : (rlim_t)(dup(0) + more);
    if (more >= 0)
        close((int)limit.rlim_cur - more);
    lab_sys(setrlimit(RLIMIT_NOFILE, &limit));
}

/* libbpf asks the kernel once what it can do, and would take the answer "no
 * descriptor" for a no. */
static void let_libbpf_ask(void)
{
    struct bpf_object *object = bpf_lab_open("filter");
    bpf_lab_load(object);
    bpf_object__close(object);
}

/* When descriptors are short, open fails at one place after the other, and
 * what it had made up to there is gone. */
STEP_TEST(descriptors_run_out)
{
    int before = open_descriptors(), err = -EMFILE, more;
    struct xdp_filter *filter = NULL;
    let_libbpf_ask();
    lab_note("xdp_filter_open() with 0, 1, 2, … descriptors left to open");
    for (more = 0; more < 100 && err < 0; more++) {
        allow_descriptors(more);
        err = xdp_filter_open(&filter);
        allow_descriptors(-1);
        lab_check(err != -ENOSYS, "xdp_filter_open() is written");
        if (err < 0)
            lab_equal(open_descriptors(), before,
                      "descriptors after an error, with %d left to open", more);
    }
    bpf_lab_ok(err);
    lab_note("xdp_filter_attach() with none left");
    allow_descriptors(0);
    err = xdp_filter_attach(filter, "eth0");
    allow_descriptors(-1);
    lab_check(err < 0, "xdp_filter_attach() returns an error");
    lab_same_number(bpf_lab_attached("eth0"), 0,
                    "the id of the program on eth0");
    lab_error(xdp_filter_detach(filter), -ENOENT);
    attach(filter, "eth0");
    xdp_filter_close(filter);
}

void pass_step(void)
{
    lab_step("pass");
    lab_fixture(join_two_hosts, part_them);
    lab_test(loaded_and_gone);
    lab_test(attached_and_detached);
    lab_test(closed_while_attached);
    lab_test(no_such_interface);
    lab_test(two_filters_on_two_interfaces);
    lab_test(opened_again_and_again);
    lab_test(killed_while_attached);
    lab_test(prints_nothing);
    lab_test(descriptors_run_out);
}
