/*
 * model.c: see model.h. A cursor goes over the bytes, and each of the functions
 * below takes one header off; `end` is where the packet ends.
 */
#include "model.h"

#include <netinet/in.h>
#include <string.h>

struct walk {
    struct model *model;
    const unsigned char *bytes;
    size_t at, end;
    bool extensions;
};

static bool has(struct walk *w, size_t len)
{
    if (w->at + len > w->end)
        w->model->broken = true;
    return !w->model->broken;
}

static unsigned byte(const struct walk *w, size_t index)
{
    return w->bytes[w->at + index];
}

static unsigned number(const struct walk *w, size_t index)
{
    return byte(w, index) << 8 | byte(w, index + 1);
}

static void copy(const struct walk *w, size_t index, void *to, size_t len)
{
    memcpy(to, w->bytes + w->at + index, len);
}

/* ---- Behind IP ---- */

static void walk_tcp(struct walk *w)
{
    struct packet_headers *h = &w->model->headers;
    if (!has(w, 20))
        return;
    size_t len = (byte(w, 12) >> 4) * 4u;
    if (len < 20 || !has(w, len)) {
        w->model->broken = true;
        return;
    }
    copy(w, 0, &h->source_port, 2);
    copy(w, 2, &h->destination_port, 2);
    h->tcp_flags = (__u8)byte(w, 13);
}

static void walk_udp(struct walk *w)
{
    struct packet_headers *h = &w->model->headers;
    if (!has(w, 8))
        return;
    size_t len = number(w, 4);
    bool first = h->fragment == PACKET_FIRST_FRAGMENT;
    if (len < 8 || (!first && w->at + len > w->end)) {
        w->model->broken = true;
        return;
    }
    copy(w, 0, &h->source_port, 2);
    copy(w, 2, &h->destination_port, 2);
}

static void walk_transport(struct walk *w)
{
    struct packet_headers *h = &w->model->headers;
    h->transport_offset = (__u16)w->at;
    if (h->fragment == PACKET_LATER_FRAGMENT)
        return;
    if (h->protocol == IPPROTO_TCP)
        walk_tcp(w);
    else if (h->protocol == IPPROTO_UDP)
        walk_udp(w);
}

/* ---- IP ---- */

static __u8 fragment_kind(unsigned offset, bool more)
{
    if (offset > 0)
        return PACKET_LATER_FRAGMENT;
    return more ? PACKET_FIRST_FRAGMENT : PACKET_WHOLE;
}

static void walk_ipv4(struct walk *w)
{
    struct packet_headers *h = &w->model->headers;
    if (!has(w, 20))
        return;
    size_t header = (byte(w, 0) & 15) * 4u, total = number(w, 2);
    if (byte(w, 0) >> 4 != 4 || header < 20 || total < header ||
        !has(w, total)) {
        w->model->broken = true;
        return;
    }
    h->version = 4;
    h->ip_offset = (__u16)w->at;
    h->fragment = fragment_kind(number(w, 6) % 8192, byte(w, 6) & 0x20);
    h->protocol = (__u8)byte(w, 9);
    copy(w, 12, &h->source, 4);
    copy(w, 16, &h->destination, 4);
    w->end = w->at + total;
    w->at += header;
    walk_transport(w);
}

static size_t extension_bytes(const struct walk *w, unsigned protocol)
{
    switch (protocol) {
    case 44:
        return 8;
    case 51:
        return byte(w, 1) * 4u + 8;
    default:
        return byte(w, 1) * 8u + 8;
    }
}

static bool is_extension(unsigned protocol)
{
    return protocol == 0 || protocol == 43 || protocol == 44 ||
           protocol == 51 || protocol == 60;
}

static void walk_extension(struct walk *w)
{
    struct packet_headers *h = &w->model->headers;
    if (!has(w, 8))
        return;
    size_t len = extension_bytes(w, h->protocol);
    if (!has(w, len))
        return;
    if (h->protocol == 44)
        h->fragment = fragment_kind(number(w, 2) / 8, byte(w, 3) & 1);
    if (h->protocol == 51 && len < 12)
        w->model->open = true;
    h->protocol = (__u8)byte(w, 0);
    w->at += len;
}

static void walk_extensions(struct walk *w)
{
    struct packet_headers *h = &w->model->headers;
    int fragment_headers = 0;
    if (is_extension(h->protocol))
        w->model->extended = true;
    for (int i = 0; i < PACKET_EXTENSIONS_MAX && w->extensions; i++) {
        if (w->model->broken || !is_extension(h->protocol) ||
            h->fragment == PACKET_LATER_FRAGMENT)
            return;
        fragment_headers += h->protocol == 44;
        if (fragment_headers > 1)
            w->model->open = true;
        walk_extension(w);
    }
}

static void walk_ipv6(struct walk *w)
{
    struct packet_headers *h = &w->model->headers;
    if (!has(w, 40))
        return;
    size_t payload = number(w, 4);
    if (byte(w, 0) >> 4 != 6 || !has(w, 40 + payload)) {
        w->model->broken = true;
        return;
    }
    h->version = 6;
    h->ip_offset = (__u16)w->at;
    h->protocol = (__u8)byte(w, 6);
    copy(w, 8, &h->source, 16);
    copy(w, 24, &h->destination, 16);
    w->end = w->at + 40 + payload;
    w->at += 40;
    walk_extensions(w);
    if (!w->model->broken)
        walk_transport(w);
}

/* ---- Ethernet ---- */

static void walk_tag(struct walk *w, int index)
{
    struct packet_headers *h = &w->model->headers;
    if (h->ether_type == 0x88a8 || index > 0)
        w->model->extended = true;
    if (!has(w, 4))
        return;
    if (index == 0)
        h->vlan = number(w, 0) & 0xfff;
    h->ether_type = (__u16)number(w, 2);
    w->at += 4;
}

static bool is_tag(const struct walk *w)
{
    __u16 type = w->model->headers.ether_type;
    return !w->model->broken && (type == 0x8100 || type == 0x88a8);
}

void model_parse(struct model *model, const unsigned char *bytes, size_t len,
                 bool extensions)
{
    struct walk w = {model, bytes, 0, len, extensions};
    memset(model, 0, sizeof *model);
    if (!has(&w, 14))
        return;
    model->headers.ether_type = (__u16)number(&w, 12);
    w.at = 14;
    for (int i = 0; i < PACKET_VLANS_MAX && is_tag(&w); i++)
        walk_tag(&w, i);
    if (model->broken)
        return;
    if (model->headers.ether_type == 0x0800)
        walk_ipv4(&w);
    else if (model->headers.ether_type == 0x86dd)
        walk_ipv6(&w);
}
