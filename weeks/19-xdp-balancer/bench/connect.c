/*
 * connect.c: real connections through the balancer, or through a proxy in its
 * place.
 *
 *     one processor       another
 *     the balancer's      clients and server (this thread), the switch, the
 *     interface; the      kernel's work for them
 *     proxy
 *
 * For every packet that the balancer handles, clients and server have more to
 * do than it; so `connections` says what this machine can carry, and the
 * balancer's own worth is what a connection costs its processor.
 */
#include "xdp_bench.h"

#include "driver.skel.h"
#include "network.h"
#include "proxies.h"
#include "traffic.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define WARM_UP_SECONDS 0.2

struct scene {
    struct network network;
    struct driver *driver;
    struct xdp_balancer *balancer;
    pid_t proxy;    /* 0: none */
    pid_t balances; /* the thread that handles what the balancer receives */
    pid_t switches; /* what it sends */
    struct traffic traffic;
};

struct outcome {
    double rate, cpu_us;
};

/* ---- The balancer, or what stands in its place ---- */

static struct packet_address address_of(const char *text)
{
    struct packet_address address = {0};

    inet_pton(AF_INET, text, &address);
    return address;
}

static int add_backends(struct xdp_balancer *balancer,
                        const struct service_key *service)
{
    int err = 0;

    for (int i = 1; i <= NETWORK_BACKENDS && err == 0; i++) {
        char text[32];
        snprintf(text, sizeof text, NETWORK_BACKEND, i);
        struct balancer_backend backend = {
            .address = address_of(text),
            .mac = {2, 0, 0, 0, 3, network_mac(NETWORK_SERVER)},
            .weight = 1,
            .state = BACKEND_UP,
        };
        err = xdp_balancer_set_backend(balancer, service, &backend);
    }
    return err;
}

static int start_balancer(struct scene *s)
{
    const struct balancer_options options = {.seed = 42,
                                             .connections = BENCH_CONNECTIONS};
    const struct service_key service = {.address = address_of(NETWORK_VIP),
                                        .port = htons(7),
                                        .protocol = IPPROTO_TCP,
                                        .version = 4};
    const struct packet_address own[] = {address_of("10.0.0.2"),
                                         address_of("10.1.0.2")};
    const __u8 gateway[6] = {2, 0, 0, 0, 3, network_mac(NETWORK_CLIENT)};
    int err = xdp_balancer_open(&options, &s->balancer);

    for (int i = 0; i < 2 && err == 0; i++)
        err = xdp_balancer_add_own(s->balancer, 4, &own[i]);
    if (err == 0)
        err = xdp_balancer_set_gateway(s->balancer, gateway);
    if (err == 0)
        err = xdp_balancer_add_service(s->balancer, &service, SERVICE_NAT);
    if (err == 0)
        err = add_backends(s->balancer, &service);
    if (err == 0)
        err = network_enter(&s->network, NETWORK_BALANCER);
    return err == 0 ? xdp_balancer_attach(s->balancer, s->network.interface)
                    : err;
}

/* With GRO veth has a NAPI thread too where there is no XDP program. */
static int start_proxy(struct scene *s, const struct measure *m)
{
    int err = network_run(&s->network, NETWORK_BALANCER, "ethtool -K %s gro on",
                          s->network.interface);

    if (err < 0)
        return err;
    s->proxy = proxy_start(&s->network, m->subject, m->cpu);
    return s->proxy < 0 ? (int)s->proxy : 0;
}

/* ---- Threads ---- */

/* What the balancer sends out by XDP_TX arrives only where the other end has a
 * program too. */
static int start_switch(struct scene *s)
{
    s->driver = driver__open_and_load();
    if (s->driver == NULL)
        return -errno;
    int err = network_enter(&s->network, NETWORK_SWITCH);
    if (err < 0)
        return err;
    return bpf_xdp_attach((int)if_nametoindex(s->network.port),
                          bpf_program__fd(s->driver->progs.pass),
                          XDP_FLAGS_DRV_MODE, NULL);
}

static int place_threads(struct scene *s, const struct measure *m)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(m->other_cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) < 0)
        return -errno;
    s->balances = network_thread(&s->network, NETWORK_BALANCER,
                                 s->network.interface, m->cpu);
    s->switches = network_thread(&s->network, NETWORK_SWITCH, s->network.port,
                                 m->other_cpu);
    return s->balances < 0 ? s->balances : s->switches < 0 ? s->switches : 0;
}

struct times {
    int64_t ran, waited;
};

static struct times times_of(pid_t thread)
{
    struct times times = {0};
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/schedstat", (int)thread);
    FILE *file = thread > 0 ? fopen(path, "re") : NULL;
    if (file != NULL &&
        fscanf(file, "%" SCNd64 " %" SCNd64, &times.ran, &times.waited) != 2)
        times = (struct times){0};
    if (file != NULL)
        fclose(file);
    return times;
}

/* Of the four: the balancer's two, then the others'. */
struct all_times {
    struct times of[4];
};

static struct all_times look(const struct scene *s)
{
    return (struct all_times){{times_of(s->balances), times_of(s->proxy),
                               times_of(getpid()), times_of(s->switches)}};
}

/* Two that share a processor wait for each other; what one waits longer than
 * the other ran is somebody else's. */
static int64_t held_up(const struct times *one, const struct times *other)
{
    int64_t more = one->waited - other->ran;

    return more > 0 ? more : 0;
}

static struct all_times since(const struct all_times *began,
                              const struct all_times *now)
{
    struct all_times since;

    for (int i = 0; i < 4; i++)
        since.of[i] = (struct times){now->of[i].ran - began->of[i].ran,
                                     now->of[i].waited - began->of[i].waited};
    return since;
}

/* ---- Measuring ---- */

static int measure_traffic(struct measure *m, struct scene *s,
                           struct outcome *outcome)
{
    int err = traffic_open(&s->traffic, &s->network);

    if (err == 0) /* to get warm */
        err = traffic_run(&s->traffic,
                          measure_now() + (int64_t)(WARM_UP_SECONDS * 1e9));
    if (err < 0)
        return err;
    uint64_t done = s->traffic.done, failed = s->traffic.failed;
    struct all_times began = look(s);
    measure_begin(m);
    err = traffic_run(&s->traffic, measure_now() + (int64_t)(m->seconds * 1e9));
    double seconds = measure_end(m);
    struct all_times now = look(s), t = since(&began, &now);
    measure_held_up(
        m, (double)(held_up(&t.of[0], &t.of[1]) + held_up(&t.of[1], &t.of[0]) +
                    held_up(&t.of[2], &t.of[3]) + held_up(&t.of[3], &t.of[2])) /
               1e9);
    done = s->traffic.done - done;
    if (err == 0 && (done == 0 || (s->traffic.failed - failed) * 100 > done))
        return -ECONNABORTED; /* that is no service */
    outcome->rate = (double)done / seconds;
    outcome->cpu_us = (double)(t.of[0].ran + t.of[1].ran) / 1e3 / (double)done;
    return err;
}

static int run_scene(struct measure *m, struct scene *s,
                     struct outcome *outcome)
{
    int err = network_open(&s->network);

    if (err == 0)
        err = start_switch(s);
    if (err == 0)
        err = measure_is(m, "") ? start_balancer(s) : start_proxy(s, m);
    if (err == 0)
        err = place_threads(s, m);
    return err == 0 ? measure_traffic(m, s, outcome) : err;
}

static void end_scene(struct scene *s)
{
    if (s->proxy > 0) {
        kill(s->proxy, SIGKILL);
        waitpid(s->proxy, NULL, 0);
    }
    xdp_balancer_close(s->balancer);
    driver__destroy(s->driver);
}

static int measure_connections(struct measure *m, struct outcome *outcome,
                               bool *measured)
{
    struct scene scene = {0};
    const char *command = NULL;

    *measured = false;
    if (measure_is(m, "bounce") || measure_is(m, "lookup"))
        return measure_apart();
    if (!bench_is_root())
        return measure_cannot("network namespaces need root", BENCH_AS_ROOT);
    if (m->cpu == m->other_cpu)
        return measure_cannot("there is only one processor", NULL);
    const char *missing =
        measure_is(m, "") ? NULL : proxy_missing(m->subject, &command);
    if (missing != NULL)
        return measure_cannot(missing, command);
    int err = run_scene(m, &scene, outcome);
    end_scene(&scene);
    *measured = err == 0;
    return err < 0 ? measure_failed("connections", err) : 0;
}

int connect_rate(struct measure *m)
{
    struct outcome outcome;
    bool measured;
    int status = measure_connections(m, &outcome, &measured);

    return measured ? measure_value(m, outcome.rate) : status;
}

int connect_cpu(struct measure *m)
{
    struct outcome outcome;
    bool measured;
    int status = measure_connections(m, &outcome, &measured);

    return measured ? measure_value(m, outcome.cpu_us) : status;
}
