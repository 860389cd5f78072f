/*
 * balancer_lab.c: see balancer_lab.h.
 */
#include "balancer_lab.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>

#define ETHERNET_BYTES 14
#define VLAN_BYTES 4

struct xdp_balancer *balancer;
int balancer_program;

/* ---- Open, close ---- */

static void parse_mac(const char *text, __u8 mac[6])
{
    unsigned bytes[6];
    sscanf(text, "%x:%x:%x:%x:%x:%x", &bytes[0], &bytes[1], &bytes[2],
           &bytes[3], &bytes[4], &bytes[5]);
    for (int i = 0; i < 6; i++)
        mac[i] = (__u8)bytes[i];
}

uint64_t balancer_lab_seed(void)
{
    struct lab_random random;
    lab_random_init(&random, 19);
    return lab_random_next(&random);
}

struct xdp_balancer *balancer_lab_another(uint64_t seed, uint32_t connections)
{
    struct balancer_options options = {.seed = seed,
                                       .connections = connections};
    struct xdp_balancer *another = NULL;
    __u8 gateway[6];

    bpf_lab_listen();
    bpf_lab_ok(xdp_balancer_open(&options, &another));
    parse_mac(GATEWAY_MAC, gateway);
    lab_ok(xdp_balancer_set_gateway(another, gateway));
    return another;
}

void balancer_lab_open(void)
{
    balancer =
        balancer_lab_another(balancer_lab_seed(), BALANCER_LAB_CONNECTIONS);
    balancer_program = lab_ok(xdp_balancer_program(balancer));
}

void balancer_lab_close(void)
{
    xdp_balancer_close(balancer);
    balancer = NULL;
}

/* ---- Who is there ---- */

struct packet_address balancer_lab_address(const char *text)
{
    struct packet_address address = {0};
    if (inet_pton(AF_INET, text, &address) != 1 &&
        inet_pton(AF_INET6, text, &address) != 1)
        lab_fail("%s is no address", text);
    return address;
}

struct service_key balancer_lab_key(const char *address, int port, int protocol)
{
    return (struct service_key){
        .address = balancer_lab_address(address),
        .port = htons((uint16_t)port),
        .protocol = (__u8)protocol,
        .version = strchr(address, ':') != NULL ? 6 : 4,
    };
}

static char *next_text(void)
{
    static char texts[BALANCER_LAB_TEXTS][64];
    static int next;
    return texts[next++ % BALANCER_LAB_TEXTS];
}

const char *balancer_lab_backend_text(int version, int index)
{
    char *text = next_text();
    snprintf(text, 64, version == 6 ? "fd01::%x:%x" : "10.1.%d.%d",
             index / 200 + 1, index % 200 + 1);
    return text;
}

const char *balancer_lab_mac_text(int index)
{
    char *text = next_text();
    snprintf(text, 64, "02:00:00:01:%02x:%02x", index / 256, index % 256);
    return text;
}

struct balancer_backend balancer_lab_backend(int version, int index)
{
    struct balancer_backend backend = {
        .address =
            balancer_lab_address(balancer_lab_backend_text(version, index)),
        .weight = 10,
        .state = BACKEND_UP,
    };
    parse_mac(balancer_lab_mac_text(index), backend.mac);
    return backend;
}

static const char *state_text(enum backend_state state)
{
    return state == BACKEND_UP         ? "up"
           : state == BACKEND_DRAINING ? "draining"
                                       : "down";
}

void balancer_lab_add_at(struct lab_where where, struct service_key key,
                         int first, int count)
{
    lab_note("a service at port %d of %s over IPv%d, with %s", ntohs(key.port),
             key.protocol == IPPROTO_TCP ? "TCP" : "UDP", key.version,
             lab_count(count, "backend"));
    lab_ok_at(where, xdp_balancer_add_service(balancer, &key, SERVICE_NAT),
              "xdp_balancer_add_service()");
    for (int i = first; i < first + count; i++) {
        struct balancer_backend backend = balancer_lab_backend(key.version, i);
        lab_ok_at(where, xdp_balancer_set_backend(balancer, &key, &backend),
                  "xdp_balancer_set_backend()");
    }
}

void balancer_lab_set_at(struct lab_where where, struct service_key key,
                         int index, enum backend_state state)
{
    struct balancer_backend backend = balancer_lab_backend(key.version, index);
    backend.state = state;
    lab_note("backend %s is %s", balancer_lab_backend_text(key.version, index),
             state_text(state));
    lab_ok_at(where, xdp_balancer_set_backend(balancer, &key, &backend),
              "xdp_balancer_set_backend()");
}

/* ---- Packets ---- */

static struct packet_layer ip_layer(const struct shape *shape,
                                    const struct path *path)
{
    if (shape->version == 6)
        return ipv6(.from = path->from, .to = path->to, .hop_limit = path->ttl);
    return ipv4(.from = path->from, .to = path->to, .ttl = path->ttl,
                .id = 0x1234, .options = shape->options,
                .wrong_checksum = shape->wrong_ip);
}

static struct packet_layer transport_layer(const struct shape *shape,
                                           const struct path *path)
{
    if (shape->protocol == IPPROTO_UDP)
        return udp(.from = path->from_port, .to = path->to_port,
                   .no_checksum = shape->no_checksum,
                   .wrong_checksum = shape->wrong_transport);
    return tcp(.from = path->from_port, .to = path->to_port,
               .sequence = 0x01020304, .flags = shape->flags,
               .wrong_checksum = shape->wrong_transport);
}

void balancer_lab_build(struct packet *p, const struct shape *shape,
                        const struct path *path)
{
    struct packet_layer ethernet =
        eth(.from = path->from_mac, .to = path->to_mac);
    struct packet_layer ip = ip_layer(shape, path);
    struct packet_layer transport = transport_layer(shape, path);
    struct packet_layer rest =
        payload_of(shape->bytes != NULL ? shape->bytes : "", shape->len);
    if (shape->vlan)
        packet_build(p, ethernet, vlan(.id = 7, .priority = 3), ip, transport,
                     rest);
    else
        packet_build(p, ethernet, ip, transport, rest);
}

static const char *vip(int version)
{
    return version == 6 ? VIP_V6 : VIP;
}

static const char *client(int version)
{
    return version == 6 ? CLIENT_V6 : CLIENT;
}

struct path balancer_lab_in(int version, int port)
{
    return (struct path){GATEWAY_MAC,
                         BALANCER_MAC,
                         client(version),
                         vip(version),
                         PACKET_CLIENT_PORT,
                         port,
                         64};
}

struct path balancer_lab_to_backend(int version, int port, int index)
{
    struct path path = balancer_lab_in(version, port);
    path.from_mac = BALANCER_MAC;
    path.to_mac = balancer_lab_mac_text(index);
    path.to = balancer_lab_backend_text(version, index);
    path.ttl = 63;
    return path;
}

struct path balancer_lab_from_backend(int version, int port, int index)
{
    return (struct path){
        .from_mac = balancer_lab_mac_text(index),
        .to_mac = BALANCER_MAC,
        .from = balancer_lab_backend_text(version, index),
        .to = client(version),
        .from_port = port,
        .to_port = PACKET_CLIENT_PORT,
        .ttl = 64,
    };
}

struct path balancer_lab_out(int version, int port)
{
    struct path path = balancer_lab_from_backend(version, port, 0);
    path.from_mac = BALANCER_MAC;
    path.to_mac = GATEWAY_MAC;
    path.from = vip(version);
    path.ttl = 63;
    return path;
}

static void expect(struct lab_where where, const struct packet *in, int verdict,
                   const struct packet *out, const char *what)
{
    struct bpf_answer answer;
    char sentence[160];
    bpf_lab_run_at(where, balancer_program, in, &answer);
    snprintf(sentence, sizeof sentence, "the verdict on %s", what);
    lab_same_text_at(where, bpf_verdict_text(answer.verdict),
                     verdict == XDP_TX     ? "XDP_TX"
                     : verdict == XDP_PASS ? "XDP_PASS"
                                           : "XDP_DROP",
                     "%s", sentence);
    /* What is dropped nobody sees any more. */
    if (verdict != XDP_DROP)
        packet_same_at(where, &answer.packet, out, what);
}

void balancer_lab_expect_sent_at(struct lab_where where,
                                 const struct packet *in,
                                 const struct packet *out, const char *what)
{
    expect(where, in, XDP_TX, out, what);
}

void balancer_lab_expect_as_it_is_at(struct lab_where where,
                                     const struct packet *in, int verdict,
                                     const char *what)
{
    expect(where, in, verdict, in, what);
}

/* ---- Flows ---- */

void balancer_lab_flow(struct packet *p, const struct service_key *key,
                       int index, int flags)
{
    char from[64], to[INET6_ADDRSTRLEN];
    struct shape shape = {
        .version = key->version, .protocol = key->protocol, .flags = flags};
    snprintf(from, sizeof from,
             key->version == 6 ? "2001:db8:%x::%x" : "203.%d.113.%d",
             index / 250 % 250 + 1, index % 250 + 1);
    inet_ntop(key->version == 6 ? AF_INET6 : AF_INET, &key->address, to,
              sizeof to);
    balancer_lab_build(p, &shape,
                       &(struct path){GATEWAY_MAC, BALANCER_MAC, from, to,
                                      20000 + index / 62500, ntohs(key->port),
                                      64});
}

/* The index of the backend whose address stands at these bytes, or -1. */
static int index_of(int version, const unsigned char *bytes)
{
    static const unsigned char v6_prefix[13] = {0xfd, 0x01};
    bool ours =
        version == 6
            ? memcmp(bytes, v6_prefix, sizeof v6_prefix) == 0 && bytes[14] == 0
            : bytes[0] == 10 && bytes[1] == 1;
    int high = bytes[version == 6 ? 13 : 2];
    int low = bytes[version == 6 ? 15 : 3];
    if (!ours || high == 0 || low == 0 || low > 200)
        return -1;
    return (high - 1) * 200 + low - 1;
}

int balancer_lab_where_at(struct lab_where where, int program,
                          const struct packet *packet)
{
    struct bpf_answer answer;
    bpf_lab_run_quietly_at(where, program, packet, &answer);
    if (answer.verdict == XDP_DROP)
        return DROPPED;
    const unsigned char *ip = answer.packet.bytes + ETHERNET_BYTES;
    int version = ip[0] >> 4;
    int index = index_of(version, version == 6 ? ip + 24 : ip + 16);
    if (answer.verdict == XDP_TX && index >= 0)
        return index;
    bpf_lab_run_at(where, program, packet, &answer);
    lab_note("what came out: %s", packet_text(&answer.packet));
    lab_fail_at(where, "a packet to a service is sent to one of its backends");
}

int balancer_lab_goes_at(struct lab_where where, const struct service_key *key,
                         int index, int flags)
{
    struct packet p;
    balancer_lab_flow(&p, key, index, flags);
    return balancer_lab_where_at(where, balancer_program, &p);
}

/* ---- While packets come ---- */

/* What the other thread does, and whether it is done. */
struct changing {
    const struct service_key *key;
    int index, changes;
    int first_error;
    int done;
};

static void *change_often(void *argument)
{
    struct changing *c = argument;
    struct balancer_backend backend = balancer_lab_backend(4, c->index);
    for (int i = 0; i < c->changes && c->first_error == 0; i++) {
        backend.weight = 10 + (__u32)i % 5;
        int err = i % 2 == 0
                      ? xdp_balancer_set_backend(balancer, c->key, &backend)
                      : xdp_balancer_remove_backend(balancer, c->key,
                                                    &backend.address);
        c->first_error = err < 0 ? err : 0;
    }
    __atomic_store_n(&c->done, 1, __ATOMIC_RELEASE);
    return NULL;
}

void balancer_lab_change_meanwhile_at(struct lab_where where,
                                      const struct service_key *key, int index,
                                      int changes,
                                      void (*send)(int number, void *context),
                                      void *context)
{
    struct changing c = {.key = key, .index = index, .changes = changes};
    pthread_t thread;
    int packets = 0;

    lab_note("backend %d is added and removed, %d changes; packets run "
             "meanwhile",
             index, changes);
    lab_equal_at(where, pthread_create(&thread, NULL, change_often, &c), 0,
                 "pthread_create()");
    while (!__atomic_load_n(&c.done, __ATOMIC_ACQUIRE))
        send(packets++, context);
    pthread_join(thread, NULL);
    lab_ok_at(where, c.first_error, "a change");
    lab_bound_at(where, packets, 1, 1, "packets that were sent meanwhile");
}

/* ---- Counts ---- */

void balancer_lab_expect_verdicts_at(struct lab_where where,
                                     struct balancer_lab_verdicts expected)
{
    static const char *const names[BALANCER_VERDICTS] = {
        "BALANCER_PASSED", "BALANCER_FORWARDED", "BALANCER_RETURNED",
        "BALANCER_BROKEN", "BALANCER_FRAGMENT",  "BALANCER_NO_BACKEND"};
    const long should[BALANCER_VERDICTS] = {
        expected.passed, expected.forwarded, expected.returned,
        expected.broken, expected.fragment,  expected.no_backend};
    struct balancer_count counts[BALANCER_VERDICTS];
    memset(counts, 0xa5, sizeof counts);
    lab_ok_at(where, xdp_balancer_verdicts(balancer, counts),
              "xdp_balancer_verdicts()");
    for (int i = 0; i < BALANCER_VERDICTS; i++)
        lab_equal_at(where, (intmax_t)counts[i].packets, should[i],
                     "packets under %s", names[i]);
}
