/*
 * echo_client.c: conversations with an echo server; echo_client.h says which.
 */
#include "echo_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_BYTES_MAX 2000 /* of one client of a crowd, in one round */
#define VANISH_BYTES 32768     /* what a server that has not begun takes in */

/* ---- One polite client ---- */

void echo_client_lines_at(struct lab_where where, const char *host,
                          const char *port)
{
    static const char *const lines[] = {
        "hello\n", "\n", "a line with spaces, and % signs: %s %n\n",
        "the last line\n"};
    struct net_client c;

    net_connect_at(where, &c, "client", host, port);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        net_send_text_at(where, &c, lines[i]);
        net_expect_text_at(where, &c, lines[i]);
    }
    net_close(&c);
}

void echo_client_bytes_at(struct lab_where where, const char *host,
                          const char *port)
{
    static const unsigned char bytes[] = {'a', '\0', '\n', 0xff, '\0', 'b'};
    struct net_client c;

    net_connect_at(where, &c, "client", host, port);
    /* Once 'a' is back, the rest of its message is on the way; if it is not,
     * "more" shows that at once. */
    net_send_at(where, &c, "a\0b", 3);
    net_expect_at(where, &c, "a", 1);
    net_send_at(where, &c, "more", 4);
    net_expect_at(where, &c, "\0bmore", 6);
    for (size_t i = 0; i < sizeof bytes; i++) {
        net_send_at(where, &c, &bytes[i], 1);
        net_expect_at(where, &c, &bytes[i], 1);
    }
    net_expect_quiet_at(where, &c);
    net_close(&c);
}

void echo_client_exchange_at(struct lab_where where, const char *host,
                             const char *port, size_t len)
{
    struct net_client c;

    net_connect_at(where, &c, "client", host, port);
    net_exchange_at(where, &c, len, 0);
    net_close(&c);
}

void echo_client_half_close_at(struct lab_where where, const char *host,
                               const char *port, size_t len)
{
    unsigned char *data = malloc(len + 1);
    struct net_client c;

    net_connect_at(where, &c, "client", host, port);
    net_pattern(c.stream, c.offset, data, len);
    net_send_at(where, &c, data, len);
    net_shutdown_write_at(where, &c);
    net_expect_at(where, &c, data, len);
    net_expect_eof_at(where, &c);
    net_close(&c);
    free(data);
}

void echo_client_round_trip_at(struct lab_where where,
                               struct net_client *client, size_t len)
{
    net_exchange_at(where, client, len, len);
}

/* ---- Many clients at once ---- */

struct crowd {
    struct net_client clients[ECHO_CROWD_MAX];
    size_t lens[ECHO_CROWD_MAX]; /* what each has sent in this round */
    int order[ECHO_CROWD_MAX];
    int count;
    struct lab_random random;
};

static void connect_crowd(struct lab_where where, struct crowd *crowd,
                          const char *host, const char *port)
{
    char name[32];
    for (int i = 0; i < crowd->count; i++) {
        snprintf(name, sizeof name, "client %d", i + 1);
        net_connect_quietly_at(where, &crowd->clients[i], name, host, port);
        crowd->order[i] = i;
    }
}

/* Fisher and Yates. */
static void shuffle(struct crowd *crowd)
{
    for (int i = crowd->count - 1; i > 0; i--) {
        int j = (int)lab_random_below(&crowd->random, (uint64_t)i + 1);
        int held = crowd->order[i];
        crowd->order[i] = crowd->order[j];
        crowd->order[j] = held;
    }
}

static void all_send(struct lab_where where, struct crowd *crowd)
{
    unsigned char data[MESSAGE_BYTES_MAX];
    for (int i = 0; i < crowd->count; i++) {
        int who = crowd->order[i];
        struct net_client *c = &crowd->clients[who];
        size_t len = 1 + lab_random_below(&crowd->random, MESSAGE_BYTES_MAX);
        net_pattern(c->stream, c->offset, data, len);
        net_send_at(where, c, data, len);
        crowd->lens[who] = len;
    }
}

static void all_read(struct lab_where where, struct crowd *crowd)
{
    unsigned char data[MESSAGE_BYTES_MAX];
    for (int i = 0; i < crowd->count; i++) {
        int who = crowd->order[i];
        struct net_client *c = &crowd->clients[who];
        net_pattern(c->stream, c->offset, data, crowd->lens[who]);
        net_expect_at(where, c, data, crowd->lens[who]);
        c->offset += crowd->lens[who];
    }
}

void echo_client_crowd_at(struct lab_where where, const char *host,
                          const char *port, int count, int rounds)
{
    struct crowd *crowd = calloc(1, sizeof *crowd);

    crowd->count = count;
    lab_random_init(&crowd->random, 1);
    lab_note("%d clients connect to %s, port %s, and stay", count, host, port);
    connect_crowd(where, crowd, host, port);
    for (int round = 1; round <= rounds; round++) {
        lab_note("round %d: all %d send, each its own bytes, then all read",
                 round, count);
        shuffle(crowd);
        all_send(where, crowd);
        shuffle(crowd);
        all_read(where, crowd);
    }
    lab_note("all %d close", count);
    for (int i = 0; i < count; i++)
        net_close(&crowd->clients[i]);
    free(crowd);
}

/* ---- Many clients, one after the other ---- */

enum manner { CLOSES, HALF_CLOSES, RESETS, LEAVES, MANNERS };

static void pass_by(struct lab_where where, struct net_client *c,
                    enum manner manner, size_t len)
{
    unsigned char data[MESSAGE_BYTES_MAX];
    net_pattern(c->stream, c->offset, data, len);
    net_send_at(where, c, data, len);
    if (manner == HALF_CLOSES)
        net_shutdown_write_at(where, c);
    if (manner != LEAVES)
        net_expect_at(where, c, data, len);
    if (manner == HALF_CLOSES)
        net_expect_eof_at(where, c);
    if (manner == RESETS)
        net_reset(c);
    net_close(c);
}

void echo_client_passers_by_at(struct lab_where where, const char *host,
                               const char *port, int count)
{
    struct lab_random random;
    struct net_client c;
    char name[32];

    lab_note("%s, one after the other: some close, some half-close, some "
             "reset, some leave without reading",
             lab_count(count, "client"));
    lab_random_init(&random, 2);
    for (int i = 0; i < count; i++) {
        enum manner manner = (enum manner)lab_random_below(&random, MANNERS);
        size_t len = 1 + lab_random_below(&random, MESSAGE_BYTES_MAX);
        snprintf(name, sizeof name, "passer-by %d", i + 1);
        net_connect_quietly_at(where, &c, name, host, port);
        pass_by(where, &c, manner, len);
    }
}

/* ---- Rude clients ---- */

void echo_client_reset_when_full_at(struct lab_where where, const char *host,
                                    const char *port)
{
    struct net_client c;

    net_connect_at(where, &c, "rude client", host, port);
    net_send_until_full_at(where, &c);
    net_reset(&c);
}

void echo_client_vanish_at(struct lab_where where, const char *host,
                           const char *port)
{
    unsigned char data[VANISH_BYTES];
    struct net_client c;

    net_connect_at(where, &c, "rude client", host, port);
    net_pattern(c.stream, c.offset, data, sizeof data);
    net_send_at(where, &c, data, sizeof data);
    net_shutdown_write_at(where, &c);
    net_reset(&c);
}

void echo_client_deaf_at(struct lab_where where, const char *host,
                         const char *port, int others)
{
    struct net_client deaf;

    net_connect_at(where, &deaf, "deaf client", host, port);
    size_t len = net_send_until_full_at(where, &deaf);
    echo_client_crowd_at(where, host, port, others, 2);

    unsigned char *data = malloc(len + 1);
    net_pattern(deaf.stream, 0, data, len);
    lab_note("the deaf client reads after all");
    net_expect_at(where, &deaf, data, len);
    net_close(&deaf);
    free(data);
}
