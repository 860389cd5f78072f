/*
 * xlb_test.c: step 7: the program, told what to do while connections run
 * through it.
 */
#include "balancer_net.h"
#include "steps.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SERVICE "10.0.0.80:7000/tcp"

struct xlb {
    struct balancer_net net;
    struct proc proc;
    char config[256], control[256];
};

/* ---- Fixture ---- */

static void write_config(struct xlb *x, const char *text)
{
    FILE *file = fopen(x->config, "w");
    lab_check(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0,
              "%s can be written", x->config);
}

static void start(struct xlb *x)
{
    const char *const argv[] = {
        lab_program("xlb"), "--control", x->control, "run", x->config, NULL};
    netns_start(x->net.net, "balancer", &x->proc, argv);
    lab_same_text(proc_expect_line(&x->proc), "balancing eth0, native",
                  "the first line of xlb run");
}

/* What a command prints. Borrowed until the next. */
static const char *ask(struct xlb *x, const char *verb, const char *service,
                       const char *backend, int code)
{
    static char text[8192];
    const char *const argv[] = {lab_program("xlb"),
                                "--control",
                                x->control,
                                verb,
                                service,
                                backend,
                                NULL};
    struct proc p;
    proc_start(&p, argv);
    proc_expect_exit(&p, code);
    snprintf(text, sizeof text, "%s", code == 0 ? p.out_text : p.err_text);
    proc_release(&p);
    return text;
}

/* Run a command without a word in the transcript, of which it would fill all
 * lines. Returns what it prints, borrowed until the next. */
static const char *ask_quietly(struct xlb *x, const char *verb)
{
    static char text[8192];
    char command[1024];
    snprintf(command, sizeof command, "'%s' --control '%s' %s 2>&1",
             lab_program("xlb"), x->control, verb);
    FILE *out = popen(command, "r");
    lab_check(out != NULL, "xlb %s can be started", verb);
    text[fread(text, 1, sizeof text - 1, out)] = '\0';
    pclose(out);
    return text;
}

/* `xlb list` says so of a backend. */
static bool is_listed(struct xlb *x, const char *backend, const char *state)
{
    char address[64], word[16] = "";
    snprintf(address, sizeof address, "  %s ", backend);
    const char *line = strstr(ask_quietly(x, "list"), address);
    return line != NULL && sscanf(line, " %*s %15s", word) == 1 &&
           strcmp(word, state) == 0;
}

#define until_listed(x, backend, state)           \
    lab_until(is_listed((x), (backend), (state)), \
              "xlb list says that %s is %s", (backend), (state))

static void xlb_open(struct xlb *x, int backends, const char *config)
{
    memset(x, 0, sizeof *x);
    balancer_net_open(&x->net, backends);
    balancer_net_start_named(&x->net);
    snprintf(x->config, sizeof x->config, "%s/xlb.conf", lab_tmp());
    snprintf(x->control, sizeof x->control, "%s/xlb.sock", lab_tmp());
    write_config(x, config);
    start(x);
}

static void xlb_close(struct xlb *x)
{
    proc_signal(&x->proc, SIGTERM);
    proc_expect_exit(&x->proc, 0);
    proc_release(&x->proc);
    balancer_net_close(&x->net);
}

/* ---- Clients ---- */

/* Connect, and return the number of the backend that answers. */
static int connect_quietly(struct xlb *x, struct net_client *c, const char *vip)
{
    char line[16];
    netns_enter(x->net.net, "client");
    net_connect_quietly(c, "client", vip, BALANCER_NET_PORT);
    netns_leave(x->net.net);
    net_expect_line(c, line, sizeof line);
    return line[0] - '0';
}

#define CROWD 24

struct crowd {
    struct net_client client[CROWD];
    int backend[CROWD];
};

static void crowd_connect(struct xlb *x, struct crowd *crowd)
{
    lab_note("%d clients connect to " BALANCER_NET_VIP, CROWD);
    for (int i = 0; i < CROWD; i++)
        crowd->backend[i] =
            connect_quietly(x, &crowd->client[i], BALANCER_NET_VIP);
}

/* Those whose backend is not this one still get every byte back. */
static void crowd_talk(struct crowd *crowd, int but)
{
    for (int i = 0; i < CROWD; i++)
        if (crowd->backend[i] != but)
            net_exchange(&crowd->client[i], 2000, 0);
}

static void crowd_close(struct crowd *crowd)
{
    for (int i = 0; i < CROWD; i++)
        net_close(&crowd->client[i]);
}

/* ---- Tests ---- */

#define CONFIG                                     \
    "interface eth0\n"                             \
    "gateway 10.0.0.1\n"                           \
    "check every 100 ms, timeout 500 ms, fall 2\n" \
    "service 10.0.0.80:7000/tcp\n"                 \
    "    backend 10.0.1.11\n"                      \
    "    backend 10.0.1.12\n"                      \
    "    backend 10.0.1.13\n"                      \
    "    backend 10.0.1.14\n"

static void until_all_up(struct xlb *x)
{
    until_listed(x, "10.0.1.11", "up");
    until_listed(x, "10.0.1.12", "up");
    until_listed(x, "10.0.1.13", "up");
    until_listed(x, "10.0.1.14", "up");
}

/* A host dies without a word. Its check fails and it gets no more clients;
 * connections to the others lose nothing. When it is back it is up again. */
STEP_TEST(dead_backend_is_taken_out)
{
    struct xlb x;
    struct crowd crowd, later;
    xlb_open(&x, 4, CONFIG);
    until_all_up(&x);
    crowd_connect(&x, &crowd);
    lab_note("backend2 loses its network");
    netns_run(x.net.net, "switch", "ip link set to-backend2 down");
    until_listed(&x, "10.0.1.12", "down");
    lab_note("the clients of the others go on");
    crowd_talk(&crowd, 2);
    crowd_connect(&x, &later);
    for (int i = 0; i < CROWD; i++)
        lab_check(later.backend[i] != 2,
                  "nobody who comes now is sent to backend2");
    lab_note("the balancer gets another address, from which it asks now");
    netns_address(x.net.net, "balancer", "eth0", "10.0.1.3/24");
    netns_run(x.net.net, "balancer",
              "ip route replace 10.0.1.12 dev eth0 src 10.0.1.3");
    lab_note("backend2 is back");
    netns_run(x.net.net, "switch", "ip link set to-backend2 up");
    until_listed(&x, "10.0.1.12", "up");
    crowd_talk(&crowd, 2);
    crowd_close(&crowd);
    crowd_close(&later);
    xlb_close(&x);
}

/* A backend that is drained keeps its clients and gets no new ones; one that is
 * added gets some. */
STEP_TEST(drained_backend_keeps_its_clients)
{
    struct xlb x;
    struct crowd crowd, later;
    xlb_open(&x, 4, CONFIG);
    until_all_up(&x);
    crowd_connect(&x, &crowd);
    ask(&x, "drain", SERVICE, "10.0.1.13", 0);
    until_listed(&x, "10.0.1.13", "draining");
    crowd_talk(&crowd, 0);
    crowd_connect(&x, &later);
    for (int i = 0; i < CROWD; i++)
        lab_check(later.backend[i] != 3,
                  "nobody who comes now is sent to backend3");
    ask(&x, "remove", SERVICE, "10.0.1.13", 0);
    lab_note("backend3 is removed; the clients of the others go on");
    crowd_talk(&crowd, 3);
    crowd_talk(&later, 0);
    ask(&x, "add", SERVICE, "10.0.1.13", 0);
    until_listed(&x, "10.0.1.13", "up");
    crowd_talk(&crowd, 3);
    crowd_close(&crowd);
    crowd_close(&later);
    xlb_close(&x);
}

/* IPv6 as well, and two services at once. */
STEP_TEST(two_services_of_two_versions)
{
    struct xlb x;
    struct net_client c;
    xlb_open(&x, 2,
             "interface eth0\ngateway 10.0.0.1\ncheck every 100\n"
             "service 10.0.0.80:7000/tcp\n backend 10.0.1.11\n"
             "service [fd00::80]:7000/tcp\n backend fd01::12\n");
    until_listed(&x, "10.0.1.11", "up");
    until_listed(&x, "fd01::12", "up");
    lab_equal(connect_quietly(&x, &c, BALANCER_NET_VIP), 1,
              "the backend that answers over IPv4");
    net_exchange(&c, 5000, 0);
    net_close(&c);
    lab_equal(connect_quietly(&x, &c, BALANCER_NET_VIP_V6), 2,
              "the backend that answers over IPv6");
    net_exchange(&c, 5000, 0);
    net_close(&c);
    xlb_close(&x);
}

/* Read again: what has changed changes, and what is wrong changes nothing. */
STEP_TEST(configuration_is_read_again)
{
    struct xlb x;
    struct crowd crowd;
    xlb_open(&x, 4, CONFIG);
    until_all_up(&x);
    crowd_connect(&x, &crowd);
    lab_note("the file gets a line that makes no sense; xlb reload");
    write_config(&x, CONFIG "    backend 10.0.1.15 wieght 3\n");
    const char *words = ask(&x, "reload", NULL, NULL, 1);
    lab_check(strstr(words, "xlb.conf:9: 'wieght'") != NULL,
              "xlb says where and what is wrong; it says: %s", words);
    lab_check(is_listed(&x, "10.0.1.14", "up"), "nothing has changed");
    lab_note("the file has backend4 no more; SIGHUP");
    write_config(&x, "interface eth0\ngateway 10.0.0.1\ncheck every 100\n"
                     "service 10.0.0.80:7000/tcp\n"
                     " backend 10.0.1.11 weight 2\n backend 10.0.1.12\n"
                     " backend 10.0.1.13\n");
    proc_signal(&x.proc, SIGHUP);
    lab_until(!is_listed(&x, "10.0.1.14", "up"),
              "xlb list does not have 10.0.1.14 any more");
    crowd_talk(&crowd, 4);
    crowd_close(&crowd);
    xlb_close(&x);
}

/* Mappings of the process; each change must give back what it takes. */
static int count_mappings(const struct proc *p)
{
    char path[64], line[512];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/maps", (int)p->pid);
    FILE *file = fopen(path, "r");
    lab_check(file != NULL, "%s can be read", path);
    while (fgets(line, sizeof line, file) != NULL)
        count += strstr(line, "bpf") != NULL;
    fclose(file);
    return count;
}

/* A balancer runs for years. */
STEP_TEST(changes_and_questions_cost_nothing)
{
    struct xlb x;
    xlb_open(&x, 2,
             "interface eth0\ngateway 10.0.0.1\n"
             "service 10.0.0.80:7000/tcp\n backend 10.0.1.11\n");
    until_listed(&x, "10.0.1.11", "up");
    int fds = proc_count_fds(&x.proc), mappings = count_mappings(&x.proc);
    lab_note("a hundred times the configuration gains backend2 and loses it");
    for (int i = 0; i < 100; i++) {
        write_config(&x,
                     i % 2 == 0
                         ? "interface eth0\ngateway 10.0.0.1\n"
                           "check every 3600000\n"
                           "service 10.0.0.80:7000/tcp\n backend 10.0.1.11\n"
                           " backend 10.0.1.12\n"
                         : "interface eth0\ngateway 10.0.0.1\n"
                           "check every 3600000\n"
                           "service 10.0.0.80:7000/tcp\n backend 10.0.1.11\n");
        lab_check(strncmp(ask_quietly(&x, "reload"), "read ", 5) == 0,
                  "xlb reads the configuration again");
    }
    lab_note("xlb list and xlb stats, ten times");
    for (int i = 0; i < 10; i++)
        lab_check(strchr(ask_quietly(&x, i % 2 == 0 ? "list" : "stats"),
                         '\n') != NULL,
                  "xlb answers");
    lab_equal(count_mappings(&x.proc), mappings,
              "mappings of BPF memory that xlb has after that");
    proc_until_fds(&x.proc, fds);
    xlb_close(&x);
}

/* Stopped in either way it leaves the interface as it was. */
STEP_TEST(stopped_and_killed_it_leaves_nothing)
{
    struct xlb x;
    xlb_open(&x, 1, "interface eth0\ngateway 10.0.0.1\n");
    lab_note("SIGTERM");
    proc_signal(&x.proc, SIGTERM);
    proc_expect_exit(&x.proc, 0);
    proc_release(&x.proc);
    lab_same_text(netns_xdp_mode(x.net.net, "balancer", "eth0"), "not at all",
                  "how something is attached to eth0");
    lab_check(access(x.control, F_OK) < 0, "the control socket is gone");
    start(&x);
    lab_note("SIGKILL");
    proc_kill(&x.proc);
    proc_release(&x.proc);
    lab_until(strcmp(netns_xdp_mode(x.net.net, "balancer", "eth0"),
                     "not at all") == 0,
              "nothing is attached to eth0 any more");
    lab_note("the next one finds the socket of the dead");
    start(&x);
    xlb_close(&x);
}

void program_step(void)
{
    lab_step("program");
    lab_test(dead_backend_is_taken_out);
    lab_test(drained_backend_keeps_its_clients);
    lab_test(two_services_of_two_versions);
    lab_test(configuration_is_read_again);
    lab_test(changes_and_questions_cost_nothing);
    lab_test(stopped_and_killed_it_leaves_nothing);
}
