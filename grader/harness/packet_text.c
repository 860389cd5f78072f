/*
 * packet_text.c: a packet in one line.
 */
#include "packet_internal.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

#define TEXTS 8
#define TEXT_BYTES 256

/* A line that grows. */
struct line {
    char *text;
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line,
                                                      const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(line->text + line->len, TEXT_BYTES - line->len, format, args);
    va_end(args);
    line->len += strlen(line->text + line->len);
}

static const struct packet_part *find(const struct packet_view *view,
                                      enum packet_layer_kind kind)
{
    for (int i = 0; i < view->count; i++)
        if (view->parts[i].kind == kind)
            return &view->parts[i];
    return NULL;
}

static const struct packet_part *find_transport(const struct packet_view *view)
{
    static const enum packet_layer_kind kinds[] = {PACKET_TCP, PACKET_UDP,
                                                   PACKET_ICMP, PACKET_ICMPV6};
    const struct packet_part *part = NULL;

    for (size_t i = 0; part == NULL && i < sizeof kinds / sizeof *kinds; i++)
        part = find(view, kinds[i]);
    return part;
}

static void add_tags(struct line *line, const struct packet *p,
                     const struct packet_view *view)
{
    for (int i = 0; i < view->count; i++)
        if (view->parts[i].kind == PACKET_VLAN && !view->parts[i].cut)
            add(line, "VLAN %u, ", get16(p->bytes + view->parts[i].at) & 0xfff);
}

/* "10.0.0.1:40000", "[fd00::1]:40000"; port -1: the address alone. */
static void add_end(struct line *line, const unsigned char *address, bool is_v6,
                    int port)
{
    char text[INET6_ADDRSTRLEN];

    inet_ntop(is_v6 ? AF_INET6 : AF_INET, address, text, sizeof text);
    add(line, is_v6 && port >= 0 ? "[%s]" : "%s", text);
    if (port >= 0)
        add(line, ":%d", port);
}

static void add_ends(struct line *line, const struct packet *p,
                     const struct packet_view *view,
                     const struct packet_part *transport)
{
    const struct packet_part *ip = &view->parts[view->ip];
    const unsigned char *header = p->bytes + ip->at;
    bool is_v6 = ip->kind == PACKET_IPV6;
    bool has_ports = transport != NULL && transport->kind != PACKET_ICMP &&
                     transport->kind != PACKET_ICMPV6 && transport->len >= 4;
    const unsigned char *ports = has_ports ? p->bytes + transport->at : NULL;

    add(line, is_v6 ? "IPv6 " : "IPv4 ");
    add_end(line, header + (is_v6 ? 8 : 12), is_v6,
            has_ports ? (int)get16(ports) : -1);
    add(line, " > ");
    add_end(line, header + (is_v6 ? 24 : 16), is_v6,
            has_ports ? (int)get16(ports + 2) : -1);
}

static void add_flags(struct line *line, unsigned flags)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK"};
    const char *mark = " ";

    for (int i = 0; i < 5; i++)
        if (flags >> i & 1) {
            add(line, "%s%s", mark, names[i]);
            mark = "+";
        }
}

static void add_icmp(struct line *line, const char *name, unsigned type,
                     bool is_request, bool is_reply)
{
    if (is_request || is_reply)
        add(line, " %s echo %s", name, is_request ? "request" : "reply");
    else
        add(line, " %s type %u", name, type);
}

static const char *protocol_name(int protocol)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {{PROTOCOL_ICMP, " ICMP"},
                 {PROTOCOL_TCP, " TCP"},
                 {PROTOCOL_UDP, " UDP"},
                 {PROTOCOL_ICMPV6, " ICMPv6"},
                 {PROTOCOL_NOTHING, " empty"}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == protocol)
            return names[i].name;
    return NULL;
}

static void add_transport(struct line *line, const struct packet *p,
                          const struct packet_view *view,
                          const struct packet_part *part)
{
    const unsigned char *header = part != NULL ? p->bytes + part->at : NULL;
    const char *name = protocol_name(view->protocol);

    if (part != NULL && part->kind == PACKET_ICMP && !part->cut)
        add_icmp(line, "ICMP", header[0], header[0] == 8, header[0] == 0);
    else if (part != NULL && part->kind == PACKET_ICMPV6 && !part->cut)
        add_icmp(line, "ICMPv6", header[0], header[0] == 128, header[0] == 129);
    else if (name != NULL)
        add(line, "%s", name);
    else if (view->protocol >= 0)
        add(line, " protocol %d", view->protocol);
    if (part != NULL && part->kind == PACKET_TCP && !part->cut)
        add_flags(line, header[13]);
    if (view->is_fragment)
        add(line, " fragment at %s", lab_number((intmax_t)view->fragment));
}

static void add_arp(struct line *line, const unsigned char *header)
{
    add(line, "ARP ");
    add_end(line, header + 14, false, -1);
    add(line, header[7] == 1 ? " asks for " : " answers ");
    add_end(line, header + 24, false, -1);
}

static void add_cut(struct line *line, const struct packet_view *view)
{
    for (int i = 0; i < view->count; i++)
        if (view->parts[i].cut) {
            add(line, ", cut");
            return;
        }
}

const char *packet_text(const struct packet *p)
{
    static _Thread_local char texts[TEXTS][TEXT_BYTES];
    static _Thread_local unsigned next;
    struct line line = {texts[next++ % TEXTS], 0};
    struct packet_view view;
    const struct packet_part *arp;

    packet_walk(p, &view);
    arp = find(&view, PACKET_ARP);
    line.text[0] = '\0';
    add_tags(&line, p, &view);
    if (view.ip >= 0) {
        add_ends(&line, p, &view, find_transport(&view));
        add_transport(&line, p, &view, find_transport(&view));
    } else if (arp != NULL && !arp->cut) {
        add_arp(&line, p->bytes + arp->at);
    } else if (p->len >= ETH_BYTES) {
        add(&line, "Ethernet type 0x%04x", get16(p->bytes + 12));
    } else {
        add(&line, "Ethernet");
    }
    add_cut(&line, &view);
    add(&line, ", %s", lab_count((intmax_t)p->len, "byte"));
    return line.text;
}
