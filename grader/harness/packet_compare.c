/*
 * packet_compare.c: two packets field by field, so that the report names a
 * field and not a byte.
 *
 * Checksums come last: one that is wrong follows from another field that is,
 * wherever that one stands.
 */
#include "packet_internal.h"

#include <arpa/inet.h>
#include <stdio.h>

enum style { NUMBER, HEX, MAC, ADDRESS, FLAGS };

/* A field by the place of its first bit in the header. */
struct field {
    const char *name;
    unsigned short bit, bits;
    enum style style;
};

struct layout {
    enum packet_layer_kind kind;
    const char *name;
    struct field fields[16]; /* up to a nameless one */
};

static const struct layout layouts[] = {
    {PACKET_ETH,
     "Ethernet",
     {{"destination", 0, 48, MAC},
      {"source", 48, 48, MAC},
      {"type", 96, 16, HEX}}},
    {PACKET_VLAN,
     "VLAN",
     {{"priority", 0, 3, NUMBER},
      {"drop eligible bit", 3, 1, NUMBER},
      {"id", 4, 12, NUMBER},
      {"type", 16, 16, HEX}}},
    {PACKET_ARP,
     "ARP",
     {{"hardware type", 0, 16, NUMBER},
      {"protocol type", 16, 16, HEX},
      {"hardware length", 32, 8, NUMBER},
      {"protocol length", 40, 8, NUMBER},
      {"operation", 48, 16, NUMBER},
      {"sender's MAC", 64, 48, MAC},
      {"sender's address", 112, 32, ADDRESS},
      {"target's MAC", 144, 48, MAC},
      {"target's address", 192, 32, ADDRESS}}},
    {PACKET_IPV4,
     "IPv4",
     {{"version", 0, 4, NUMBER},
      {"header length in words", 4, 4, NUMBER},
      {"type of service", 8, 8, HEX},
      {"total length", 16, 16, NUMBER},
      {"identification", 32, 16, HEX},
      {"reserved bit", 48, 1, NUMBER},
      {"don't-fragment bit", 49, 1, NUMBER},
      {"more-fragments bit", 50, 1, NUMBER},
      {"fragment offset", 51, 13, NUMBER},
      {"time to live", 64, 8, NUMBER},
      {"protocol", 72, 8, NUMBER},
      {"checksum", 80, 16, HEX},
      {"source", 96, 32, ADDRESS},
      {"destination", 128, 32, ADDRESS}}},
    {PACKET_IPV6,
     "IPv6",
     {{"version", 0, 4, NUMBER},
      {"traffic class", 4, 8, HEX},
      {"flow label", 12, 20, HEX},
      {"payload length", 32, 16, NUMBER},
      {"next header", 48, 8, NUMBER},
      {"hop limit", 56, 8, NUMBER},
      {"source", 64, 128, ADDRESS},
      {"destination", 192, 128, ADDRESS}}},
    {PACKET_EXTENSION,
     "IPv6 extension header's",
     {{"next header", 0, 8, NUMBER},
      {"length", 8, 8, NUMBER},
      {"bytes 2 and 3", 16, 16, HEX},
      {"bytes 4 to 7", 32, 32, HEX}}},
    {PACKET_TCP,
     "TCP",
     {{"source port", 0, 16, NUMBER},
      {"destination port", 16, 16, NUMBER},
      {"sequence number", 32, 32, NUMBER},
      {"acknowledgement number", 64, 32, NUMBER},
      {"header length in words", 96, 4, NUMBER},
      {"reserved bits", 100, 4, HEX},
      {"flags", 104, 8, FLAGS},
      {"window", 112, 16, NUMBER},
      {"checksum", 128, 16, HEX},
      {"urgent pointer", 144, 16, NUMBER}}},
    {PACKET_UDP,
     "UDP",
     {{"source port", 0, 16, NUMBER},
      {"destination port", 16, 16, NUMBER},
      {"length", 32, 16, NUMBER},
      {"checksum", 48, 16, HEX}}},
    {PACKET_ICMP,
     "ICMP",
     {{"type", 0, 8, NUMBER},
      {"code", 8, 8, NUMBER},
      {"checksum", 16, 16, HEX},
      {"identifier", 32, 16, NUMBER},
      {"sequence number", 48, 16, NUMBER}}},
    {PACKET_ICMPV6,
     "ICMPv6",
     {{"type", 0, 8, NUMBER},
      {"code", 8, 8, NUMBER},
      {"checksum", 16, 16, HEX},
      {"identifier", 32, 16, NUMBER},
      {"sequence number", 48, 16, NUMBER}}},
    {PACKET_PAYLOAD, "payload", {{0}}},
};

static const struct layout *layout_of(enum packet_layer_kind kind)
{
    const struct layout *layout = layouts;
    while (layout->kind != kind)
        layout++;
    return layout;
}

/* A comparison under way. */
struct compare {
    struct lab_where where;
    const struct packet *actual, *expected;
    const char *what;
};

/* ---- One field ---- */

static uint64_t field_value(const unsigned char *header,
                            const struct field *field)
{
    uint64_t value = 0;
    for (unsigned bit = field->bit; bit < field->bit + field->bits; bit++)
        value = value << 1 | (header[bit / 8] >> (7 - bit % 8) & 1);
    return value;
}

static void flags_text(unsigned flags, char *text, size_t size)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH",
                                        "ACK", "URG", "ECE", "CWR"};
    size_t len = 0;

    snprintf(text, size, "none");
    for (int i = 0; i < 8; i++)
        if (flags >> i & 1)
            len += (size_t)snprintf(text + len, size - len, "%s%s",
                                    len > 0 ? "+" : "", names[i]);
}

#define FIELD_TEXT_BYTES 64

static void field_text(const unsigned char *header, const struct field *field,
                       char text[FIELD_TEXT_BYTES])
{
    const unsigned char *b = header + field->bit / 8;
    uint64_t value = field->bits <= 64 ? field_value(header, field) : 0;

    switch (field->style) {
    case NUMBER:
        snprintf(text, FIELD_TEXT_BYTES, "%lu", (unsigned long)value);
        break;
    case HEX:
        snprintf(text, FIELD_TEXT_BYTES, "0x%0*lx", (field->bits + 3) / 4,
                 (unsigned long)value);
        break;
    case MAC:
        snprintf(text, FIELD_TEXT_BYTES, "%02x:%02x:%02x:%02x:%02x:%02x", b[0],
                 b[1], b[2], b[3], b[4], b[5]);
        break;
    case ADDRESS:
        inet_ntop(field->bits == 32 ? AF_INET : AF_INET6, b, text,
                  FIELD_TEXT_BYTES);
        break;
    case FLAGS:
        flags_text((unsigned)value, text, FIELD_TEXT_BYTES);
        break;
    }
}

static bool same_bits(const unsigned char *a, const unsigned char *b,
                      const struct field *field)
{
    if (field->bits > 64)
        return memcmp(a + field->bit / 8, b + field->bit / 8,
                      field->bits / 8u) == 0;
    return field_value(a, field) == field_value(b, field);
}

static void compare_field(const struct compare *c, const char *layer,
                          const struct field *field, size_t at)
{
    const unsigned char *actual = c->actual->bytes + at;
    const unsigned char *expected = c->expected->bytes + at;
    char sentence[256], is[FIELD_TEXT_BYTES], should[FIELD_TEXT_BYTES];

    if (same_bits(actual, expected, field))
        return;
    snprintf(sentence, sizeof sentence, "%s: %s %s", c->what, layer,
             field->name);
    field_text(actual, field, is);
    field_text(expected, field, should);
    lab_differ_at(c->where, sentence, should, is);
}

/* ---- Parts ---- */

static bool is_checksum(const struct field *field)
{
    return strcmp(field->name, "checksum") == 0;
}

static void compare_fields(const struct compare *c,
                           const struct packet_part *part, bool checksums)
{
    const struct layout *layout = layout_of(part->kind);

    for (const struct field *f = layout->fields; f->name != NULL; f++)
        if ((size_t)(f->bit + f->bits) <= part->len * 8 &&
            is_checksum(f) == checksums)
            compare_field(c, layout->name, f, part->at);
}

/* Bytes of a part behind its named fields: options, payload. */
static void compare_rest(const struct compare *c,
                         const struct packet_part *actual,
                         const struct packet_part *expected)
{
    const struct layout *layout = layout_of(expected->kind);
    size_t named = 0;
    char sentence[256];

    for (const struct field *f = layout->fields; f->name != NULL; f++)
        named = (size_t)(f->bit + f->bits) / 8;
    snprintf(sentence, sizeof sentence, "%s: %s%s", c->what, layout->name,
             actual->cut || expected->cut ? " header"
             : named > 0                  ? " options"
                                          : "");
    if (named > expected->len)
        named = expected->len;
    if (named > actual->len)
        named = actual->len;
    lab_same_bytes_at(
        c->where,
        (struct lab_bytes){c->actual->bytes + actual->at + named,
                           actual->len - named},
        (struct lab_bytes){c->expected->bytes + expected->at + named,
                           expected->len - named},
        "%s", sentence);
}

static const char *part_text(const struct packet_view *view, int i)
{
    static const char *const kinds[] = {
        [PACKET_ETH] = "an Ethernet header",
        [PACKET_VLAN] = "a VLAN tag",
        [PACKET_ARP] = "an ARP packet",
        [PACKET_IPV4] = "an IPv4 header",
        [PACKET_IPV6] = "an IPv6 header",
        [PACKET_EXTENSION] = "an IPv6 extension header",
        [PACKET_TCP] = "a TCP header",
        [PACKET_UDP] = "a UDP header",
        [PACKET_ICMP] = "an ICMP header",
        [PACKET_ICMPV6] = "an ICMPv6 header",
        [PACKET_PAYLOAD] = "payload",
    };
    return i < view->count ? kinds[view->parts[i].kind] : "nothing";
}

/* The same kind of header at the same place, but for its length. */
static void compare_kind(const struct compare *c,
                         const struct packet_view *actual,
                         const struct packet_view *expected, int i)
{
    char sentence[256];

    if (i < actual->count && i < expected->count &&
        actual->parts[i].kind == expected->parts[i].kind)
        return;
    snprintf(sentence, sizeof sentence, "%s: what stands at byte %zu", c->what,
             i < expected->count ? expected->parts[i].at : actual->parts[i].at);
    lab_differ_at(c->where, sentence, part_text(expected, i),
                  part_text(actual, i));
}

void packet_same_at(struct lab_where where, const struct packet *actual,
                    const struct packet *expected, const char *what)
{
    struct compare c = {where, actual, expected, what};
    struct packet_view is, should;

    if (actual->len == expected->len &&
        memcmp(actual->bytes, expected->bytes, actual->len) == 0)
        return;
    packet_walk(actual, &is);
    packet_walk(expected, &should);
    for (int i = 0; i < is.count || i < should.count; i++) {
        compare_kind(&c, &is, &should, i);
        if (is.parts[i].len < should.parts[i].len)
            compare_fields(&c, &is.parts[i], false);
        else
            compare_fields(&c, &should.parts[i], false);
        compare_rest(&c, &is.parts[i], &should.parts[i]);
    }
    for (int i = 0; i < should.count; i++)
        compare_fields(&c, &should.parts[i], true);
    lab_fail_at(where, "%s: it differs in no field that has a name", what);
}
