/*
 * net_expect.c: what a client reads, compared with what should come.
 */
#include "lab_internal.h"
#include "net_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES 65536

/* ---- Exactly these bytes ---- */

/* Read until len bytes are there or it ends. What came is in data. */
static struct net_step read_all(struct net_client *c, unsigned char *data,
                                size_t len, const unsigned char *expected)
{
    struct net_step step = {0, NET_GOES_ON, 0};
    size_t have = 0;
    int patience_ms = lab_patience_ms;
    while (have < len && step.end == NET_GOES_ON) {
        step = net_receive_some(c, data + have, len - have, patience_ms);
        if (memcmp(data + have, expected + have, step.len) != 0)
            patience_ms = NET_AFTERMATH_MS;
        have += step.len;
    }
    step.len = have;
    return step;
}

static _Noreturn void fail_short(struct lab_where where,
                                 const struct net_client *c, size_t expected,
                                 const struct net_step *step,
                                 const unsigned char *data)
{
    char what[128], is[512];
    snprintf(what, sizeof what, "%s reads %s", c->name,
             net_count_of(expected).text);
    snprintf(is, sizeof is, "%s%s, %s", net_count_of(step->len).text,
             net_quote_of(data, step->len).text, net_ending_of(step).text);
    lab_differ_at(where, what, "all of them", is);
}

/* Text is shown as text, other bytes in hex. */
static void compare(struct lab_where where, const struct net_client *c,
                    struct lab_bytes actual, struct lab_bytes expected)
{
    struct net_quote is = net_quote_of(actual.data, actual.len);
    struct net_quote should = net_quote_of(expected.data, expected.len);
    char what[128];
    if (actual.len == expected.len &&
        memcmp(actual.data, expected.data, actual.len) == 0)
        return;
    if (is.text[0] == '\0' || should.text[0] == '\0')
        lab_same_bytes_at(where, actual, expected, "what %s reads", c->name);
    snprintf(what, sizeof what, "%s reads %s", c->name,
             net_count_of(expected.len).text);
    lab_differ_at(where, what, should.text + 2, is.text + 2);
}

void net_expect_at(struct lab_where where, struct net_client *c,
                   const void *data, size_t len)
{
    unsigned char *came = malloc(len + 1);
    net_note(c, "expects %s%s", net_count_of(len).text,
             net_quote_of(data, len).text);
    struct net_step step = read_all(c, came, len, data);
    /* A wrong byte says more than a missing one. */
    if (step.len == len || memcmp(came, data, step.len) != 0)
        compare(where, c, (struct lab_bytes){came, step.len},
                (struct lab_bytes){data, len});
    if (step.len < len)
        fail_short(where, c, len, &step, came);
    free(came);
}

void net_expect_text_at(struct lab_where where, struct net_client *c,
                        const char *text)
{
    net_expect_at(where, c, text, strlen(text));
}

/* ---- A line ---- */

static _Noreturn void fail_line(struct lab_where where,
                                const struct net_client *c, const char *line,
                                const struct net_step *step)
{
    char what[128], is[512];
    size_t len = strlen(line);
    snprintf(what, sizeof what, "%s reads a line", c->name);
    snprintf(is, sizeof is, "%s%s without a newline%s%s",
             net_count_of(len).text, net_quote_of(line, len).text,
             step->end == NET_GOES_ON ? "" : ", ", net_ending_of(step).text);
    lab_differ_at(where, what, "a line that ends with a newline", is);
}

/* A byte at a time: what follows the line stays in the socket. */
void net_expect_line_at(struct lab_where where, struct net_client *c,
                        char *line, size_t size)
{
    struct net_step step = {0, NET_GOES_ON, 0};
    size_t len = 0;
    net_note(c, "reads a line");
    while (len == 0 || line[len - 1] != '\n') {
        if (len + 1 < size)
            step = net_receive_some(c, line + len, 1, lab_patience_ms);
        len += step.len;
        line[len] = '\0';
        if (step.end != NET_GOES_ON || len + 1 == size)
            break;
    }
    if (len == 0 || line[len - 1] != '\n')
        fail_line(where, c, line, &step);
}

/* ---- The end, and silence ---- */

void net_expect_eof_at(struct lab_where where, struct net_client *c)
{
    unsigned char data[NET_SHOWN_BYTES];
    char what[128], is[512];
    net_note(c, "expects end of file");
    struct net_step step =
        net_receive_some(c, data, sizeof data, lab_patience_ms);
    if (step.end == NET_FIN)
        return;
    snprintf(what, sizeof what, "%s reads", c->name);
    if (step.end == NET_GOES_ON)
        snprintf(is, sizeof is, "%s%s%s", net_count_of(step.len).text,
                 step.len == sizeof data ? " or more" : "",
                 net_quote_of(data, step.len).text);
    else
        snprintf(is, sizeof is, "no byte, %s", net_ending_of(&step).text);
    lab_differ_at(where, what, "end of file (FIN)", is);
}

void net_expect_end_at(struct lab_where where, struct net_client *c)
{
    unsigned char data[PIECE_BYTES];
    char what[128], is[256];
    struct net_step step = {0, NET_GOES_ON, 0};
    size_t len = 0;
    net_note(c, "reads until the connection ends");
    while (step.end == NET_GOES_ON) {
        step = net_receive_some(c, data, sizeof data, lab_patience_ms);
        len += step.len;
    }
    if (step.end == NET_FIN || step.end == NET_RST)
        return;
    snprintf(what, sizeof what, "%s reads until the connection ends", c->name);
    snprintf(is, sizeof is, "%s, %s", net_count_of(len).text,
             net_ending_of(&step).text);
    lab_differ_at(where, what, "end of file or a reset", is);
}

void net_expect_quiet_at(struct lab_where where, struct net_client *c)
{
    unsigned char data[NET_SHOWN_BYTES];
    char what[128], is[512];
    net_note(c, "has nothing to read");
    ssize_t n = recv(c->fd, data, sizeof data, MSG_DONTWAIT | MSG_PEEK);
    if (n == -1 && errno == EAGAIN)
        return;
    snprintf(what, sizeof what, "%s has nothing to read", c->name);
    if (n > 0)
        snprintf(is, sizeof is, "%s%s%s", net_count_of((size_t)n).text,
                 n == sizeof data ? " or more" : "",
                 net_quote_of(data, (size_t)n).text);
    else
        snprintf(is, sizeof is, "%s",
                 n == 0 ? "end of file (the peer sent FIN)"
                        : lab_errno_text(errno));
    lab_differ_at(where, what, "no byte, and the connection is open", is);
}
