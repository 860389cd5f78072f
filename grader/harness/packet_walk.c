/*
 * packet_walk.c: take a packet apart, header by header, without belief in any
 * of them: what does not fit is payload.
 */
#include "packet_internal.h"

/* Where the walk is. */
struct walk {
    const struct packet *p;
    struct packet_view *view;
    size_t at, end;
};

static size_t left(const struct walk *w)
{
    return w->end - w->at;
}

static const unsigned char *here(const struct walk *w)
{
    return w->p->bytes + w->at;
}

static struct packet_part *add_part(struct walk *w, enum packet_layer_kind kind,
                                    size_t len)
{
    struct packet_part *part = &w->view->parts[w->view->count++];
    bool cut = len > left(w);

    *part = (struct packet_part){
        .kind = kind, .at = w->at, .len = cut ? left(w) : len, .cut = cut};
    w->at += part->len;
    return part;
}

/* The last part, in any case. */
static void add_payload(struct walk *w)
{
    if (left(w) > 0 && w->view->count < PACKET_PARTS_MAX)
        add_part(w, PACKET_PAYLOAD, left(w));
}

/* Add a header if it is here: at least `least` bytes, of which `len` are its
 * own. */
static bool add_header(struct walk *w, enum packet_layer_kind kind,
                       size_t least, size_t len)
{
    if (w->view->count >= PACKET_PARTS_MAX - 1 || len < least)
        return false;
    return !add_part(w, kind, len)->cut;
}

static void walk_transport(struct walk *w, int protocol)
{
    size_t tcp_len = left(w) > 12 ? here(w)[12] / 16u * 4 : TCP_BYTES;

    if (protocol == PROTOCOL_TCP)
        add_header(w, PACKET_TCP, TCP_BYTES, tcp_len);
    else if (protocol == PROTOCOL_UDP)
        add_header(w, PACKET_UDP, UDP_BYTES, UDP_BYTES);
    else if (protocol == PROTOCOL_ICMP)
        add_header(w, PACKET_ICMP, ICMP_BYTES, ICMP_BYTES);
    else if (protocol == PROTOCOL_ICMPV6)
        add_header(w, PACKET_ICMPV6, ICMP_BYTES, ICMP_BYTES);
}

/* Bytes of an extension header; 0: it is none. */
static size_t extension_len(const struct walk *w, int number)
{
    unsigned words = left(w) > 1 ? here(w)[1] : 0;

    switch (number) {
    case PROTOCOL_HOP_BY_HOP:
    case PROTOCOL_ROUTING:
    case PROTOCOL_DESTINATION:
        return 8 * (words + 1);
    case PROTOCOL_FRAGMENT:
        return 8;
    case PROTOCOL_AUTHENTICATION:
        return 4 * (words + 2);
    default:
        return 0;
    }
}

/* Returns the protocol behind the extension headers; -1: they make no sense. */
static int walk_extensions(struct walk *w, int number)
{
    size_t len;

    while ((len = extension_len(w, number)) > 0) {
        const unsigned char *header = here(w);
        if (!add_header(w, PACKET_EXTENSION, 8, len))
            return -1;
        w->view->parts[w->view->count - 1].number = number;
        if (number == PROTOCOL_FRAGMENT) {
            w->view->fragment = get16(header + 2) & 0xfff8;
            w->view->is_fragment = (get16(header + 2) & 0xfff9) != 0;
        }
        number = header[0];
        if (w->view->fragment > 0)
            break;
    }
    return number;
}

/* An IP header is the last part. What it says of the packet's end holds where
 * it is possible. */
static void enter_ip(struct walk *w, size_t end)
{
    if (end >= w->at && end < w->end)
        w->end = end;
    w->view->ip = w->view->count - 1;
    w->view->end = w->end;
}

static int walk_ipv4(struct walk *w)
{
    const unsigned char *header = here(w);
    size_t len = left(w) > 0 ? header[0] % 16u * 4 : IPV4_BYTES;
    size_t begin = w->at;
    unsigned fragment;

    if (left(w) > 0 && header[0] / 16 != 4)
        return -1;
    if (!add_header(w, PACKET_IPV4, IPV4_BYTES, len))
        return -1;
    fragment = get16(header + 6);
    w->view->fragment = (fragment & 0x1fff) * 8;
    w->view->is_fragment = (fragment & 0x3fff) != 0;
    enter_ip(w, begin + get16(header + 2));
    return header[9];
}

static int walk_ipv6(struct walk *w)
{
    const unsigned char *header = here(w);

    if (left(w) > 0 && header[0] / 16 != 6)
        return -1;
    if (!add_header(w, PACKET_IPV6, IPV6_BYTES, IPV6_BYTES))
        return -1;
    enter_ip(w, w->at + get16(header + 4));
    return walk_extensions(w, header[6]);
}

static void walk_ip(struct walk *w, unsigned type)
{
    struct packet_view *view = w->view;
    bool is_ip = true;

    while (is_ip) {
        view->protocol = type == TYPE_IPV4 ? walk_ipv4(w) : walk_ipv6(w);
        is_ip = view->fragment == 0 && (view->protocol == PROTOCOL_IPV4 ||
                                        view->protocol == PROTOCOL_IPV6);
        type = view->protocol == PROTOCOL_IPV4 ? TYPE_IPV4 : TYPE_IPV6;
    }
    if (view->fragment == 0)
        walk_transport(w, view->protocol);
}

void packet_walk(const struct packet *p, struct packet_view *view)
{
    struct walk w = {.p = p, .view = view, .end = p->len};
    unsigned type = 0;

    *view = (struct packet_view){.ip = -1, .protocol = -1, .end = p->len};
    if (add_header(&w, PACKET_ETH, ETH_BYTES, ETH_BYTES))
        type = get16(p->bytes + 12);
    while ((type == TYPE_VLAN || type == TYPE_SERVICE_VLAN) &&
           view->count < PACKET_PARTS_MAX - 1)
        type = add_header(&w, PACKET_VLAN, VLAN_BYTES, VLAN_BYTES)
                   ? get16(here(&w) - 2)
                   : 0;
    if (type == TYPE_ARP)
        add_header(&w, PACKET_ARP, ARP_BYTES, ARP_BYTES);
    if (type == TYPE_IPV4 || type == TYPE_IPV6)
        walk_ip(&w, type);
    add_payload(&w);
    w.end = p->len; /* behind the IP packet may stand padding */
    add_payload(&w);
}
