/*
 * net_exchange.c: a client that sends and reads back at the same time.
 *
 * Both directions wait in one poll(2). Who sent everything before reading
 * would deadlock with an honest echo server as soon as the buffers between
 * them are full.
 */
#include "lab_internal.h"
#include "net_internal.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES 65536
#define HEX_BYTES 12    /* shown of the stream at a difference */
#define TELLING_BYTES 8 /* so many occur once in the stream, surely */

struct exchange {
    struct lab_where where;
    struct net_client *c;
    unsigned char *stream; /* all of it, sent and expected */
    size_t len, sent, received;
    size_t chunk;
    struct lab_random sizes;
    int send_error; /* of a send that failed: reading goes on to the end */
};

static void hex_of(char *to, const unsigned char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to += sprintf(to, "%02x ", data[i]);
}

/* Where the bytes that came belong, if they are of the stream at all. */
static void explain(char *to, size_t size, const struct exchange *x,
                    const unsigned char *came, size_t len)
{
    const unsigned char *found = memmem(x->stream, x->len, came, len);
    size_t at = found != NULL ? (size_t)(found - x->stream) : 0;
    if (len < TELLING_BYTES)
        snprintf(to, size, "the last that came");
    else if (found == NULL && x->received + len > x->sent)
        snprintf(to, size, "more than had been sent");
    else if (found == NULL)
        snprintf(to, size, "these bytes were never sent");
    else if (at > x->received)
        snprintf(to, size, "%s missing: these belong at %s",
                 net_count_of(at - x->received).text, lab_number((intmax_t)at));
    else
        snprintf(to, size, "%s twice: these belong at %s",
                 net_count_of(x->received - at).text, lab_number((intmax_t)at));
}

/* Enough of what came to tell where it belongs, from the first wrong byte on;
 * what is missing is awaited for a moment. */
static size_t take_wrong_bytes(struct exchange *x, unsigned char *wrong,
                               const unsigned char *came, size_t len)
{
    struct net_step step = {0, NET_GOES_ON, 0};
    size_t have = len < HEX_BYTES ? len : HEX_BYTES;
    memcpy(wrong, came, have);
    while (have < HEX_BYTES && step.end == NET_GOES_ON) {
        step = net_receive_some(x->c, wrong + have, HEX_BYTES - have,
                                NET_AFTERMATH_MS);
        have += step.len;
    }
    return have;
}

static _Noreturn void fail_different(struct exchange *x,
                                     const unsigned char *came, size_t len)
{
    unsigned char wrong[HEX_BYTES];
    char what[256], why[128], is[256], should[64];
    size_t same = 0;
    while (came[same] == x->stream[x->received + same])
        same++;
    x->received += same;
    size_t left = x->len - x->received;
    len = take_wrong_bytes(x, wrong, came + same, len - same);
    explain(why, sizeof why, x, wrong, len);
    hex_of(should, x->stream + x->received, len < left ? len : left);
    hex_of(is, wrong, len);
    snprintf(is + strlen(is), sizeof is - strlen(is), "(%s)", why);
    snprintf(what, sizeof what,
             "%s reads back what it sends: %s are right, and the next differ",
             x->c->name, net_count_of(x->received).text);
    lab_differ_at(x->where, what, should, is);
}

static _Noreturn void fail_ended(const struct exchange *x, struct net_step step)
{
    char what[128], is[256];
    if (x->send_error != 0)
        step = net_step_failed(x->send_error);
    snprintf(what, sizeof what, "%s sends %s and reads them back", x->c->name,
             net_count_of(x->len).text);
    snprintf(is, sizeof is, "%s sent, %s back, %s", net_count_of(x->sent).text,
             net_count_of(x->received).text, net_ending_of(&step).text);
    lab_differ_at(x->where, what, "all of them come back", is);
}

/* Small pieces now and then, so that ends of pieces fall anywhere. */
static size_t next_chunk(struct exchange *x)
{
    size_t chunk = x->chunk;
    if (chunk == 0)
        chunk = 1 + lab_random_below(&x->sizes, lab_random_below(&x->sizes, 4)
                                                    ? PIECE_BYTES
                                                    : 16);
    return chunk < x->len - x->sent ? chunk : x->len - x->sent;
}

static void exchange_send(struct exchange *x)
{
    struct net_step step =
        net_send_some(x->c, x->stream + x->sent, next_chunk(x), 0);
    x->sent += step.len;
    x->send_error = step.error;
}

static void exchange_receive(struct exchange *x)
{
    unsigned char came[PIECE_BYTES];
    size_t left = x->len - x->received;
    struct net_step step = net_receive_some(
        x->c, came, left < sizeof came ? left : sizeof came, 0);
    if (memcmp(came, x->stream + x->received, step.len) != 0)
        fail_different(x, came, step.len);
    x->received += step.len;
    if (step.end != NET_GOES_ON && step.end != NET_SILENCE)
        fail_ended(x, step);
}

static void exchange_run(struct exchange *x)
{
    while (x->sent < x->len || x->received < x->len) {
        bool sends = x->sent < x->len && x->send_error == 0;
        int came = net_wait(x->c->fd, sends ? POLLIN | POLLOUT : POLLIN,
                            lab_patience_ms);
        if (came == 0)
            fail_ended(x, (struct net_step){0, NET_SILENCE, 0});
        if (sends && (came & (POLLOUT | POLLERR)))
            exchange_send(x);
        if (came & ~POLLOUT)
            exchange_receive(x);
    }
}

void net_exchange_at(struct lab_where where, struct net_client *c, size_t len,
                     size_t chunk)
{
    struct exchange x = {.where = where, .c = c, .len = len, .chunk = chunk};
    net_note(c, "sends %s and reads them back at the same time, comparing each",
             net_count_of(len).text);
    x.stream = malloc(len + 1);
    net_pattern(c->stream, c->offset, x.stream, len);
    lab_random_init(&x.sizes, c->stream ^ c->offset);
    exchange_run(&x);
    c->offset += len;
    free(x.stream);
}
