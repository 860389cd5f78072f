/*
 * packet.h: packets by name, for tests of code that looks into them.
 *
 *     struct packet p;
 *     packet_build(&p, eth(), vlan(.id = 7), ipv4(.ttl = 3, .to = "10.0.0.80"),
 *                  tcp(.to = 80, .flags = PACKET_SYN), payload("hello"));
 *
 * builds an Ethernet frame, outermost header first. What is not said has a
 * usual value: the Ethernet type and the IP protocol follow from the next
 * layer; lengths and checksums are right; addresses and ports are those of
 * PACKET_CLIENT talking to PACKET_SERVER. A `wrong_…` field spoils one of them.
 *
 *  1. Ports, ids and numbers are in host byte order; addresses are text,
 *     "10.0.0.1", "fd00::1", "02:00:00:00:00:01".
 *  2. A packet is at most PACKET_BYTES_MAX long; a longer one fails the test.
 *  3. Two packets are compared field by field, and the first that differs is
 *     named: "IPv4 checksum: expected 0x1c46, is 0x1c45".
 *
 * Every failure is reported at the line of the test that called.
 */
#ifndef PACKET_H
#define PACKET_H

#include "lab.h"

#include <string.h>

#define PACKET_BYTES_MAX 2048

struct packet {
    size_t len;
    unsigned char bytes[PACKET_BYTES_MAX];
};

/* ---- Layers ---- */

enum packet_layer_kind {
    PACKET_END, /* of the list */
    PACKET_ETH,
    PACKET_VLAN,
    PACKET_ARP,
    PACKET_IPV4,
    PACKET_IPV6,
    PACKET_EXTENSION, /* an IPv6 extension header */
    PACKET_TCP,
    PACKET_UDP,
    PACKET_ICMP,
    PACKET_ICMPV6,
    PACKET_PAYLOAD,
};

enum packet_tcp_flags {
    PACKET_FIN = 1,
    PACKET_SYN = 2,
    PACKET_RST = 4,
    PACKET_PSH = 8,
    PACKET_ACK = 16,
};

#define PACKET_CLIENT_MAC "02:00:00:00:00:01"
#define PACKET_SERVER_MAC "02:00:00:00:00:02"
#define PACKET_CLIENT "10.0.0.1"
#define PACKET_SERVER "10.0.0.2"
#define PACKET_CLIENT_V6 "fd00::1"
#define PACKET_SERVER_V6 "fd00::2"
#define PACKET_CLIENT_PORT 40000
#define PACKET_SERVER_PORT 7

/* One layer. Make it by the macros below; each takes the fields of its part as
 * designated initialisers. */
struct packet_layer {
    enum packet_layer_kind kind;
    union {
        struct {
            const char *from, *to;
            int type; /* 0: that of the next layer */
        } eth;
        struct {
            int id;
            int priority;
            bool service; /* 0x88a8, the outer tag of two */
            int type;     /* 0: that of the next layer */
        } vlan;
        struct {
            const char *from, *to; /* IPv4 addresses */
        } arp;
        struct {
            const char *from, *to;
            int ttl;      /* 0: 64 */
            int tos, id;  /* 0 */
            int options;  /* bytes of options, a multiple of 4, to 40 */
            int fragment; /* offset in bytes, a multiple of 8 */
            bool more;    /* more fragments */
            bool dont_fragment;
            int protocol;       /* 0: that of the next layer */
            int wrong_version;  /* in place of 4 */
            int wrong_ihl;      /* in place of the header's length, words;
                                   -1: 0 */
            int wrong_length;   /* in place of the total length; -1: 0 */
            int wrong_checksum; /* added to the right one */
        } ipv4;
        struct {
            const char *from, *to;
            int hop_limit; /* 0: 64 */
            int traffic_class, flow_label;
            int next_header;   /* 0: that of the next layer */
            int wrong_version; /* in place of 6 */
            int wrong_length;  /* in place of the payload length; -1: 0 */
        } ipv6;
        struct {
            int header;   /* 0 hop-by-hop, 43 routing, 44 fragment, 51
                             authentication, 60 destination options */
            int len;      /* bytes in all, a multiple of 8 (51: of 4); 0: the
                             least */
            int fragment; /* header 44: offset in bytes */
            bool more;    /* header 44 */
            int next_header;
        } extension;
        struct {
            int from, to; /* ports; 0: the usual ones */
            uint32_t sequence, acknowledgement;
            int flags;          /* 0: PACKET_ACK */
            int window;         /* 0: 65,535 */
            int options;        /* bytes of options, a multiple of 4, to 40 */
            int wrong_offset;   /* in place of the header's length, words;
                                   -1: 0 */
            int wrong_checksum; /* added to the right one */
        } tcp;
        struct {
            int from, to;
            bool no_checksum;   /* 0 stands in its place: not computed */
            int wrong_length;   /* in place of the length; -1: 0 */
            int wrong_checksum; /* added to the right one */
        } udp;
        struct {
            int type, code; /* type 0: echo request; -1: 0 */
            int id, sequence;
        } icmp; /* and icmpv6 */
        struct {
            const void *data;
            size_t len;
        } payload;
    };
};

#define eth(...) ((struct packet_layer){PACKET_ETH, .eth = {__VA_ARGS__}})
#define vlan(...) ((struct packet_layer){PACKET_VLAN, .vlan = {__VA_ARGS__}})
#define arp(...) ((struct packet_layer){PACKET_ARP, .arp = {__VA_ARGS__}})
#define ipv4(...) ((struct packet_layer){PACKET_IPV4, .ipv4 = {__VA_ARGS__}})
#define ipv6(...) ((struct packet_layer){PACKET_IPV6, .ipv6 = {__VA_ARGS__}})
#define extension(...) \
    ((struct packet_layer){PACKET_EXTENSION, .extension = {__VA_ARGS__}})
#define tcp(...) ((struct packet_layer){PACKET_TCP, .tcp = {__VA_ARGS__}})
#define udp(...) ((struct packet_layer){PACKET_UDP, .udp = {__VA_ARGS__}})
#define icmp(...) ((struct packet_layer){PACKET_ICMP, .icmp = {__VA_ARGS__}})
#define icmpv6(...) \
    ((struct packet_layer){PACKET_ICMPV6, .icmp = {__VA_ARGS__}})
/* The text's bytes, without its '\0'. */
#define payload(text) payload_of((text), strlen(text))
#define payload_of(bytes, count) \
    ((struct packet_layer){PACKET_PAYLOAD, .payload = {(bytes), (count)}})

/* Build a packet of these layers; at most 12. */
#define packet_build(p, ...) \
    packet_build_at(         \
        LAB_HERE, (p),       \
        (const struct packet_layer[]){__VA_ARGS__, {.kind = PACKET_END}})
void packet_build_at(struct lab_where where, struct packet *p,
                     const struct packet_layer *layers);

/* ---- What is in one ---- */

/*
 * It in one line, for the transcript: "IPv4 10.0.0.1:40000 > 10.0.0.2:7 TCP
 * SYN, 74 bytes", "Ethernet type 0x88b5, 20 bytes". Of a packet that is cut,
 * what there is. Borrowed until the same thread's eighth next call.
 */
const char *packet_text(const struct packet *p);

/* The packet is this one; otherwise the first field that differs is named,
 * with both values: `what` begins the sentence ("what comes out"). */
#define packet_same(actual, expected, what) \
    packet_same_at(LAB_HERE, (actual), (expected), (what))
void packet_same_at(struct lab_where where, const struct packet *actual,
                    const struct packet *expected, const char *what);

/*
 * Every checksum that is in it (IPv4, TCP, UDP, ICMP, ICMPv6) is right, as
 * computed anew over its bytes; a UDP checksum of 0 is right in IPv4. Of a
 * fragment only the IPv4 header's is looked at.
 */
#define packet_checksums_right(p, what) \
    packet_checksums_right_at(LAB_HERE, (p), (what))
void packet_checksums_right_at(struct lab_where where, const struct packet *p,
                               const char *what);

/* The one's complement sum of RFC 1071 over len bytes, folded and inverted, in
 * host byte order; `sum` is what was summed before, not inverted. */
uint16_t packet_checksum(const void *data, size_t len, uint32_t sum);

/* ---- Malformed ones ---- */

/*
 * Damage it as networks and attackers do: one to three times a bit flipped, a
 * byte set to 0 or 255, a length field set, bytes cut from its end, bytes
 * doubled or taken out in its middle. It stays at least 14 bytes long, since
 * BPF_PROG_TEST_RUN takes none that is shorter. Checksums are not mended.
 */
void packet_mutate(struct packet *p, struct lab_random *random);

/* ---- Files, to be opened by tcpdump and Wireshark ---- */

/* Write packets into a pcap file. Returns 0 or -errno. */
int packet_pcap_write(const char *path, const struct packet *packets,
                      size_t count);

/*
 * Read packets from a pcap file of Ethernet frames, of either byte order, with
 * microseconds or nanoseconds.
 *   packets, max   out: the first max of them
 * Returns how many the file has, or -errno: -EBADMSG it is no such file,
 * -EMSGSIZE a packet is longer than PACKET_BYTES_MAX.
 */
int packet_pcap_read(const char *path, struct packet *packets, size_t max);

#endif
