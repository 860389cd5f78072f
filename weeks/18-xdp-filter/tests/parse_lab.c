/*
 * parse_lab.c: see parse_lab.h.
 */
#include "parse_lab.h"

#include "model.h"
#include "parse_native.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- What AddressSanitizer interrupts ---- */

/* The packet that is being parsed, for the transcript. */
static struct packet current;

/* Weak: without AddressSanitizer there is no such function. */
extern void __asan_set_error_report_callback(void (*)(const char *))
    __attribute__((weak));

static void note_bytes(const struct packet *packet)
{
    char hex[2 * 128 + 4] = "";
    size_t shown = packet->len < 128 ? packet->len : 128;
    for (size_t i = 0; i < shown; i++)
        snprintf(hex + 2 * i, 3, "%02x", packet->bytes[i]);
    lab_note("the packet, in %s: %s%s",
             lab_count((intmax_t)packet->len, "byte"), hex,
             shown < packet->len ? "…" : "");
}

static void on_report(const char *report)
{
    (void)report;
    note_bytes(&current);
}

/* ---- One call ---- */

/* What the call does not write shows as 0xa5. */
static int parse(struct lab_where where, const struct packet *packet,
                 struct packet_headers *headers)
{
    if (__asan_set_error_report_callback != NULL)
        __asan_set_error_report_callback(on_report);
    current = *packet;
    memset(headers, 0xa5, sizeof *headers);
    unsigned char *block = malloc(packet->len + 2);
    if (block == NULL)
        lab_fail_at(where, "no memory");
    memcpy(block + 2, packet->bytes, packet->len);
    int result = parse_native(block + 2, packet->len, headers);
    bool written = memcmp(block + 2, packet->bytes, packet->len) != 0;
    free(block);
    if (written)
        lab_fail_at(where, "packet_parse() changed the packet");
    return result;
}

struct packet_address parse_lab_address(const char *text)
{
    struct packet_address address = {0};
    if (inet_pton(AF_INET, text, &address) != 1 &&
        inet_pton(AF_INET6, text, &address) != 1)
        lab_fail("%s is no address", text);
    return address;
}

/* ---- Fields ---- */

/* Fields that a parser fills in, as text: for the comparison and the report. */
struct field {
    const char *name;
    char text[64];
};

#define FIELDS 12

static void write_address(char *text, size_t size, const void *bytes)
{
    const unsigned char *b = bytes;
    int len = 0;
    for (int i = 0; i < 16; i++)
        len += snprintf(text + len, size - (size_t)len, "%02x%s", b[i],
                        i % 4 == 3 && i < 15 ? " " : "");
}

static const char *fragment_word(unsigned fragment)
{
    return fragment == PACKET_WHOLE            ? "PACKET_WHOLE"
           : fragment == PACKET_FIRST_FRAGMENT ? "PACKET_FIRST_FRAGMENT"
           : fragment == PACKET_LATER_FRAGMENT ? "PACKET_LATER_FRAGMENT"
                                               : "none of the three";
}

static void write_number(struct field *field, const char *name,
                         const char *format, unsigned number)
{
    field->name = name;
    snprintf(field->text, sizeof field->text, format, number);
}

/* In the order in which a parser comes to them, so that the first that differs
 * is the cause of others. */
static void write_fields(const struct packet_headers *h,
                         struct field fields[FIELDS])
{
    write_number(&fields[0], "ether_type", "0x%04x", h->ether_type);
    write_number(&fields[1], "vlan", "%u", h->vlan);
    write_number(&fields[2], "version", "%u", h->version);
    write_number(&fields[3], "ip_offset", "%u", h->ip_offset);
    fields[4].name = "source, in hex";
    write_address(fields[4].text, sizeof fields[4].text, &h->source);
    fields[5].name = "destination, in hex";
    write_address(fields[5].text, sizeof fields[5].text, &h->destination);
    fields[6].name = "fragment";
    snprintf(fields[6].text, sizeof fields[6].text, "%s",
             fragment_word(h->fragment));
    write_number(&fields[7], "protocol", "%u", h->protocol);
    write_number(&fields[8], "transport_offset", "%u", h->transport_offset);
    write_number(&fields[9], "source_port, as a host's number", "%u",
                 ntohs(h->source_port));
    write_number(&fields[10], "destination_port, as a host's number", "%u",
                 ntohs(h->destination_port));
    write_number(&fields[11], "tcp_flags", "0x%02x", h->tcp_flags);
}

static void same_headers(struct lab_where where,
                         const struct packet_headers *actual,
                         const struct packet_headers *expected)
{
    struct field is[FIELDS], should[FIELDS];
    write_fields(actual, is);
    write_fields(expected, should);
    for (int i = 0; i < FIELDS; i++)
        if (strcmp(is[i].text, should[i].text) != 0)
            lab_differ_at(where, is[i].name, should[i].text, is[i].text);
}

/* ---- Expectations ---- */

void parse_lab_expect_at(struct lab_where where, const struct packet *packet,
                         const struct packet_headers *expected)
{
    struct packet_headers headers;
    lab_note("%s", packet_text(packet));
    lab_ok_at(where, parse(where, packet, &headers), "packet_parse()");
    same_headers(where, &headers, expected);
}

void parse_lab_expect_broken_at(struct lab_where where,
                                const struct packet *packet, const char *why)
{
    struct packet_headers headers;
    lab_note("a packet of %s, broken: %s",
             lab_count((intmax_t)packet->len, "byte"), why);
    lab_error_at(where, parse(where, packet, &headers), -EBADMSG,
                 "packet_parse()");
}

/* ---- The model ---- */

static bool agrees(const struct model *model, int result,
                   const struct packet_headers *headers)
{
    struct field is[FIELDS], should[FIELDS];
    if (model->broken)
        return result == -EBADMSG;
    if (result != 0)
        return false;
    write_fields(headers, is);
    write_fields(&model->headers, should);
    for (int i = 0; i < FIELDS; i++)
        if (strcmp(is[i].text, should[i].text) != 0)
            return false;
    return true;
}

/* Whether the contract says, at this step, what is to be told. */
static bool is_judged(const struct model *model, bool extensions)
{
    return !model->open && (extensions || !model->extended);
}

/* `what` is noted only if it fails: there are thousands. */
static void compare(struct lab_where where, const struct packet *packet,
                    bool extensions, const char *what)
{
    struct packet_headers headers;
    struct model model;
    int result = parse(where, packet, &headers);

    model_parse(&model, packet->bytes, packet->len, extensions);
    if (!is_judged(&model, extensions) || agrees(&model, result, &headers))
        return;
    lab_note("%s", what);
    note_bytes(packet);
    if (model.broken)
        lab_error_at(where, result, -EBADMSG, "packet_parse()");
    lab_ok_at(where, result, "packet_parse()");
    same_headers(where, &headers, &model.headers);
}

void parse_lab_cut_at(struct lab_where where, const struct sample *sample,
                      bool extensions)
{
    char what[200];
    struct packet cut = sample->packet;

    lab_note("%s, %s; cut off at every length from 0", sample->name,
             lab_count((intmax_t)sample->packet.len, "byte"));
    for (size_t len = 0; len <= sample->packet.len; len++) {
        cut.len = len;
        snprintf(what, sizeof what, "at %s:", lab_count((intmax_t)len, "byte"));
        compare(where, &cut, extensions, what);
    }
}

void parse_lab_damage_at(struct lab_where where, const struct sample *samples,
                         size_t sample_count, int packets, bool extensions)
{
    struct lab_random random;
    char what[200];

    lab_random_init(&random, 0);
    lab_note("%s, damaged at random", lab_count(packets, "packet"));
    for (int i = 0; i < packets; i++) {
        const struct sample *sample =
            &samples[lab_random_below(&random, sample_count)];
        struct packet packet = sample->packet;
        packet_mutate(&packet, &random);
        snprintf(what, sizeof what, "packet %d, which was %s:", i + 1,
                 sample->name);
        compare(where, &packet, extensions, what);
    }
}
