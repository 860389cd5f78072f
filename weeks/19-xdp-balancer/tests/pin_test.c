/*
 * pin_test.c: week 19, step 6: a connection stays with its backend.
 *
 * Where the table would send a packet is asked with a SYN of the same flow:
 * rule 7 says that it goes there. What is remembered is seen where the table
 * says something else.
 */
#include "balancer_lab.h"
#include "steps.h"

#define ACK PACKET_ACK
#define SYN PACKET_SYN

static struct service_key usual_key(int version, int protocol)
{
    return balancer_lab_key(version == 6 ? VIP_V6 : VIP, PORT, protocol);
}

/* Packets of the flows from `first` on: each is remembered now. Fails if one
 * is dropped. */
static void talk(const struct service_key *key, int first, int count,
                 int *backends)
{
    lab_note("a packet each of %s, no SYNs", lab_count(count, "connection"));
    for (int i = 0; i < count; i++) {
        int index = balancer_lab_goes(key, first + i, ACK);
        if (index == DROPPED)
            lab_fail("a packet of connection %d is dropped", first + i);
        if (backends != NULL)
            backends[i] = index;
    }
}

/* How many of the flows still go to this backend. */
static int count_at(const struct service_key *key, int first, int count,
                    int backend)
{
    int at = 0;
    for (int i = first; i < first + count; i++)
        at += balancer_lab_goes(key, i, ACK) == backend;
    return at;
}

/* Backend 0 keeps what it has; the table has backend 1 alone. */
static void let_the_second_take_over(struct service_key key)
{
    balancer_lab_set(key, 1, BACKEND_UP);
    balancer_lab_set(key, 0, BACKEND_DRAINING);
}

/* ---- A connection ---- */

static void try_one(int version, int protocol)
{
    struct service_key key = usual_key(version, protocol);
    balancer_lab_add(key, 0, 1);
    talk(&key, 0, 1, NULL);
    let_the_second_take_over(key);
    lab_equal(balancer_lab_goes(&key, 0, ACK), 0,
              "the backend of the connection");
    lab_equal(balancer_lab_goes(&key, 1, ACK), 1,
              "the backend of one that is new");
}

/* It stays where it is when the table says something else: TCP and UDP, over
 * both versions. */
STEP_TEST(a_connection_stays)
{
    try_one(4, IPPROTO_TCP);
    try_one(4, IPPROTO_UDP);
    try_one(6, IPPROTO_TCP);
    try_one(6, IPPROTO_UDP);
}

/* Others may come and go as they like. */
STEP_TEST(others_come_and_go)
{
    enum { CONNECTIONS = 120 };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    int backends[CONNECTIONS];
    balancer_lab_add(key, 0, 4);
    talk(&key, 0, CONNECTIONS, backends);
    for (int i = 4; i < 8; i++)
        balancer_lab_set(key, i, BACKEND_UP);
    balancer_lab_set(key, 3, BACKEND_DRAINING);
    struct packet_address gone = balancer_lab_backend(4, 2).address;
    lab_note("backend 2 is removed");
    lab_ok(xdp_balancer_remove_backend(balancer, &key, &gone));
    for (int i = 0; i < CONNECTIONS; i++) {
        int index = balancer_lab_goes(&key, i, ACK);
        if (backends[i] != 2)
            lab_equal(index, backends[i], "the backend of connection %d", i);
        else if (index == 2 || index == 3 || index == DROPPED)
            lab_fail("connection %d, whose backend was removed, goes to one "
                     "that is up",
                     i);
    }
}

/* A backend with another weight, or another MAC, is the same backend. */
STEP_TEST(changed_is_the_same)
{
    enum { CONNECTIONS = 100 };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    struct balancer_backend first = balancer_lab_backend(4, 0);
    int backends[CONNECTIONS];
    struct bpf_answer answer;
    struct packet p;

    balancer_lab_add(key, 0, 4);
    talk(&key, 0, CONNECTIONS, backends);
    lab_note("backend 0 has another weight, and another MAC");
    first.weight = 1;
    memcpy(first.mac, "\x02\xab\xcd\xef\x01\x23", 6);
    lab_ok(xdp_balancer_set_backend(balancer, &key, &first));
    for (int i = 0; i < CONNECTIONS; i++) {
        lab_equal(balancer_lab_goes(&key, i, ACK), backends[i],
                  "the backend of connection %d", i);
        if (backends[i] != 0)
            continue;
        balancer_lab_flow(&p, &key, i, ACK);
        bpf_lab_run_quietly(balancer_program, &p, &answer);
        lab_same_bytes(answer.packet.bytes, 6, first.mac, 6,
                       "the MAC that a packet of its is sent to");
    }
}

/* One processor knows what the other has seen. */
STEP_TEST(on_any_processor)
{
    enum { CONNECTIONS = 100 };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    int processors = bpf_lab_processors();
    balancer_lab_add(key, 0, 1);
    for (int i = 0; i < processors; i++) {
        bpf_lab_run_on(i);
        talk(&key, i * CONNECTIONS, CONNECTIONS, NULL);
        if (i == 3)
            break;
    }
    let_the_second_take_over(key);
    lab_note("their next packets, on another processor");
    for (int i = 0; i < processors && i <= 3; i++) {
        bpf_lab_run_on((i + 1) % processors);
        lab_equal(count_at(&key, i * CONNECTIONS, CONNECTIONS, 0), CONNECTIONS,
                  "connections that stay with their backend");
    }
}

/* The same client at two services is two connections. */
STEP_TEST(a_client_of_several_services)
{
    enum { CONNECTIONS = 50 };
    struct service_key tcp_key = usual_key(4, IPPROTO_TCP);
    struct service_key udp_key = usual_key(4, IPPROTO_UDP);
    struct service_key port_81 = balancer_lab_key(VIP, 81, IPPROTO_TCP);
    struct service_key other_vip =
        balancer_lab_key("10.0.0.81", PORT, IPPROTO_TCP);
    balancer_lab_add(tcp_key, 0, 1);
    balancer_lab_add(udp_key, 1, 1);
    balancer_lab_add(port_81, 2, 1);
    balancer_lab_add(other_vip, 3, 1);
    lab_note("the same clients and ports, to all four, twice");
    for (int i = 0; i < 2 * CONNECTIONS; i++) {
        int client = i % CONNECTIONS;
        lab_equal(balancer_lab_goes(&tcp_key, client, ACK), 0,
                  "the backend of TCP, port 80");
        lab_equal(balancer_lab_goes(&udp_key, client, ACK), 1,
                  "the backend of UDP, port 80");
        lab_equal(balancer_lab_goes(&port_81, client, ACK), 2,
                  "the backend of TCP, port 81");
        lab_equal(balancer_lab_goes(&other_vip, client, ACK), 3,
                  "the backend of TCP, port 80 of another VIP");
    }
}

/* ---- SYNs ---- */

/* A SYN is not remembered: until the next packet the table decides. */
STEP_TEST(a_syn_is_not_remembered)
{
    struct service_key key = usual_key(4, IPPROTO_TCP);
    balancer_lab_add(key, 0, 1);
    lab_equal(balancer_lab_goes(&key, 0, SYN), 0, "the backend of a SYN");
    let_the_second_take_over(key);
    lab_equal(balancer_lab_goes(&key, 0, ACK), 1,
              "the backend of the first packet that is no SYN");
    balancer_lab_set(key, 0, BACKEND_UP);
    balancer_lab_set(key, 1, BACKEND_DRAINING);
    lab_equal(balancer_lab_goes(&key, 0, ACK), 1,
              "the backend of the connection, which is remembered now");
}

#define HALF (BALANCER_LAB_CONNECTIONS / 2)
#define NEARLY_HALF (HALF * 99 / 100)

/* Half of what there is room for is remembered: 99 % of it at least. */
STEP_TEST(half_of_them_fit)
{
    struct service_key key = usual_key(4, IPPROTO_TCP);
    balancer_lab_add(key, 0, 1);
    bpf_lab_run_on(0);
    talk(&key, 0, HALF, NULL);
    let_the_second_take_over(key);
    lab_at_least(count_at(&key, 0, HALF, 0), NEARLY_HALF,
                 "of 512 connections, where there is room for 1,024, those "
                 "that stay with their backend");
}

/* A number that is no power of two; and nine tenths of it. */
#define ODD_CONNECTIONS 1500
#define MOST (ODD_CONNECTIONS * 9 / 10)

/* Nearly as many as were asked for are remembered. Nobody is up when that is
 * counted: so none who was forgotten is taken in again, and throws out others.
 */
STEP_TEST(most_of_them_fit)
{
    struct service_key key = usual_key(4, IPPROTO_TCP);
    balancer_lab_close();
    lab_note("a balancer that is to remember %s connections",
             lab_number(ODD_CONNECTIONS));
    balancer = balancer_lab_another(balancer_lab_seed(), ODD_CONNECTIONS);
    balancer_program = lab_ok(xdp_balancer_program(balancer));
    balancer_lab_add(key, 0, 1);
    bpf_lab_run_on(0);
    talk(&key, 0, MOST, NULL);
    balancer_lab_set(key, 0, BACKEND_DRAINING);
    lab_at_least(count_at(&key, 0, MOST, 0), MOST * 9 / 10,
                 "of 1,350 connections, where there is room for 1,500, those "
                 "that stay with their backend");
}

/* A flood of SYNs throws nobody out. */
STEP_TEST(a_flood_of_syns)
{
    struct service_key key = usual_key(4, IPPROTO_TCP);
    balancer_lab_add(key, 0, 1);
    bpf_lab_run_on(0);
    talk(&key, 0, HALF, NULL);
    lab_note("%s SYNs of others", lab_number(4 * BALANCER_LAB_CONNECTIONS));
    for (int i = 0; i < 4 * BALANCER_LAB_CONNECTIONS; i++)
        balancer_lab_goes(&key, HALF + i, SYN);
    let_the_second_take_over(key);
    lab_at_least(count_at(&key, 0, HALF, 0), NEARLY_HALF,
                 "of 512 connections, where there is room for 1,024, those "
                 "that stay with their backend");
}

/* A client uses its port again: the new connection goes where the table says,
 * and its packets with it. */
STEP_TEST(a_port_is_used_again)
{
    enum { CONNECTIONS = 100 };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    balancer_lab_add(key, 0, 1);
    talk(&key, 0, CONNECTIONS, NULL);
    let_the_second_take_over(key);
    lab_note("each client opens a new connection from the same port");
    for (int i = 0; i < CONNECTIONS; i++) {
        lab_equal(balancer_lab_goes(&key, i, SYN), 1, "the backend of its SYN");
        lab_equal(balancer_lab_goes(&key, i, ACK), 1,
                  "the backend of what follows");
    }
    balancer_lab_set(key, 0, BACKEND_UP);
    balancer_lab_set(key, 1, BACKEND_DRAINING);
    lab_equal(count_at(&key, 0, CONNECTIONS, 1), CONNECTIONS,
              "new connections that stay with their backend");
}

/* ---- Backends that go ---- */

/* A draining backend keeps its connections and gets no new ones; where all are
 * draining there is nobody for those. */
STEP_TEST(draining)
{
    enum { CONNECTIONS = 100 };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    balancer_lab_add(key, 0, 1);
    talk(&key, 0, CONNECTIONS, NULL);
    balancer_lab_set(key, 0, BACKEND_DRAINING);
    lab_equal(count_at(&key, 0, CONNECTIONS, 0), CONNECTIONS,
              "connections that stay with the draining backend");
    lab_equal(balancer_lab_goes(&key, 1000, SYN), DROPPED,
              "where a new connection goes: nowhere");
    balancer_lab_set(key, 0, BACKEND_UP);
    lab_equal(count_at(&key, 0, CONNECTIONS, 0), CONNECTIONS,
              "connections that are with the backend, up again");
}

/* One that is down has none; they go where the table says, and stay there. */
STEP_TEST(down)
{
    enum { CONNECTIONS = 100 };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    balancer_lab_add(key, 0, 1);
    talk(&key, 0, CONNECTIONS, NULL);
    balancer_lab_set(key, 0, BACKEND_DOWN);
    lab_equal(count_at(&key, 0, CONNECTIONS, DROPPED), CONNECTIONS,
              "connections to a backend that is down, with no other: dropped");
    balancer_lab_set(key, 1, BACKEND_UP);
    lab_equal(count_at(&key, 0, CONNECTIONS, 1), CONNECTIONS,
              "connections that go to the other backend");
    balancer_lab_set(key, 0, BACKEND_UP);
    balancer_lab_set(key, 1, BACKEND_DRAINING);
    lab_equal(count_at(&key, 0, CONNECTIONS, 1), CONNECTIONS,
              "connections that stay there, with the first one up again");
}

/* A check that failed for a moment parts nobody: who sent nothing meanwhile
 * finds its backend up again. */
STEP_TEST(down_and_up_again)
{
    enum { CONNECTIONS = 100 };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    balancer_lab_add(key, 0, 1);
    talk(&key, 0, CONNECTIONS, NULL);
    balancer_lab_set(key, 0, BACKEND_DOWN);
    balancer_lab_set(key, 0, BACKEND_UP);
    let_the_second_take_over(key);
    lab_equal(count_at(&key, 0, CONNECTIONS, 0), CONNECTIONS,
              "connections that stay with their backend, which was down while "
              "they were silent");
}

/* A connection goes where a SYN of it would. */
static void expect_by_table(const struct service_key *key, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        int index = balancer_lab_goes(key, i, ACK);
        lab_equal(index, balancer_lab_goes(key, i, SYN),
                  "the backend of connection %d, whose own was removed; what "
                  "the table says",
                  i);
    }
}

static void replace(struct service_key key, int gone, int added)
{
    struct packet_address address =
        balancer_lab_backend(key.version, gone).address;
    struct balancer_backend backend = balancer_lab_backend(key.version, added);
    lab_ok(xdp_balancer_remove_backend(balancer, &key, &address));
    lab_ok(xdp_balancer_set_backend(balancer, &key, &backend));
}

/* Whoever comes after a removed backend does not inherit its connections. */
STEP_TEST(removed_and_another_added)
{
    enum { CONNECTIONS = 100 };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    balancer_lab_add(key, 0, 1);
    talk(&key, 0, CONNECTIONS, NULL);
    balancer_lab_set(key, 1, BACKEND_UP);
    lab_note("backend 0 is removed; backend 2 is added");
    replace(key, 0, 2);
    expect_by_table(&key, 0, CONNECTIONS);
}

/* Nor after hundreds that came and went. Nobody is up, so that a packet which
 * follows nobody is dropped; draining, they are alive, and in no table. */
STEP_TEST(removed_and_hundreds_added)
{
    enum { CONNECTIONS = 20, OWNERS = 300 };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    struct packet_address gone = balancer_lab_backend(4, 0).address;
    balancer_lab_add(key, 0, 1);
    talk(&key, 0, CONNECTIONS, NULL);
    lab_note("backend 0 is removed; 1 is added, draining, and removed; 2, and "
             "so on to %d",
             OWNERS);
    for (int i = 1; i <= OWNERS; i++) {
        struct balancer_backend backend = balancer_lab_backend(4, i);
        backend.state = BACKEND_DRAINING;
        lab_ok(xdp_balancer_remove_backend(balancer, &key, &gone));
        lab_ok(xdp_balancer_set_backend(balancer, &key, &backend));
        gone = backend.address;
        /* Those that would go wrong are only those that meet the same age. */
        if (i >= 250 && i <= 260)
            lab_equal(count_at(&key, 0, CONNECTIONS, DROPPED), CONNECTIONS,
                      "connections that follow nobody, with backend %d there",
                      i);
    }
}

/* Draining backends: they are alive, and in no table. */
static void fill_with_draining(struct service_key key, int first, int count)
{
    balancer_lab_add(key, first, 0);
    lab_note("%s, draining", lab_count(count, "backend"));
    for (int i = first; i < first + count; i++) {
        struct balancer_backend backend = balancer_lab_backend(4, i);
        backend.state = BACKEND_DRAINING;
        lab_ok(xdp_balancer_set_backend(balancer, &key, &backend));
    }
}

/* Nor when there are as many others as there can be, so that whatever number
 * it may have had is somebody's again. */
STEP_TEST(removed_and_all_numbers_given)
{
    enum { CONNECTIONS = 20 };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    struct packet_address address = balancer_lab_backend(4, 0).address;
    int others = BALANCER_BACKENDS_MAX - 1;
    balancer_lab_add(key, 0, 1);
    talk(&key, 0, CONNECTIONS, NULL);
    balancer_lab_set(key, 1, BACKEND_UP);
    lab_note("backend 0 is removed; %s others are added to other services",
             lab_number(others));
    lab_ok(xdp_balancer_remove_backend(balancer, &key, &address));
    fill_with_draining(balancer_lab_key(VIP, 81, IPPROTO_TCP), 2,
                       MAGLEV_BACKENDS_MAX);
    fill_with_draining(balancer_lab_key(VIP, 82, IPPROTO_TCP),
                       2 + MAGLEV_BACKENDS_MAX, others - MAGLEV_BACKENDS_MAX);
    lab_equal(count_at(&key, 0, CONNECTIONS, 1), CONNECTIONS,
              "connections that go to the backend that is left");
}

/* Nor in another service. */
STEP_TEST(removed_and_added_elsewhere)
{
    enum { CONNECTIONS = 100 };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    struct service_key other = balancer_lab_key(VIP, 81, IPPROTO_TCP);
    struct packet_address address = balancer_lab_backend(4, 0).address;
    balancer_lab_add(key, 0, 1);
    balancer_lab_add(other, 5, 0);
    talk(&key, 0, CONNECTIONS, NULL);
    balancer_lab_set(key, 1, BACKEND_UP);
    lab_note("backend 0 is removed, and another added to another service");
    lab_ok(xdp_balancer_remove_backend(balancer, &key, &address));
    balancer_lab_set(other, 5, BACKEND_UP);
    lab_equal(count_at(&key, 0, CONNECTIONS, 1), CONNECTIONS,
              "connections that go to the backend that is left");
}

/* A service that comes again has no connections of before. */
STEP_TEST(service_removed_and_added)
{
    enum { CONNECTIONS = 100 };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    balancer_lab_add(key, 0, 2);
    talk(&key, 0, CONNECTIONS, NULL);
    lab_note("the service is removed");
    lab_ok(xdp_balancer_remove_service(balancer, &key));
    balancer_lab_add(key, 2, 3);
    expect_by_table(&key, 0, CONNECTIONS);
}

/* ---- Room ---- */

/* However many there were: who comes now is remembered. */
STEP_TEST(more_than_there_is_room_for)
{
    enum { TRIED = 20 };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    int stayed = 0;
    balancer_lab_add(key, 0, 2);
    bpf_lab_run_on(0);
    talk(&key, 0, 20 * BALANCER_LAB_CONNECTIONS, NULL);
    lab_note("%d new connections, each with a packet before and one after its "
             "backend is draining",
             TRIED);
    for (int i = 0; i < TRIED; i++) {
        struct balancer_backend backend;
        int flow = 20 * BALANCER_LAB_CONNECTIONS + i;
        int index = balancer_lab_goes(&key, flow, ACK);
        backend = balancer_lab_backend(4, index);
        backend.state = BACKEND_DRAINING;
        lab_ok(xdp_balancer_set_backend(balancer, &key, &backend));
        stayed += balancer_lab_goes(&key, flow, ACK) == index;
        backend.state = BACKEND_UP;
        lab_ok(xdp_balancer_set_backend(balancer, &key, &backend));
    }
    lab_equal(stayed, TRIED, "new connections that stay with their backend");
}

/* What is not remembered any more is bounded: eight times what was asked for.
 */
STEP_TEST(room_is_bounded)
{
    enum { CONNECTIONS = 20 * BALANCER_LAB_CONNECTIONS };
    struct service_key key = usual_key(4, IPPROTO_TCP);
    balancer_lab_add(key, 0, 1);
    bpf_lab_run_on(0);
    talk(&key, 0, CONNECTIONS, NULL);
    let_the_second_take_over(key);
    lab_at_most(count_at(&key, 0, CONNECTIONS, 0), 8 * BALANCER_LAB_CONNECTIONS,
                "connections that are still remembered, where room for 1,024 "
                "was asked for");
}

/* ---- While packets come ---- */

/* Connections, and the backend that each of them has. */
#define TALKING 120
struct talking {
    struct service_key key;
    int backends[TALKING];
};

static void send_on(int number, void *context)
{
    struct talking *t = context;
    int i = number % TALKING;

    lab_equal(balancer_lab_goes(&t->key, i, ACK), t->backends[i],
              "the backend of a packet that comes meanwhile");
}

/* Another backend comes and goes forty times; meanwhile each packet of each
 * connection goes where it went. */
STEP_TEST(changes_while_packets_come)
{
    struct talking t = {.key = usual_key(4, IPPROTO_TCP)};

    balancer_lab_add(t.key, 0, 3);
    talk(&t.key, 0, TALKING, t.backends);
    balancer_lab_change_meanwhile(&t.key, 3, 40, send_on, &t);
}

void pin_step(void)
{
    lab_step("pin");
    lab_fixture(balancer_lab_open, balancer_lab_close);
    lab_test(a_connection_stays);
    lab_test(others_come_and_go);
    lab_test(changed_is_the_same);
    lab_test(on_any_processor);
    lab_test(a_client_of_several_services);
    lab_test(a_syn_is_not_remembered);
    lab_test(half_of_them_fit);
    lab_test(most_of_them_fit);
    lab_test(a_flood_of_syns);
    lab_test(a_port_is_used_again);
    lab_test(draining);
    lab_test(down);
    lab_test(down_and_up_again);
    lab_test(removed_and_another_added);
    lab_test(removed_and_hundreds_added);
    lab_test(removed_and_all_numbers_given);
    lab_test(removed_and_added_elsewhere);
    lab_test(service_removed_and_added);
    lab_test(more_than_there_is_room_for);
    lab_test(room_is_bounded);
    lab_test(changes_while_packets_come);
}
