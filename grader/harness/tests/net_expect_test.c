/*
 * net_expect_test.c: the claims of net.h on what a client reads.
 */
#include "net_internal.h"
#include "net_peer.h"

#include <pthread.h>

/* ---- Expecting bytes ---- */

/* It takes what it expects and not a byte more, in however many pieces. */
STEP_TEST(expect_takes_only_what_it_expects)
{
    connect_pair();
    peer_sends("hello\nw");
    net_expect(&c, "hel", 3);
    net_expect_text(&c, "lo\n");
    peer_sends("orld\n");
    net_expect_text(&c, "world\n");
    net_expect(&c, "", 0);
    net_expect_quiet(&c);
}

static void expect_other_text(void)
{
    connect_pair();
    peer_sends("help!\n");
    FAILS(net_expect_text(&c, "hello\n"));
}
static void expect_other_bytes(void)
{
    connect_pair();
    peer_sends("\1\2\3\4\5");
    FAILS(net_expect(&c, "\1\2\3\3\5", 5));
}
/* The rest is awaited a moment, to be shown. */
static void expect_other_text_then_nothing(void)
{
    connect_pair();
    peer_sends("hex");
    FAILS(net_expect_text(&c, "hello\n"));
}
static void expect_more_than_comes(void)
{
    connect_pair();
    peer_sends("hel");
    peer_closes();
    FAILS(net_expect_text(&c, "hello\n"));
}
static void expect_more_than_comes_then_reset(void)
{
    connect_pair();
    peer_resets();
    FAILS(net_expect_text(&c, "hello\n"));
}
static void expect_what_never_comes(void)
{
    connect_pair();
    peer_sends("hell");
    FAILS_AFTER(200, net_expect_text(&c, "hello\n"));
}

STEP_TEST(other_bytes_are_told)
{
    failing(expect_other_text, "client reads 6 bytes", "\"hello\\n\"",
            "\"help!\\n\"");
    failing(expect_other_bytes, "number 3 is the first that differs", "03 05",
            "04 05");
    failing(expect_other_text_then_nothing, "client reads 6 bytes",
            "\"hello\\n\"", "\"hex\"");
    failing(expect_more_than_comes, "client reads 6 bytes", "all of them",
            "3 bytes: \"hel\", then end of file (the peer sent FIN)");
    failing(expect_more_than_comes_then_reset, "client reads 6 bytes",
            "all of them",
            "0 bytes, then a reset (the peer sent RST: ECONNRESET)");
    failing(expect_what_never_comes, "client reads 6 bytes", "all of them",
            "4 bytes: \"hell\", then nothing moved for 0.2 s");
}

static void *dribble(void *unused)
{
    for (int i = 0; i < 4; i++) {
        usleep(800000);
        peer_sends("x");
    }
    return unused;
}

/* Patience counts from the last byte: a slow peer is no silent one. */
STEP_TEST(patience_begins_anew_with_each_byte)
{
    pthread_t thread;
    connect_pair();
    lab_patience_ms = 3000;
    pthread_create(&thread, NULL, dribble, NULL);
    net_expect_text(&c, "xxxx");
    pthread_join(thread, NULL);
}

/* ---- Lines ---- */

/* A line comes with its newline, whatever follows stays. */
STEP_TEST(a_line_is_read_alone)
{
    char line[6];
    connect_pair();
    peer_sends("\nhell\nrest");
    net_expect_line(&c, line, sizeof line);
    lab_same_text(line, "\n", "the first line");
    net_expect_line(&c, line, sizeof line);
    lab_same_text(line, "hell\n", "the second line, which just fits");
    net_expect_text(&c, "rest");
}

static char short_line[6];

static void line_too_long(void)
{
    connect_pair();
    peer_sends("hello\n");
    FAILS(net_expect_line(&c, short_line, sizeof short_line));
}
static void line_that_ends(void)
{
    connect_pair();
    peer_sends("he");
    peer_closes();
    FAILS(net_expect_line(&c, short_line, sizeof short_line));
}
static void line_that_never_comes(void)
{
    connect_pair();
    FAILS_AFTER(200, net_expect_line(&c, short_line, sizeof short_line));
}

STEP_TEST(a_missing_line_is_told)
{
    failing(line_too_long, "client reads a line", "ends with a newline",
            "5 bytes: \"hello\" without a newline");
    failing(line_that_ends, "client reads a line", "ends with a newline",
            "2 bytes: \"he\" without a newline, then end of file (the peer "
            "sent FIN)");
    failing(line_that_never_comes, "client reads a line", "ends with a newline",
            "0 bytes without a newline, then nothing moved for 0.2 s");
}

/* ---- The end, and silence ---- */

static void eof_after_bytes(void)
{
    connect_pair();
    peer_sends("more");
    peer_closes();
    FAILS(net_expect_eof(&c));
}
static void eof_by_reset(void)
{
    connect_pair();
    peer_resets();
    FAILS(net_expect_eof(&c));
}
static void eof_that_never_comes(void)
{
    connect_pair();
    FAILS_AFTER(200, net_expect_eof(&c));
}

/* Only a FIN with nothing before it is end of file. */
STEP_TEST(eof_is_fin_and_nothing_else)
{
    failing(eof_after_bytes, "client reads", "end of file (FIN)",
            "4 bytes: \"more\"");
    failing(eof_by_reset, "client reads", "end of file (FIN)",
            "no byte, then a reset (the peer sent RST: ECONNRESET)");
    failing(eof_that_never_comes, "client reads", "end of file (FIN)",
            "no byte, then nothing moved for 0.2 s");
}

static void end_that_never_comes(void)
{
    connect_pair();
    peer_sends("more");
    FAILS_AFTER(200, net_expect_end(&c));
}

/* FIN and RST are both an end, whatever comes before. */
STEP_TEST(an_end_is_fin_or_rst)
{
    connect_pair();
    peer_sends("more");
    peer_closes();
    net_expect_end(&c);
    connect_pair();
    peer_sends("more");
    peer_resets();
    net_expect_end(&c);
    failing(end_that_never_comes, "client reads until the connection ends",
            "end of file or a reset", "4 bytes, then nothing moved");
}

static void quiet_with_bytes(void)
{
    connect_pair();
    peer_sends("more");
    FAILS(net_expect_quiet(&c));
}
static void quiet_at_the_end(void)
{
    connect_pair();
    peer_closes();
    FAILS(net_expect_quiet(&c));
}
static void quiet_after_reset(void)
{
    connect_pair();
    peer_resets();
    FAILS(net_expect_quiet(&c));
}

/* Neither a byte nor an end is silence; silence is not waited for. */
STEP_TEST(quiet_is_open_and_empty)
{
    connect_pair();
    net_expect_quiet(&c);
    failing(quiet_with_bytes, "client has nothing to read", "no byte",
            "4 bytes: \"more\"");
    failing(quiet_at_the_end, "client has nothing to read", "no byte",
            "end of file (the peer sent FIN)");
    failing(quiet_after_reset, "client has nothing to read", "no byte",
            "ECONNRESET");
}

/* The peer reads end of file, and may still send. */
STEP_TEST(shutdown_write_is_half_a_close)
{
    char byte;
    connect_pair();
    net_send_text(&c, "x");
    net_shutdown_write(&c);
    lab_equal(recv(peer, &byte, 1, 0), 1, "the byte before");
    lab_equal(recv(peer, &byte, 1, 0), 0, "end of file");
    peer_sends("answer");
    net_expect_text(&c, "answer");
}

static void shutdown_after_reset(void)
{
    connect_pair();
    peer_resets();
    FAILS(net_shutdown_write(&c));
}

STEP_TEST(shutdown_of_a_dead_connection_is_told)
{
    failing(shutdown_after_reset, "client shuts its writing side",
            "the connection is there",
            "ENOTCONN (Transport endpoint is not connected): the peer has "
            "ended both");
}

/* The peer sees ECONNRESET; a closed client can be closed and reset again. */
STEP_TEST(reset_is_rst)
{
    char byte;
    connect_pair();
    net_reset(&c);
    lab_equal(recv(peer, &byte, 1, 0), -1, "what the peer reads");
    lab_equal(errno, ECONNRESET, "its errno");
    lab_equal(c.fd, -1, "the client's descriptor");
    net_reset(&c);
    net_close(&c);
    net_close(&c);
}

/* ---- Sending and reading back ---- */

/* How the peer echoes: like an honest one, or with one mistake. */
enum mistake {
    HONEST,
    LOSES,    /* the bytes from place on */
    DOUBLES,  /* the bytes before place */
    SPOILS,   /* one byte at place */
    CLOSES,   /* at place, after all that came was read */
    RESETS,   /* at place */
    STOPS,    /* reading and writing, at place */
    SWALLOWS, /* all from place on: reads on, and writes nothing */
    INVENTS   /* more bytes after those that came */
};

struct echo {
    enum mistake mistake;
    size_t place;
    pthread_t thread;
};

#define MISTAKE_BYTES 100

static void echo_bytes(const unsigned char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(peer, data, len, MSG_NOSIGNAL);
        if (n == -1)
            return;
        data += n;
        len -= (size_t)n;
    }
}

/* Read exactly to the place where the mistake is made. Its surroundings are in
 * data: the 100 bytes before and the 100 after. */
static void make_mistake(struct echo *e, unsigned char *data)
{
    recv(peer, data + MISTAKE_BYTES, MISTAKE_BYTES, MSG_WAITALL);
    if (e->mistake == DOUBLES)
        echo_bytes(data, 2 * MISTAKE_BYTES);
    if (e->mistake == SPOILS) {
        data[MISTAKE_BYTES] ^= 1;
        echo_bytes(data + MISTAKE_BYTES, MISTAKE_BYTES);
    }
    if (e->mistake == INVENTS) {
        echo_bytes(data + MISTAKE_BYTES, MISTAKE_BYTES);
        echo_bytes(data, MISTAKE_BYTES);
    }
    if (e->mistake == CLOSES)
        shutdown(peer, SHUT_WR);
    if (e->mistake == RESETS)
        peer_resets();
}

static void *echo(void *argument)
{
    static unsigned char data[65536];
    struct echo *e = argument;
    size_t left = e->place;
    while (left > 0) {
        size_t most = left < sizeof data ? left : sizeof data;
        ssize_t n = recv(peer, data, most, MSG_WAITALL);
        echo_bytes(data, (size_t)n);
        left -= (size_t)n;
        if (left == 0)
            memmove(data, data + n - MISTAKE_BYTES, MISTAKE_BYTES);
    }
    if (e->mistake != HONEST)
        make_mistake(e, data);
    if (e->mistake == STOPS || e->mistake == RESETS)
        return NULL;
    for (ssize_t n; (n = recv(peer, data, sizeof data, 0)) > 0;)
        if (e->mistake != SWALLOWS)
            echo_bytes(data, (size_t)n);
    return NULL;
}

static void start_echo(struct echo *e)
{
    connect_pair();
    pthread_create(&e->thread, NULL, echo, e);
}

/* Any length, in pieces of any size; the stream goes on from call to call. */
STEP_TEST(an_honest_echo_is_met)
{
    struct echo e = {HONEST, 0, 0};
    start_echo(&e);
    net_exchange(&c, 8 << 20, 0);
    net_exchange(&c, 1 << 20, 1 << 20);
    net_exchange(&c, 3000, 1);
    net_exchange(&c, 3001, 7);
    net_exchange(&c, 1, 0);
    net_exchange(&c, 0, 0);
    lab_equal(c.offset, (9 << 20) + 6002, "its place in the stream");
    net_shutdown_write(&c);
    lab_sys(pthread_join(e.thread, NULL));
    lab_check(strstr(transcript(), "client sends 8,388,608 bytes and reads "
                                   "them back at the same time, comparing "
                                   "each\n") != NULL,
              "the transcript says what it does");
}

static enum mistake mistake;
static size_t place;

static void exchange_with_mistake(void)
{
    struct echo e = {mistake, place, 0};
    /* A slow echo is no silent one; only two are waited for in vain. */
    bool in_vain = mistake == STOPS || mistake == SWALLOWS;
    start_echo(&e);
    pthread_detach(e.thread); /* its end is the process's */
    lab_patience_ms = in_vain ? 1500 : LAB_PATIENCE_MS;
    FAILS(net_exchange(&c, 1 << 20, 0));
}

/* What the client will send: its stream follows from its name. */
static void client_stream(unsigned char *data, size_t len)
{
    struct net_client same;
    net_adopt(&same, "client", (int)lab_sys(dup(0)));
    net_pattern(same.stream, 0, data, len);
    net_close(&same);
}

/* From here on, the first place where each mistake shows at once: a byte is
 * the same as one 100 or 200 bytes away every 256 times. */
static size_t telling_place(size_t at)
{
    static unsigned char stream[1 << 20];
    client_stream(stream, sizeof stream);
    while (stream[at] == stream[at + MISTAKE_BYTES] ||
           stream[at] == stream[at - MISTAKE_BYTES] ||
           stream[at + MISTAKE_BYTES] == stream[at - MISTAKE_BYTES])
        at++;
    return at;
}

/* right: bytes that are right; belongs: where the next are from, or 0. */
static void exchange_fails_at(struct lab_where where, enum mistake made,
                              size_t right, size_t belongs, const char *why)
{
    char what[128], is[128];
    mistake = made;
    snprintf(what, sizeof what,
             "client reads back what it sends: %s are right, and the next "
             "differ",
             net_count_of(right).text);
    snprintf(is, sizeof is, "(%s", why);
    if (belongs > 0)
        snprintf(is, sizeof is, "(%s: these belong at %s)", why,
                 lab_number((intmax_t)belongs));
    failing_at(where, exchange_with_mistake, what, "", is);
}
#define exchange_fails(...) exchange_fails_at(LAB_HERE, __VA_ARGS__)

/* Each mistake is told, with the place and where the bytes belong. */
STEP_TEST(a_dishonest_echo_is_told)
{
    place = telling_place(500000);
    exchange_fails(LOSES, place, place + 100, "100 bytes missing");
    exchange_fails(DOUBLES, place, place - 100, "100 bytes twice");
    exchange_fails(SPOILS, place, 0, "these bytes were never sent)");
    place = telling_place((1 << 20) - 300);
    exchange_fails(INVENTS, place + 100, place - 100, "200 bytes twice");
}

static void exchange_ends_at(struct lab_where where, enum mistake made,
                             const char *how)
{
    mistake = made;
    place = 500000;
    failing_at(where, exchange_with_mistake,
               "client sends 1,048,576 bytes and reads them back",
               "all of them come back", how);
}
#define exchange_ends(...) exchange_ends_at(LAB_HERE, __VA_ARGS__)

STEP_TEST(an_echo_that_ends_is_told)
{
    exchange_ends(CLOSES, " sent, 500,000 bytes back, then end of "
                          "file (the peer sent FIN)");
    exchange_ends(RESETS, "(the peer sent RST: ");
    exchange_ends(STOPS, "500,000 bytes back, then nothing moved "
                         "for 1.5 s");
    exchange_ends(SWALLOWS, "1,048,576 bytes sent, 500,000 bytes back, then "
                            "nothing moved for 1.5 s");
}

static unsigned char early[16]; /* none of them is what the client expects */

static void exchange_with_early_bytes(void)
{
    connect_pair();
    lab_sys(send(peer, early, sizeof early, 0));
    FAILS(net_exchange(&c, 100, 0));
}
/* It reads one byte, and some of what follows to show it. */
static void exchange_one_with_early_bytes(void)
{
    connect_pair();
    lab_sys(send(peer, early, sizeof early, 0));
    FAILS(net_exchange(&c, 1, 0));
}

/* Bytes that came unasked are no echo. */
STEP_TEST(bytes_before_any_were_sent_are_told)
{
    char hex[12 * 3 + 1] = "";
    client_stream(early, sizeof early);
    for (size_t i = 0; i < sizeof early; i++)
        early[i] = (unsigned char)~early[i];
    for (size_t i = 0; i < 12; i++)
        sprintf(hex + 3 * i, "%02x ", early[i]);
    failing(exchange_one_with_early_bytes, "0 bytes are right", "", hex);
    failing(exchange_with_early_bytes, "0 bytes are right", "", hex);
}

int main(int argc, char **argv)
{
    lab_step("expecting");
    lab_test(expect_takes_only_what_it_expects);
    lab_test(other_bytes_are_told);
    lab_test(patience_begins_anew_with_each_byte);
    lab_test(a_line_is_read_alone);
    lab_test(a_missing_line_is_told);
    lab_step("ending");
    lab_test(eof_is_fin_and_nothing_else);
    lab_test(an_end_is_fin_or_rst);
    lab_test(quiet_is_open_and_empty);
    lab_test(shutdown_write_is_half_a_close);
    lab_test(shutdown_of_a_dead_connection_is_told);
    lab_test(reset_is_rst);
    lab_step("exchange");
    lab_test(an_honest_echo_is_met);
    lab_test(a_dishonest_echo_is_told);
    lab_test(an_echo_that_ends_is_told);
    lab_test(bytes_before_any_were_sent_are_told);
    return lab_main(argc, argv);
}
