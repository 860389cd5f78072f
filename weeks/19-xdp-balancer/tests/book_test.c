/*
 * book_test.c: week 19, step 4, its second half: services and backends that
 * come and go, what is told of them, and what is refused.
 */
#include "balancer_lab.h"
#include "steps.h"

#include <malloc.h>

static struct service_key usual_key(int version, int protocol)
{
    return balancer_lab_key(version == 6 ? VIP_V6 : VIP, PORT, protocol);
}

/* ---- Services and backends that come and go ---- */

static void expect_back(const char *from, int from_port, const char *vip,
                        const char *what)
{
    struct shape shape = {.version = 4};
    struct path in = {"02:00:00:01:00:00", BALANCER_MAC,       from, CLIENT,
                      from_port,           PACKET_CLIENT_PORT, 64};
    struct path out = {BALANCER_MAC, GATEWAY_MAC,        vip, CLIENT,
                       from_port,    PACKET_CLIENT_PORT, 63};
    struct packet p, expected;
    balancer_lab_build(&p, &shape, &in);
    balancer_lab_build(&expected, &shape, vip != NULL ? &out : &in);
    if (vip != NULL)
        balancer_lab_expect_sent(&p, &expected, what);
    else
        balancer_lab_expect_as_it_is(&p, XDP_PASS, what);
}

/* One backend of two services, told apart by their ports. */
STEP_TEST(one_backend_of_two_services)
{
    struct service_key one = usual_key(4, IPPROTO_TCP);
    struct service_key other = balancer_lab_key("10.0.0.99", 443, IPPROTO_TCP);
    balancer_lab_add(one, 0, 1);
    balancer_lab_add(other, 0, 1);
    expect_back(balancer_lab_backend_text(4, 0), PORT, VIP,
                "a packet from port 80");
    expect_back(balancer_lab_backend_text(4, 0), 443, "10.0.0.99",
                "a packet from port 443");
    expect_back(balancer_lab_backend_text(4, 0), 8080, NULL,
                "a packet from port 8080");
}

/* A backend that is removed is one no more; when it comes back it is. */
STEP_TEST(backend_removed)
{
    struct service_key key = usual_key(4, IPPROTO_TCP);
    struct packet_address address = balancer_lab_backend(4, 0).address;
    struct packet_address stranger = balancer_lab_backend(4, 9).address;
    const char *text = balancer_lab_backend_text(4, 0);

    balancer_lab_add(key, 0, 2);
    lab_note("remove the first of two backends");
    lab_ok(xdp_balancer_remove_backend(balancer, &key, &address));
    for (int i = 0; i < 50; i++)
        lab_equal(balancer_lab_goes(&key, i, PACKET_SYN), 1,
                  "the backend that a flow goes to");
    expect_back(text, PORT, NULL, "a packet from the removed backend");
    lab_note("remove it once more, then one that was never there");
    lab_error(xdp_balancer_remove_backend(balancer, &key, &address), -ENOENT);
    lab_error(xdp_balancer_remove_backend(balancer, &key, &stranger), -ENOENT);
    balancer_lab_set(key, 0, BACKEND_UP);
    expect_back(text, PORT, VIP, "a packet from the backend that came back");
    lab_equal(xdp_balancer_backends(balancer, &key, NULL, NULL, 0), 2,
              "backends of the service");
}

/* A service that is removed takes its backends with it. */
STEP_TEST(service_removed)
{
    struct service_key key = usual_key(4, IPPROTO_TCP);
    struct service_key other = balancer_lab_key(VIP, 81, IPPROTO_TCP);
    struct packet p;

    balancer_lab_add(key, 0, 2);
    balancer_lab_add(other, 2, 1);
    lab_note("remove the service at port 80");
    lab_ok(xdp_balancer_remove_service(balancer, &key));
    lab_error(xdp_balancer_remove_service(balancer, &key), -ENOENT);
    balancer_lab_flow(&p, &key, 1, PACKET_SYN);
    balancer_lab_expect_as_it_is(&p, XDP_PASS, "a packet to it");
    expect_back(balancer_lab_backend_text(4, 0), PORT, NULL,
                "a packet from what was its backend");
    lab_error(xdp_balancer_backends(balancer, &key, NULL, NULL, 0), -ENOENT);
    lab_equal(balancer_lab_goes(&other, 1, PACKET_SYN), 2,
              "the backend of the other service, at port 81");
    lab_note("add it again: it has no backends");
    lab_ok(xdp_balancer_add_service(balancer, &key, SERVICE_NAT));
    lab_equal(balancer_lab_goes(&key, 1, PACKET_SYN), DROPPED,
              "where a packet goes: nowhere");
}

/* What is changed holds from the next packet on. */
STEP_TEST(mac_changed)
{
    struct service_key key = usual_key(4, IPPROTO_TCP);
    struct balancer_backend backend = balancer_lab_backend(4, 0);
    struct path to_vip = balancer_lab_in(4, PORT);
    struct path to_backend = balancer_lab_to_backend(4, PORT, 0);
    struct path from_backend = balancer_lab_from_backend(4, PORT, 0);
    struct path to_client = balancer_lab_out(4, PORT);
    struct shape shape = {.version = 4};
    struct packet in, out;

    balancer_lab_add(key, 0, 1);
    lab_note("the backend has a new network card, and so has the gateway");
    memcpy(backend.mac, "\x02\xab\xcd\xef\x01\x23", 6);
    to_backend.to_mac = "02:ab:cd:ef:01:23";
    lab_ok(xdp_balancer_set_backend(balancer, &key, &backend));
    lab_ok(xdp_balancer_set_gateway(balancer,
                                    (const __u8 *)"\x02\x99\x88\x77\x66\x55"));
    balancer_lab_build(&in, &shape, &to_vip);
    balancer_lab_build(&out, &shape, &to_backend);
    balancer_lab_expect_sent(&in, &out, "a packet to the VIP");
    to_client.to_mac = "02:99:88:77:66:55";
    balancer_lab_build(&in, &shape, &from_backend);
    balancer_lab_build(&out, &shape, &to_client);
    balancer_lab_expect_sent(&in, &out, "a packet from the backend");
}

/* The way back does not ask how a backend is: who drains one waits for its
 * answers, and who is down may have some on the way. */
STEP_TEST(way_back_in_any_state)
{
    static const enum backend_state states[] = {
        BACKEND_DRAINING, BACKEND_DOWN, BACKEND_UP, BACKEND_DOWN, BACKEND_UP};
    struct service_key key = usual_key(4, IPPROTO_TCP);
    balancer_lab_add(key, 0, 1);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        balancer_lab_set(key, 0, states[i]);
        expect_back(balancer_lab_backend_text(4, 0), PORT, VIP,
                    "a packet from it to a client");
    }
    lab_note("another is added, and down");
    balancer_lab_set(key, 1, BACKEND_DOWN);
    expect_back(balancer_lab_backend_text(4, 1), PORT, VIP,
                "a packet from it to a client");
}

/* To Maglev's table a backend is its address: which MAC it has, balancers may
 * learn at different moments. */
STEP_TEST(a_mac_moves_no_flow)
{
    enum { BACKENDS = 10, TRIED = 300 };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    struct balancer_backend backend = balancer_lab_backend(4, 3);
    int before[TRIED];

    balancer_lab_add(key, 0, BACKENDS);
    lab_note("SYNs of %d flows", TRIED);
    for (int i = 0; i < TRIED; i++)
        before[i] = balancer_lab_goes(&key, i, PACKET_SYN);
    lab_note("one of the backends has a new network card");
    memcpy(backend.mac, "\x02\xab\xcd\xef\x01\x23", 6);
    lab_ok(xdp_balancer_set_backend(balancer, &key, &backend));
    for (int i = 0; i < TRIED; i++)
        lab_equal(balancer_lab_goes(&key, i, PACKET_SYN), before[i],
                  "the backend of flow %d, which went there before", i);
}

/* The backends are told as they are, in the order in which they came. */
STEP_TEST(backends_are_told)
{
    struct service_key key = usual_key(6, IPPROTO_UDP);
    struct balancer_backend told[5];
    static const int order[] = {4, 1, 2, 0};

    lab_ok(xdp_balancer_add_service(balancer, &key, SERVICE_NAT));
    lab_note("backends 4, 3, 1, 2 are added; 3 goes, 1 is changed, 0 comes");
    balancer_lab_set(key, 4, BACKEND_UP);
    balancer_lab_set(key, 3, BACKEND_UP);
    balancer_lab_set(key, 1, BACKEND_UP);
    balancer_lab_set(key, 2, BACKEND_DOWN);
    struct packet_address gone = balancer_lab_backend(6, 3).address;
    lab_ok(xdp_balancer_remove_backend(balancer, &key, &gone));
    balancer_lab_set(key, 1, BACKEND_DRAINING);
    balancer_lab_set(key, 0, BACKEND_UP);
    memset(told, 0xa5, sizeof told);
    lab_equal(xdp_balancer_backends(balancer, &key, told, NULL, 5), 4,
              "backends of the service");
    for (int i = 0; i < 4; i++) {
        struct balancer_backend should = balancer_lab_backend(6, order[i]);
        lab_check(memcmp(&told[i].address, &should.address,
                         sizeof should.address) == 0,
                  "backends are told in the order in which they came: 4, 1, "
                  "2, 0");
        lab_check(memcmp(told[i].mac, should.mac, 6) == 0 &&
                      told[i].weight == should.weight,
                  "a backend is told with its MAC and its weight");
    }
    lab_same_number(told[1].state, BACKEND_DRAINING, "the state of backend 1");
    lab_same_number(told[2].state, BACKEND_DOWN, "the state of backend 2");
    lab_note("room for two");
    memset(told, 0xa5, sizeof told);
    lab_equal(xdp_balancer_backends(balancer, &key, told, NULL, 2), 4,
              "backends of the service");
    lab_same_number(told[2].weight, 0xa5a5a5a5,
                    "what stands behind the room that was given");
}

/* ---- Counts ---- */

static struct balancer_count sent_to(const struct service_key *key, int nth)
{
    struct balancer_backend told[8];
    struct balancer_count sent[8];
    memset(sent, 0xa5, sizeof sent);
    int count = lab_ok(xdp_balancer_backends(balancer, key, told, sent, 8));
    lab_at_least(count, nth + 1, "backends of the service");
    return sent[nth];
}

/* What each backend was sent, on all processors, since it was added. */
STEP_TEST(sent_is_counted)
{
    struct service_key key = usual_key(4, IPPROTO_TCP);
    struct packet_address address = balancer_lab_backend(4, 0).address;
    struct packet p;
    int packets = 0;

    balancer_lab_add(key, 0, 1);
    balancer_lab_flow(&p, &key, 0, PACKET_SYN);
    for (int i = 0; i < bpf_lab_processors(); i++) {
        bpf_lab_run_on(i);
        for (int n = 0; n < 3; n++, packets++)
            lab_equal(balancer_lab_where(balancer_program, &p), 0,
                      "the backend that a packet goes to");
    }
    lab_note("%s, on %s", lab_count(packets, "packet"),
             lab_count(bpf_lab_processors(), "processor"));
    lab_equal(sent_to(&key, 0).packets, packets, "packets sent to the backend");
    lab_equal(sent_to(&key, 0).bytes, packets * (int)p.len,
              "bytes sent to the backend");
    balancer_lab_set(key, 0, BACKEND_DRAINING);
    lab_equal(sent_to(&key, 0).packets, packets,
              "packets sent to the backend, which is draining now");
    lab_note("it is removed, and added again");
    lab_ok(xdp_balancer_remove_backend(balancer, &key, &address));
    balancer_lab_set(key, 0, BACKEND_UP);
    lab_equal(sent_to(&key, 0).packets, 0, "packets sent since then");
}

/* Bytes are those of the frames, as they came in. */
STEP_TEST(bytes_are_counted)
{
    struct balancer_count counts[BALANCER_VERDICTS];
    struct packet p;
    struct service_key key = usual_key(4, IPPROTO_TCP);
    balancer_lab_add(key, 0, 1);
    balancer_lab_flow(&p, &key, 0, PACKET_SYN);
    bpf_lab_expect(balancer_program, &p, XDP_TX, "a packet to the VIP");
    size_t len = p.len;
    packet_build(&p, eth(.from = GATEWAY_MAC, .to = BALANCER_MAC), arp());
    bpf_lab_expect(balancer_program, &p, XDP_PASS, "ARP");
    lab_ok(xdp_balancer_verdicts(balancer, counts));
    lab_equal(counts[BALANCER_FORWARDED].bytes, len,
              "bytes under BALANCER_FORWARDED");
    lab_equal(counts[BALANCER_PASSED].bytes, p.len,
              "bytes under BALANCER_PASSED");
}

/* ---- What is refused ---- */

/* What is no service. */
STEP_TEST(no_service)
{
    struct service_key key = usual_key(4, IPPROTO_TCP);
    struct service_key icmp_key = key, any_port = key, version_5 = key;
    struct balancer_backend backend = balancer_lab_backend(4, 0);

    icmp_key.protocol = IPPROTO_ICMP;
    any_port.port = 0;
    version_5.version = 5;
    lab_note("services of ICMP, of port 0, of IP version 5");
    lab_error(xdp_balancer_add_service(balancer, &icmp_key, SERVICE_NAT),
              -EINVAL);
    lab_error(xdp_balancer_add_service(balancer, &any_port, SERVICE_NAT),
              -EINVAL);
    lab_error(xdp_balancer_add_service(balancer, &version_5, SERVICE_NAT),
              -EINVAL);
    lab_note("backends of a service that is not there");
    lab_error(xdp_balancer_set_backend(balancer, &key, &backend), -ENOENT);
    lab_error(xdp_balancer_remove_backend(balancer, &key, &backend.address),
              -ENOENT);
    lab_error(xdp_balancer_backends(balancer, &key, NULL, NULL, 0), -ENOENT);
    balancer_lab_add(key, 0, 1);
    lab_note("add it once more");
    lab_error(xdp_balancer_add_service(balancer, &key, SERVICE_NAT), -EEXIST);
    lab_equal(balancer_lab_goes(&key, 1, PACKET_SYN), 0,
              "the backend that a packet goes to");
}

/* A weight out of range changes nothing. */
STEP_TEST(no_weight)
{
    struct service_key key = usual_key(4, IPPROTO_TCP);
    struct balancer_backend backend = balancer_lab_backend(4, 0);
    balancer_lab_add(key, 0, 2);
    for (int i = 0; i < 2; i++) {
        backend.weight = i == 0 ? 0 : MAGLEV_WEIGHT_MAX + 1;
        backend.state = BACKEND_DOWN;
        lab_note("a backend of weight %s, down", lab_number(backend.weight));
        lab_error(xdp_balancer_set_backend(balancer, &key, &backend), -EINVAL);
        struct balancer_backend told;
        lab_equal(xdp_balancer_backends(balancer, &key, &told, NULL, 1), 2,
                  "backends of the service");
        lab_equal(told.weight, 10, "the weight of the first");
        lab_same_number(told.state, BACKEND_UP, "the state of the first");
    }
}

/* An address that answers for two services would have two ways back. */
STEP_TEST(two_ways_back)
{
    struct service_key one = usual_key(4, IPPROTO_TCP);
    struct service_key same_port =
        balancer_lab_key("10.0.0.99", PORT, IPPROTO_TCP);
    struct service_key other_port =
        balancer_lab_key("10.0.0.99", 81, IPPROTO_TCP);
    struct service_key over_udp =
        balancer_lab_key("10.0.0.99", PORT, IPPROTO_UDP);
    struct balancer_backend backend = balancer_lab_backend(4, 0);

    balancer_lab_add(one, 0, 1);
    balancer_lab_add(same_port, 1, 0);
    balancer_lab_add(other_port, 1, 0);
    balancer_lab_add(over_udp, 1, 0);
    lab_note("its backend for 10.0.0.99 as well");
    lab_error(xdp_balancer_set_backend(balancer, &same_port, &backend),
              -EEXIST);
    lab_equal(xdp_balancer_backends(balancer, &same_port, NULL, NULL, 0), 0,
              "backends of that service");
    lab_note("at another port, and over UDP");
    lab_ok(xdp_balancer_set_backend(balancer, &other_port, &backend));
    lab_ok(xdp_balancer_set_backend(balancer, &over_udp, &backend));
    lab_note("when the first service has it no more");
    lab_ok(xdp_balancer_remove_backend(balancer, &one, &backend.address));
    lab_ok(xdp_balancer_set_backend(balancer, &same_port, &backend));
    expect_back(balancer_lab_backend_text(4, 0), PORT, "10.0.0.99",
                "a packet from its backend");
}

/* So many services, and no more. */
STEP_TEST(services_full)
{
    struct service_key key;
    lab_note("%s services", lab_number(BALANCER_SERVICES_MAX));
    for (int i = 0; i < BALANCER_SERVICES_MAX; i++) {
        key = balancer_lab_key(VIP, 1000 + i, IPPROTO_TCP);
        lab_ok(xdp_balancer_add_service(balancer, &key, SERVICE_NAT));
    }
    struct balancer_backend backend = balancer_lab_backend(4, 0);
    lab_ok(xdp_balancer_set_backend(balancer, &key, &backend));
    lab_equal(balancer_lab_goes(&key, 1, PACKET_SYN), 0,
              "the backend of the last service");
    lab_note("one more");
    struct service_key more = balancer_lab_key(VIP, 999, IPPROTO_TCP);
    lab_error(xdp_balancer_add_service(balancer, &more, SERVICE_NAT), -ENOSPC);
    lab_note("one less, and one more");
    lab_ok(xdp_balancer_remove_service(balancer, &key));
    lab_ok(xdp_balancer_add_service(balancer, &more, SERVICE_NAT));
    lab_equal(balancer_lab_goes(&more, 1, PACKET_SYN), DROPPED,
              "where a packet to it goes: nowhere, as it has no backend");
}

/* Fill a service with backends that are down, so that no table is made. */
static void fill(const struct service_key *key, int first, int count)
{
    lab_note("%s, down", lab_count(count, "backend"));
    for (int i = first; i < first + count; i++) {
        struct balancer_backend backend = balancer_lab_backend(4, i);
        backend.state = BACKEND_DOWN;
        lab_ok(xdp_balancer_set_backend(balancer, key, &backend));
    }
}

/* So many backends in a service, and in all, and no more. */
STEP_TEST(backends_full)
{
    struct service_key one = usual_key(4, IPPROTO_TCP);
    struct service_key other = balancer_lab_key(VIP, 81, IPPROTO_TCP);
    int rest = BALANCER_BACKENDS_MAX - MAGLEV_BACKENDS_MAX;
    struct balancer_backend more = balancer_lab_backend(4, 1023);

    balancer_lab_add(one, 0, 0);
    balancer_lab_add(other, 0, 0);
    fill(&one, 0, MAGLEV_BACKENDS_MAX);
    lab_note("one more in this service");
    lab_error(xdp_balancer_set_backend(balancer, &one, &more), -ENOSPC);
    lab_note("one of its own is brought up: that is no more");
    balancer_lab_set(one, 17, BACKEND_UP);
    lab_equal(balancer_lab_goes(&one, 1, PACKET_SYN), 17,
              "the backend that a packet goes to");
    fill(&other, MAGLEV_BACKENDS_MAX, rest - 1);
    fill(&other, 0, 1);
    lab_note("one more in all");
    lab_error(xdp_balancer_set_backend(balancer, &other, &more), -ENOSPC);
    struct packet_address gone = balancer_lab_backend(4, 5).address;
    lab_note("one less, and one more");
    lab_ok(xdp_balancer_remove_backend(balancer, &one, &gone));
    lab_ok(xdp_balancer_set_backend(balancer, &other, &more));
}

/* ---- While packets come ---- */

static void send_new(int number, void *key)
{
    if (balancer_lab_goes(key, number % 50000, PACKET_SYN) == DROPPED)
        lab_fail("packet %s is lost", lab_number(number));
}

/* A third backend comes and goes sixty times; of the packets that are
 * meanwhile sent none is lost. */
STEP_TEST(no_packet_meets_half_a_change)
{
    struct service_key key = usual_key(4, IPPROTO_TCP);

    balancer_lab_add(key, 0, 2);
    balancer_lab_change_meanwhile(&key, 2, 60, send_new, &key);
}

/* ---- What changes cost ---- */

/* Of AddressSanitizer's library: what is allocated and not freed. */
__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

static intmax_t allocated(void)
{
    if (__sanitizer_get_current_allocated_bytes != NULL)
        return (intmax_t)__sanitizer_get_current_allocated_bytes();
    return (intmax_t)mallinfo2().uordblks;
}

/* A backend comes, goes down, and leaves; and so does a service. */
static void come_and_go(const struct service_key *key, int times)
{
    struct service_key other = balancer_lab_key(VIP, 81, IPPROTO_TCP);
    struct balancer_backend backend = balancer_lab_backend(4, 0);
    for (int i = 0; i < times; i++) {
        backend.weight = 1 + (__u32)i % 5;
        backend.state = BACKEND_UP;
        lab_ok(xdp_balancer_set_backend(balancer, key, &backend));
        backend.state = BACKEND_DOWN;
        lab_ok(xdp_balancer_set_backend(balancer, key, &backend));
        lab_ok(xdp_balancer_remove_backend(balancer, key, &backend.address));
        lab_ok(xdp_balancer_add_service(balancer, &other, SERVICE_NAT));
        lab_ok(xdp_balancer_remove_service(balancer, &other));
    }
}

#define ROUNDS 60
#define KEPT_BYTES_MAX 1024

/* A balancer runs for years: a change keeps nothing of what was before. */
STEP_TEST(changes_keep_no_memory)
{
    struct service_key key = usual_key(4, IPPROTO_TCP);
    balancer_lab_add(key, 0, 0);
    come_and_go(&key, 3); /* what is there once and for all */
    intmax_t before = allocated();
    lab_note("%d times a backend and a service come and go", ROUNDS);
    come_and_go(&key, ROUNDS);
    lab_at_most(allocated() - before, KEPT_BYTES_MAX,
                "bytes of memory that are allocated, more than before");
}

/* ---- More than one ---- */

/* Two balancers in one process know nothing of each other. */
STEP_TEST(two_balancers)
{
    struct service_key key = usual_key(4, IPPROTO_TCP);
    struct xdp_balancer *other = balancer_lab_another(1, 1024);
    struct packet p;
    balancer_lab_add(key, 0, 1);
    balancer_lab_flow(&p, &key, 1, PACKET_SYN);
    bpf_lab_expect(xdp_balancer_program(other), &p, XDP_PASS,
                   "by a balancer that has no services");
    xdp_balancer_close(other);
    lab_equal(balancer_lab_goes(&key, 1, PACKET_SYN), 0,
              "the backend that a packet goes to");
}

/* When it is closed nothing of it is left in the kernel. */
STEP_TEST(nothing_is_left)
{
    struct bpf_left before, after;
    bpf_lab_count(&before);
    struct xdp_balancer *other = balancer_lab_another(1, 1024);
    xdp_balancer_close(other);
    xdp_balancer_close(NULL);
    bpf_lab_count(&after);
    lab_equal(after.programs, before.programs, "programs that we hold");
    lab_equal(after.maps, before.maps, "maps that we hold");
    lab_equal(after.links, before.links, "attachments that we hold");
}

void book_tests(void)
{
    lab_test(one_backend_of_two_services);
    lab_test(backend_removed);
    lab_test(service_removed);
    lab_test(mac_changed);
    lab_test(way_back_in_any_state);
    lab_test(a_mac_moves_no_flow);
    lab_test(backends_are_told);
    lab_test(sent_is_counted);
    lab_test(bytes_are_counted);
    lab_test(no_service);
    lab_test(no_weight);
    lab_test(two_ways_back);
    lab_test(services_full);
    lab_test(backends_full);
    lab_test(no_packet_meets_half_a_change);
    lab_test(changes_keep_no_memory);
    lab_test(two_balancers);
    lab_test(nothing_is_left);
}
