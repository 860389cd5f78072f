/*
 * packet_checksum.c: the Internet checksum (RFC 1071), and whether the ones in
 * a packet are right.
 */
#include "packet_internal.h"

#include <stdio.h>

uint32_t packet_sum(const void *data, size_t len, uint32_t sum)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i + 1 < len; i += 2)
        sum += get16(bytes + i);
    if (len % 2 == 1)
        sum += (uint32_t)bytes[len - 1] << 8;
    return sum;
}

uint16_t packet_checksum(const void *data, size_t len, uint32_t sum)
{
    /* Folded first: a sum may come from more than one packet's worth. */
    sum = (sum & 0xffff) + (sum >> 16);
    sum = packet_sum(data, len, sum);
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

uint32_t packet_pseudo_sum(const unsigned char *ip, bool is_v6, int protocol,
                           size_t len)
{
    uint32_t sum = packet_sum(is_v6 ? ip + 8 : ip + 12, is_v6 ? 32 : 8, 0);
    return sum + (uint32_t)protocol + (uint32_t)len;
}

int packet_checksum_offset(enum packet_layer_kind kind)
{
    switch (kind) {
    case PACKET_IPV4:
        return 10;
    case PACKET_TCP:
        return 16;
    case PACKET_UDP:
        return 6;
    case PACKET_ICMP:
    case PACKET_ICMPV6:
        return 2;
    default:
        return -1;
    }
}

/* What the checksum of a part should be: it is computed with 0 in its place. */
static unsigned right_checksum(const struct packet *p,
                               const struct packet_view *view,
                               const struct packet_part *part)
{
    const struct packet_part *ip = &view->parts[view->ip];
    bool is_v6 = ip->kind == PACKET_IPV6;
    struct packet copy = *p;
    size_t len = part->kind == PACKET_IPV4 ? part->len : view->end - part->at;
    uint32_t sum = 0;
    unsigned right;

    put16(copy.bytes + part->at + packet_checksum_offset(part->kind), 0);
    if (part->kind != PACKET_IPV4 && part->kind != PACKET_ICMP)
        sum = packet_pseudo_sum(p->bytes + ip->at, is_v6, view->protocol, len);
    right = packet_checksum(copy.bytes + part->at, len, sum);
    /* RFC 768: 0 means that there is none. */
    return part->kind == PACKET_UDP && right == 0 ? 0xffff : right;
}

static bool is_looked_at(const struct packet *p, const struct packet_view *view,
                         const struct packet_part *part)
{
    if (packet_checksum_offset(part->kind) < 0 || part->cut)
        return false;
    if (part->kind == PACKET_IPV4)
        return true;
    if (view->is_fragment)
        return false;
    return part->kind != PACKET_UDP || get16(p->bytes + part->at + 6) != 0 ||
           view->parts[view->ip].kind != PACKET_IPV4;
}

static const char *layer_name(enum packet_layer_kind kind)
{
    switch (kind) {
    case PACKET_IPV4:
        return "IPv4";
    case PACKET_TCP:
        return "TCP";
    case PACKET_UDP:
        return "UDP";
    default:
        return kind == PACKET_ICMP ? "ICMP" : "ICMPv6";
    }
}

void packet_checksums_right_at(struct lab_where where, const struct packet *p,
                               const char *what)
{
    struct packet_view view;

    packet_walk(p, &view);
    for (int i = 0; i < view.count; i++) {
        const struct packet_part *part = &view.parts[i];
        char sentence[256], should[16], is[16];
        unsigned right, found;
        if (!is_looked_at(p, &view, part))
            continue;
        right = right_checksum(p, &view, part);
        found = get16(p->bytes + part->at + packet_checksum_offset(part->kind));
        if (right == found)
            continue;
        snprintf(sentence, sizeof sentence, "%s: %s checksum", what,
                 layer_name(part->kind));
        snprintf(should, sizeof should, "0x%04x", right);
        snprintf(is, sizeof is, "0x%04x", found);
        lab_differ_at(where, sentence, should, is);
    }
}
