/*
 * reload_test.c: week 19, step 9: another set of backends in one change.
 */
#include "balancer_lab.h"
#include "steps.h"

#include <pthread.h>
#include <stdio.h>

#define ACK PACKET_ACK
#define SYN PACKET_SYN

#define SET_MAX 16

static struct service_key usual_key(void)
{
    return balancer_lab_key(VIP, PORT, IPPROTO_TCP);
}

/* ---- Sets ---- */

struct set {
    int count;
    int indexes[SET_MAX];
};

#define SET(...) \
    ((struct set){sizeof((int[]){__VA_ARGS__}) / sizeof(int), {__VA_ARGS__}})

static int replace_silently(const struct service_key *key,
                            const struct set *set)
{
    struct balancer_backend backends[SET_MAX];
    for (int i = 0; i < set->count; i++)
        backends[i] = balancer_lab_backend(key->version, set->indexes[i]);
    return xdp_balancer_replace_backends(balancer, key, backends,
                                         (size_t)set->count);
}

static void replace(const struct service_key *key, struct set set)
{
    char text[128] = "";
    int len = 0;
    for (int i = 0; i < set.count; i++)
        len += snprintf(text + len, sizeof text - (size_t)len, " %d",
                        set.indexes[i]);
    lab_note("make these its backends:%s", text);
    lab_ok(replace_silently(key, &set));
}

static void expect_told(const struct service_key *key, struct set set)
{
    struct balancer_backend told[SET_MAX];
    lab_equal(xdp_balancer_backends(balancer, key, told, NULL, SET_MAX),
              set.count, "backends of the service");
    for (int i = 0; i < set.count; i++) {
        struct balancer_backend should =
            balancer_lab_backend(key->version, set.indexes[i]);
        if (memcmp(&told[i].address, &should.address, sizeof should.address) !=
            0)
            lab_fail("backend %d of the list, in the order in which they came, "
                     "is %s",
                     i + 1,
                     balancer_lab_backend_text(key->version, set.indexes[i]));
    }
}

static bool set_has(const struct set *set, int index)
{
    for (int i = 0; i < set->count; i++)
        if (set->indexes[i] == index)
            return true;
    return false;
}

static void expect_flows_among(const struct service_key *key, struct set set)
{
    for (int i = 0; i < 200; i++) {
        int index = balancer_lab_goes(key, i, SYN);
        if (!set_has(&set, index))
            lab_fail("a new connection goes to backend %d, which is not among "
                     "them, or is dropped (-1)",
                     index);
    }
}

/* Whether the way back from a backend is known. */
static void expect_way_back(int index, bool known)
{
    struct shape shape = {.version = 4};
    struct path path = balancer_lab_from_backend(4, PORT, index);
    struct packet p;
    balancer_lab_build(&p, &shape, &path);
    bpf_lab_expect(balancer_program, &p, known ? XDP_TX : XDP_PASS,
                   "a packet from backend %d", index);
}

/* ---- What it does ---- */

/* Some stay, some go, some come; who stays keeps his place. */
STEP_TEST(some_stay_some_go)
{
    struct service_key key = usual_key();
    balancer_lab_add(key, 0, 3);
    replace(&key, SET(4, 2, 3, 1));
    expect_told(&key, SET(1, 2, 4, 3));
    expect_flows_among(&key, SET(1, 2, 3, 4));
    expect_way_back(0, false);
    for (int i = 1; i <= 4; i++)
        expect_way_back(i, true);
    replace(&key, SET(0));
    expect_told(&key, SET(0));
    expect_flows_among(&key, SET(0));
}

/* To none, and from none. */
STEP_TEST(none)
{
    struct service_key key = usual_key();
    balancer_lab_add(key, 0, 2);
    lab_note("make none its backends");
    lab_ok(xdp_balancer_replace_backends(balancer, &key, NULL, 0));
    lab_equal(xdp_balancer_backends(balancer, &key, NULL, NULL, 0), 0,
              "backends of the service");
    lab_equal(balancer_lab_goes(&key, 1, SYN), DROPPED,
              "where a packet goes: nowhere");
    expect_way_back(0, false);
    replace(&key, SET(1, 0));
    expect_told(&key, SET(1, 0));
    expect_flows_among(&key, SET(0, 1));
}

/* The table is the one that they would have had one by one. */
STEP_TEST(the_same_table)
{
    struct service_key key = usual_key();
    struct service_key other = balancer_lab_key("10.0.0.99", 81, IPPROTO_TCP);
    struct xdp_balancer *fresh =
        balancer_lab_another(balancer_lab_seed(), 1024);
    balancer_lab_add(key, 0, 6);
    balancer_lab_add(other, 0, 2);
    replace(&key, SET(9, 4, 2, 8, 5));
    lab_note("another balancer of the same seed has the same five");
    lab_ok(xdp_balancer_add_service(fresh, &key, SERVICE_NAT));
    for (int i = 0; i < 5; i++) {
        struct balancer_backend backend =
            balancer_lab_backend(4, (int[]){2, 4, 5, 8, 9}[i]);
        lab_ok(xdp_balancer_set_backend(fresh, &key, &backend));
    }
    for (int i = 0; i < 500; i++) {
        struct packet p;
        balancer_lab_flow(&p, &key, i, SYN);
        lab_equal(balancer_lab_goes(&key, i, SYN),
                  balancer_lab_where(xdp_balancer_program(fresh), &p),
                  "the backend of flow %d; that at the other balancer", i);
    }
    xdp_balancer_close(fresh);
    expect_flows_among(&other, SET(0, 1));
}

/* Weights, states and MACs are those that are told now. */
STEP_TEST(changed_where_they_differ)
{
    struct service_key key = usual_key();
    struct balancer_backend backends[4], told[4];
    struct bpf_answer answer;
    struct packet p;
    balancer_lab_add(key, 0, 4);
    for (int i = 0; i < 4; i++)
        backends[i] = balancer_lab_backend(4, i);
    lab_note("the same four: 0 is down, 1 drains, 2 has another MAC, 3 another "
             "weight");
    backends[0].state = BACKEND_DOWN;
    backends[1].state = BACKEND_DRAINING;
    memcpy(backends[2].mac, "\x02\xab\xcd\xef\x01\x23", 6);
    backends[3].weight = 77;
    lab_ok(xdp_balancer_replace_backends(balancer, &key, backends, 4));
    lab_equal(xdp_balancer_backends(balancer, &key, told, NULL, 4), 4,
              "backends of the service");
    for (int i = 0; i < 4; i++)
        lab_check(told[i].state == backends[i].state &&
                      told[i].weight == backends[i].weight &&
                      memcmp(told[i].mac, backends[i].mac, 6) == 0,
                  "a backend is told with its new state, weight and MAC");
    expect_flows_among(&key, SET(2, 3));
    for (int i = 0; i < 200; i++) {
        balancer_lab_flow(&p, &key, i, SYN);
        bpf_lab_run_quietly(balancer_program, &p, &answer);
        if (balancer_lab_goes(&key, i, SYN) == 2)
            lab_same_bytes(answer.packet.bytes, 6, backends[2].mac, 6,
                           "the MAC that a packet of backend 2 is sent to");
    }
    lab_note("all of them up again");
    for (int i = 0; i < 4; i++)
        backends[i].state = BACKEND_UP;
    lab_ok(xdp_balancer_replace_backends(balancer, &key, backends, 4));
    expect_flows_among(&key, SET(0, 1, 2, 3));
}

/* Connections with those that stay do not notice; those of the others go where
 * the table says. */
STEP_TEST(connections_stay)
{
    enum { CONNECTIONS = 120 };
    struct service_key key = usual_key();
    int backends[CONNECTIONS];
    balancer_lab_add(key, 0, 4);
    lab_note("a packet each of %d connections", CONNECTIONS);
    for (int i = 0; i < CONNECTIONS; i++)
        backends[i] = balancer_lab_goes(&key, i, ACK);
    replace(&key, SET(1, 2, 4, 5, 6));
    for (int i = 0; i < CONNECTIONS; i++) {
        int index = balancer_lab_goes(&key, i, ACK);
        if (backends[i] == 1 || backends[i] == 2)
            lab_equal(index, backends[i], "the backend of connection %d", i);
        else
            lab_equal(index, balancer_lab_goes(&key, i, SYN),
                      "the backend of connection %d, whose own is gone; what "
                      "the table says",
                      i);
    }
}

/* What a backend was sent is counted on, if it stays. */
STEP_TEST(counts_go_on)
{
    struct service_key key = usual_key();
    struct balancer_backend told[2];
    struct balancer_count sent[2];
    balancer_lab_add(key, 0, 1);
    lab_note("ten packets to backend 0");
    for (int i = 0; i < 10; i++)
        lab_equal(balancer_lab_goes(&key, i, SYN), 0, "the backend of a SYN");
    replace(&key, SET(0, 1));
    lab_equal(xdp_balancer_backends(balancer, &key, told, sent, 2), 2,
              "backends of the service");
    lab_equal(sent[0].packets, 10, "packets that backend 0 was sent");
    lab_equal(sent[1].packets, 0, "packets that backend 1 was sent");
}

/* ---- What is refused ---- */

/* Three backends, whose connections, table and way back are to stay. */
static void expect_untouched(const struct service_key *key, const int *by_table)
{
    expect_told(key, SET(0, 1, 2));
    for (int i = 0; i < 100; i++) {
        lab_equal(balancer_lab_goes(key, 100 + i, ACK), by_table[100 + i],
                  "the backend of connection %d", 100 + i);
        lab_equal(balancer_lab_goes(key, i, SYN), by_table[i],
                  "the backend of a new connection");
    }
    expect_way_back(0, true);
    expect_way_back(7, false);
}

static void expect_refused(const struct service_key *key,
                           const struct balancer_backend *backends, int count,
                           int error, const int *by_table)
{
    lab_error(
        xdp_balancer_replace_backends(balancer, key, backends, (size_t)count),
        error);
    expect_untouched(key, by_table);
}

/* On an error nothing has changed. */
STEP_TEST(all_or_nothing)
{
    struct service_key key = usual_key();
    struct service_key other = balancer_lab_key("10.0.0.99", PORT, IPPROTO_TCP);
    struct balancer_backend backends[4];
    int by_table[200];

    balancer_lab_add(key, 0, 3);
    balancer_lab_add(other, 9, 1);
    for (int i = 0; i < 200; i++)
        by_table[i] = balancer_lab_goes(&key, i, i < 100 ? SYN : ACK);
    for (int i = 0; i < 4; i++)
        backends[i] = balancer_lab_backend(4, 7 - i);
    lab_note("backends 7, 6, 5 and 4, of which the last has weight 0");
    backends[3].weight = 0;
    expect_refused(&key, backends, 4, -EINVAL, by_table);
    lab_note("… of which the last is the first once more");
    backends[3] = backends[0];
    expect_refused(&key, backends, 4, -EINVAL, by_table);
    lab_note("… of which the last answers for another service");
    backends[3] = balancer_lab_backend(4, 9);
    expect_refused(&key, backends, 4, -EEXIST, by_table);
    struct service_key nobody = balancer_lab_key(VIP, 999, IPPROTO_TCP);
    lab_note("a service that is not there");
    lab_error(xdp_balancer_replace_backends(balancer, &nobody, backends, 1),
              -ENOENT);
    expect_untouched(&key, by_table);
}

/* Too many for a service, and too many in all. */
STEP_TEST(no_room)
{
    static struct balancer_backend many[MAGLEV_BACKENDS_MAX + 1];
    struct service_key key = usual_key();
    struct service_key other = balancer_lab_key(VIP, 81, IPPROTO_TCP);
    int by_table[200], room = BALANCER_BACKENDS_MAX - MAGLEV_BACKENDS_MAX;

    balancer_lab_add(key, 0, 3);
    balancer_lab_add(other, 0, 0);
    for (int i = 0; i < 200; i++)
        by_table[i] = balancer_lab_goes(&key, i, i < 100 ? SYN : ACK);
    for (int i = 0; i <= MAGLEV_BACKENDS_MAX; i++) {
        many[i] = balancer_lab_backend(4, 7 + i);
        many[i].state = BACKEND_DOWN;
    }
    lab_note("%s backends", lab_number(MAGLEV_BACKENDS_MAX + 1));
    expect_refused(&key, many, MAGLEV_BACKENDS_MAX + 1, -ENOSPC, by_table);
    lab_note("%s in another service, where that is allowed",
             lab_number(MAGLEV_BACKENDS_MAX));
    lab_ok(xdp_balancer_replace_backends(balancer, &other, many,
                                         MAGLEV_BACKENDS_MAX));
    lab_note("now %s in the first", lab_number(room + 1));
    expect_refused(&key, many, room + 1, -ENOSPC, by_table);
    lab_note("%s, which have room", lab_number(room - 3));
    many[0].state = BACKEND_UP;
    lab_ok(
        xdp_balancer_replace_backends(balancer, &key, many, (size_t)room - 3));
    expect_flows_among(&key, SET(7));
}

/* ---- A running stream ---- */

#define CHANGES 50
#define FLOWS 500

/* Ten each, five of them in both. */
static const struct set sets[2] = {{10, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
                                   {10, {0, 1, 2, 3, 4, 10, 11, 12, 13, 14}}};

struct changing {
    struct service_key key;
    int first_error;
    int done;
};

static void *change_often(void *argument)
{
    struct changing *c = argument;
    for (int i = 0; i < CHANGES && c->first_error == 0; i++)
        c->first_error = replace_silently(&c->key, &sets[(i + 1) % 2]);
    __atomic_store_n(&c->done, 1, __ATOMIC_RELEASE);
    return NULL;
}

/* Where the flows go with the one set, and with the other. */
static void look_at_both(const struct service_key *key, int where[2][FLOWS])
{
    for (int s = 1; s >= 0; s--) {
        lab_ok(replace_silently(key, &sets[s]));
        for (int i = 0; i < FLOWS; i++)
            where[s][i] = balancer_lab_goes(key, i, SYN);
    }
}

/* Back and forth fifty times; each packet meets the one set or the other,
 * and none is lost. */
STEP_TEST(a_running_stream)
{
    struct changing c = {.key = usual_key()};
    int where[2][FLOWS], packets = 0;
    pthread_t thread;

    balancer_lab_add(c.key, 0, 10);
    lab_note("where %d flows go with backends 0 to 9, and with 0 to 4 and 10 "
             "to 14",
             FLOWS);
    look_at_both(&c.key, where);
    lab_note("to and fro between the two, %d times; packets run meanwhile",
             CHANGES);
    lab_equal(pthread_create(&thread, NULL, change_often, &c), 0,
              "pthread_create()");
    for (; !__atomic_load_n(&c.done, __ATOMIC_ACQUIRE); packets++) {
        int i = packets % FLOWS, index = balancer_lab_goes(&c.key, i, SYN);
        if (index == DROPPED)
            lab_fail("packet %s is lost", lab_number(packets));
        if (index != where[0][i] && index != where[1][i])
            lab_fail("packet %s goes where neither of the two sets would send "
                     "it",
                     lab_number(packets));
    }
    pthread_join(thread, NULL);
    lab_ok(c.first_error);
    lab_at_least(packets, 1, "packets that were sent meanwhile");
}

/* The same for connections with a backend that is in both. */
STEP_TEST(connections_in_a_running_stream)
{
    enum { CONNECTIONS = 120 };
    struct changing c = {.key = usual_key()};
    int backends[CONNECTIONS], packets = 0;
    pthread_t thread;

    balancer_lab_add(c.key, 0, 5);
    for (int i = 0; i < CONNECTIONS; i++)
        backends[i] = balancer_lab_goes(&c.key, i, ACK);
    lab_ok(replace_silently(&c.key, &sets[0]));
    lab_note("%d connections with backends 0 to 4; then those and 5 to 9, "
             "those and 10 to 14, and so on, %d times",
             CONNECTIONS, CHANGES);
    lab_equal(pthread_create(&thread, NULL, change_often, &c), 0,
              "pthread_create()");
    for (; !__atomic_load_n(&c.done, __ATOMIC_ACQUIRE); packets++)
        lab_equal(balancer_lab_goes(&c.key, packets % CONNECTIONS, ACK),
                  backends[packets % CONNECTIONS],
                  "the backend of a packet that comes meanwhile");
    pthread_join(thread, NULL);
    lab_ok(c.first_error);
    lab_at_least(packets, 1, "packets that were sent meanwhile");
}

void reload_step(void)
{
    lab_step("reload");
    lab_fixture(balancer_lab_open, balancer_lab_close);
    lab_test(some_stay_some_go);
    lab_test(none);
    lab_test(the_same_table);
    lab_test(changed_where_they_differ);
    lab_test(connections_stay);
    lab_test(counts_go_on);
    lab_test(all_or_nothing);
    lab_test(no_room);
    lab_test(a_running_stream);
    lab_test(connections_in_a_running_stream);
}
