/*
 * packet_build.c: packets from their layers.
 *
 * Three rounds over the layers: where each header begins; its fields, for which
 * the layers behind it must be known; and from the innermost one outwards the
 * checksums, which are over what is inside.
 */
#include "packet_internal.h"

#include <arpa/inet.h>
#include <stdio.h>

#define LAYERS_MAX 12
#define MAC_BYTES 6

struct building {
    struct lab_where where;
    struct packet *p;
    const struct packet_layer *layers;
    int count;
    size_t at[LAYERS_MAX + 1]; /* of each header; of the packet's end */
};

/* ---- Values and their usual ones ---- */

/* -1 stands for 0, and 0 for what is usual. */
static unsigned said(int value, unsigned usual)
{
    return value == 0 ? usual : value < 0 ? 0 : (unsigned)value;
}

static void put_address(const struct building *b, size_t at, int family,
                        const char *text)
{
    if (inet_pton(family, text, b->p->bytes + at) != 1)
        lab_fail_at(b->where, "packet_build: '%s' is no %s address", text,
                    family == AF_INET ? "IPv4" : "IPv6");
}

static void put_mac(const struct building *b, size_t at, const char *text)
{
    unsigned byte[MAC_BYTES];
    char more;

    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &byte[0], &byte[1], &byte[2],
               &byte[3], &byte[4], &byte[5], &more) != MAC_BYTES)
        lab_fail_at(b->where, "packet_build: '%s' is no MAC address", text);
    for (int i = 0; i < MAC_BYTES; i++)
        b->p->bytes[at + (size_t)i] = (unsigned char)byte[i];
}

static const char *text_or(const char *text, const char *usual)
{
    return text != NULL ? text : usual;
}

static unsigned type_of(const struct packet_layer *next)
{
    switch (next->kind) {
    case PACKET_VLAN:
        return next->vlan.service ? TYPE_SERVICE_VLAN : TYPE_VLAN;
    case PACKET_ARP:
        return TYPE_ARP;
    case PACKET_IPV4:
        return TYPE_IPV4;
    case PACKET_IPV6:
        return TYPE_IPV6;
    default:
        return TYPE_EXPERIMENT;
    }
}

static unsigned protocol_of(const struct packet_layer *next)
{
    switch (next->kind) {
    case PACKET_EXTENSION:
        return (unsigned)next->extension.header;
    case PACKET_IPV4:
        return PROTOCOL_IPV4;
    case PACKET_IPV6:
        return PROTOCOL_IPV6;
    case PACKET_TCP:
        return PROTOCOL_TCP;
    case PACKET_UDP:
        return PROTOCOL_UDP;
    case PACKET_ICMP:
        return PROTOCOL_ICMP;
    case PACKET_ICMPV6:
        return PROTOCOL_ICMPV6;
    case PACKET_END:
        return PROTOCOL_NOTHING;
    default:
        return PROTOCOL_EXPERIMENT;
    }
}

/* ---- Where each begins ---- */

static size_t extension_len(const struct packet_layer *layer)
{
    if (layer->extension.len > 0)
        return (size_t)layer->extension.len;
    /* An authentication header in IPv6 is a multiple of 8 long, and over 12. */
    return layer->extension.header == PROTOCOL_AUTHENTICATION ? 16 : 8;
}

static size_t layer_len(const struct packet_layer *layer)
{
    switch (layer->kind) {
    case PACKET_ETH:
        return ETH_BYTES;
    case PACKET_VLAN:
        return VLAN_BYTES;
    case PACKET_ARP:
        return ARP_BYTES;
    case PACKET_IPV4:
        return IPV4_BYTES + (size_t)layer->ipv4.options;
    case PACKET_IPV6:
        return IPV6_BYTES;
    case PACKET_EXTENSION:
        return extension_len(layer);
    case PACKET_TCP:
        return TCP_BYTES + (size_t)layer->tcp.options;
    case PACKET_UDP:
        return UDP_BYTES;
    case PACKET_ICMP:
    case PACKET_ICMPV6:
        return ICMP_BYTES;
    case PACKET_PAYLOAD:
        return layer->payload.len;
    case PACKET_END:
        break;
    }
    return 0;
}

static void place_layers(struct building *b)
{
    size_t at = 0;

    for (; b->layers[b->count].kind != PACKET_END; b->count++) {
        if (b->count == LAYERS_MAX)
            lab_fail_at(b->where, "packet_build: over %d layers", LAYERS_MAX);
        b->at[b->count] = at;
        at += layer_len(&b->layers[b->count]);
        if (at > PACKET_BYTES_MAX)
            lab_fail_at(b->where, "packet_build: over %d bytes",
                        PACKET_BYTES_MAX);
    }
    b->at[b->count] = at;
    b->p->len = at;
    memset(b->p->bytes, 0, sizeof b->p->bytes);
}

/* ---- Fields ---- */

static void put_eth(const struct building *b, int i, unsigned char *to)
{
    const struct packet_layer *layer = &b->layers[i];

    put_mac(b, b->at[i], text_or(layer->eth.to, PACKET_SERVER_MAC));
    put_mac(b, b->at[i] + MAC_BYTES,
            text_or(layer->eth.from, PACKET_CLIENT_MAC));
    put16(to + 12, said(layer->eth.type, type_of(layer + 1)));
}

static void put_vlan(const struct packet_layer *layer, unsigned char *to)
{
    put16(to, (unsigned)layer->vlan.priority << 13 | (unsigned)layer->vlan.id);
    put16(to + 2, said(layer->vlan.type, type_of(layer + 1)));
}

/* Who has `to`? `from` asks. */
static void put_arp(const struct building *b, int i, unsigned char *to)
{
    const struct packet_layer *layer = &b->layers[i];

    put16(to, 1); /* Ethernet */
    put16(to + 2, TYPE_IPV4);
    to[4] = MAC_BYTES;
    to[5] = 4;
    put16(to + 6, 1); /* a request */
    put_mac(b, b->at[i] + 8, PACKET_CLIENT_MAC);
    put_address(b, b->at[i] + 14, AF_INET,
                text_or(layer->arp.from, PACKET_CLIENT));
    put_address(b, b->at[i] + 24, AF_INET,
                text_or(layer->arp.to, PACKET_SERVER));
}

static void put_ipv4(const struct building *b, int i, unsigned char *to)
{
    const struct packet_layer *layer = &b->layers[i];
    unsigned words = (unsigned)layer_len(layer) / 4;
    unsigned version = said(layer->ipv4.wrong_version, 4);
    unsigned len = (unsigned)(b->p->len - b->at[i]);
    unsigned fragment = (unsigned)layer->ipv4.fragment / 8;

    to[0] = (unsigned char)(version << 4 | said(layer->ipv4.wrong_ihl, words));
    to[1] = (unsigned char)layer->ipv4.tos;
    put16(to + 2, said(layer->ipv4.wrong_length, len));
    put16(to + 4, (unsigned)layer->ipv4.id);
    put16(to + 6, (layer->ipv4.dont_fragment ? 0x4000u : 0) |
                      (layer->ipv4.more ? 0x2000u : 0) | fragment);
    to[8] = (unsigned char)said(layer->ipv4.ttl, 64);
    to[9] = (unsigned char)said(layer->ipv4.protocol, protocol_of(layer + 1));
    put_address(b, b->at[i] + 12, AF_INET,
                text_or(layer->ipv4.from, PACKET_CLIENT));
    put_address(b, b->at[i] + 16, AF_INET,
                text_or(layer->ipv4.to, PACKET_SERVER));
    memset(to + IPV4_BYTES, 1, (size_t)layer->ipv4.options); /* NOP */
}

static void put_ipv6(const struct building *b, int i, unsigned char *to)
{
    const struct packet_layer *layer = &b->layers[i];
    unsigned len = (unsigned)(b->p->len - b->at[i] - IPV6_BYTES);

    put32(to, said(layer->ipv6.wrong_version, 6) << 28 |
                  (unsigned)layer->ipv6.traffic_class << 20 |
                  (unsigned)layer->ipv6.flow_label);
    put16(to + 4, said(layer->ipv6.wrong_length, len));
    to[6] =
        (unsigned char)said(layer->ipv6.next_header, protocol_of(layer + 1));
    to[7] = (unsigned char)said(layer->ipv6.hop_limit, 64);
    put_address(b, b->at[i] + 8, AF_INET6,
                text_or(layer->ipv6.from, PACKET_CLIENT_V6));
    put_address(b, b->at[i] + 24, AF_INET6,
                text_or(layer->ipv6.to, PACKET_SERVER_V6));
}

/* Zeroes where options would be are options too: Pad1. */
static void put_extension(const struct packet_layer *layer, unsigned char *to)
{
    unsigned len = (unsigned)extension_len(layer);

    to[0] = (unsigned char)said(layer->extension.next_header,
                                protocol_of(layer + 1));
    if (layer->extension.header == PROTOCOL_FRAGMENT)
        put16(to + 2,
              (unsigned)layer->extension.fragment | layer->extension.more);
    else if (layer->extension.header == PROTOCOL_AUTHENTICATION)
        to[1] = (unsigned char)(len / 4 - 2);
    else
        to[1] = (unsigned char)(len / 8 - 1);
}

static void put_tcp(const struct packet_layer *layer, unsigned char *to)
{
    unsigned words = (unsigned)layer_len(layer) / 4;

    put16(to, said(layer->tcp.from, PACKET_CLIENT_PORT));
    put16(to + 2, said(layer->tcp.to, PACKET_SERVER_PORT));
    put32(to + 4, layer->tcp.sequence);
    put32(to + 8, layer->tcp.acknowledgement);
    to[12] = (unsigned char)(said(layer->tcp.wrong_offset, words) << 4);
    to[13] = (unsigned char)said(layer->tcp.flags, PACKET_ACK);
    put16(to + 14, said(layer->tcp.window, 65535));
    memset(to + TCP_BYTES, 1, (size_t)layer->tcp.options); /* NOP */
}

static void put_udp(const struct building *b, int i, unsigned char *to)
{
    const struct packet_layer *layer = &b->layers[i];

    put16(to, said(layer->udp.from, PACKET_CLIENT_PORT));
    put16(to + 2, said(layer->udp.to, PACKET_SERVER_PORT));
    put16(to + 4,
          said(layer->udp.wrong_length, (unsigned)(b->p->len - b->at[i])));
}

static void put_icmp(const struct packet_layer *layer, unsigned char *to)
{
    unsigned echo_request = layer->kind == PACKET_ICMP ? 8 : 128;

    to[0] = (unsigned char)said(layer->icmp.type, echo_request);
    to[1] = (unsigned char)layer->icmp.code;
    put16(to + 4, (unsigned)layer->icmp.id);
    put16(to + 6, (unsigned)layer->icmp.sequence);
}

static void put_layer(const struct building *b, int i)
{
    const struct packet_layer *layer = &b->layers[i];
    unsigned char *to = b->p->bytes + b->at[i];

    switch (layer->kind) {
    case PACKET_ETH:
        put_eth(b, i, to);
        break;
    case PACKET_VLAN:
        put_vlan(layer, to);
        break;
    case PACKET_ARP:
        put_arp(b, i, to);
        break;
    case PACKET_IPV4:
        put_ipv4(b, i, to);
        break;
    case PACKET_IPV6:
        put_ipv6(b, i, to);
        break;
    case PACKET_EXTENSION:
        put_extension(layer, to);
        break;
    case PACKET_TCP:
        put_tcp(layer, to);
        break;
    case PACKET_UDP:
        put_udp(b, i, to);
        break;
    case PACKET_ICMP:
    case PACKET_ICMPV6:
        put_icmp(layer, to);
        break;
    case PACKET_PAYLOAD:
        if (layer->payload.len > 0)
            memcpy(to, layer->payload.data, layer->payload.len);
        break;
    case PACKET_END:
        break;
    }
}

/* ---- Checksums ---- */

/* What comes before the segment of this layer; 0 if it is in no IP packet. */
static uint32_t pseudo_sum(const struct building *b, int i, size_t len)
{
    int ip = i - 1;

    while (ip >= 0 && b->layers[ip].kind != PACKET_IPV4 &&
           b->layers[ip].kind != PACKET_IPV6)
        ip--;
    if (ip < 0)
        return 0;
    return packet_pseudo_sum(b->p->bytes + b->at[ip],
                             b->layers[ip].kind == PACKET_IPV6,
                             (int)protocol_of(&b->layers[i]), len);
}

static int wrong_checksum(const struct packet_layer *layer)
{
    return layer->kind == PACKET_IPV4  ? layer->ipv4.wrong_checksum
           : layer->kind == PACKET_TCP ? layer->tcp.wrong_checksum
           : layer->kind == PACKET_UDP ? layer->udp.wrong_checksum
                                       : 0;
}

static void put_checksum(const struct building *b, int i)
{
    const struct packet_layer *layer = &b->layers[i];
    int offset = packet_checksum_offset(layer->kind);
    unsigned char *to = b->p->bytes + b->at[i];
    size_t len = b->p->len - b->at[i];
    uint32_t sum = 0;
    unsigned checksum;

    if (offset < 0 || (layer->kind == PACKET_UDP && layer->udp.no_checksum))
        return;
    if (layer->kind == PACKET_IPV4)
        len = layer_len(layer);
    else if (layer->kind != PACKET_ICMP)
        sum = pseudo_sum(b, i, len);
    checksum = packet_checksum(to, len, sum);
    if (layer->kind == PACKET_UDP && checksum == 0)
        checksum = 0xffff; /* RFC 768: 0 means that there is none */
    put16(to + offset, checksum + (unsigned)wrong_checksum(layer));
}

void packet_build_at(struct lab_where where, struct packet *p,
                     const struct packet_layer *layers)
{
    struct building b = {.where = where, .p = p, .layers = layers};

    place_layers(&b);
    for (int i = 0; i < b.count; i++)
        put_layer(&b, i);
    for (int i = b.count - 1; i >= 0; i--)
        put_checksum(&b, i);
}
