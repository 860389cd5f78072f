/*
 * balancer.bpf.c: what becomes of one packet.
 *
 *                       to a service?  --> which backend? --> its address in,
 *     parse --> whose?                                        and out again
 *                       from a backend? --> the service's address in, and out
 *                       else: the kernel's
 *
 * Everything it knows is in maps that the process fills (balancer_state.h); it
 * writes only counters and connections.
 */
#include "balancer_state.h"
#include "checksum.h"
#include "connections.h"
#include "flow_hash.h"
#include "parse.h"

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* TCP's flags: week 18's tcp_flags. */
#define TCP_SYN 0x02
#define TCP_ACK 0x10

/* Where headers may lie: a frame is less than a page. It is what the verifier
 * needs to know of their offsets. */
#define OFFSET_MASK 0xfff

/* ---- What the process has told us ---- */

const volatile __u64 seed;

struct service services[BALANCER_SERVICES_MAX];
struct backend backends[BALANCER_BACKENDS_MAX];
union link gateway;

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 2 * BALANCER_SERVICES_MAX);
    __type(key, __u32);
    __type(value, struct maglev_table);
} tables SEC(".maps");

#ifdef PLAIN
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, ENDPOINTS_MAX);
    __type(key, struct service_key);
    __type(value, union endpoint);
} endpoints SEC(".maps");
#else
struct endpoint_bucket endpoints[ENDPOINT_BUCKETS];
#endif

/* A word that the process may be writing now. */
static __always_inline __u64 read_once(const __u64 *word)
{
    return *(const volatile __u64 *)word;
}

/* ---- What we tell ---- */

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, BALANCER_VERDICTS);
    __type(key, __u32);
    __type(value, struct balancer_count);
} verdicts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, BALANCER_BACKENDS_MAX);
    __type(key, __u32);
    __type(value, struct balancer_count);
} sent SEC(".maps");

/* ---- One packet ---- */

struct packet {
    void *data, *data_end;
    struct packet_headers headers;
};

/* A packet of `len` bytes is counted here. */
static __always_inline void count(void *counts, __u32 index, __u64 len)
{
    struct balancer_count *c = bpf_map_lookup_elem(counts, &index);
    if (c != NULL) {
        c->packets++;
        c->bytes += len;
    }
}

static __always_inline int finish(const struct packet *p,
                                  enum balancer_verdict verdict)
{
    count(&verdicts, verdict, p->data_end - p->data);
    switch (verdict) {
    case BALANCER_PASSED:
        return XDP_PASS;
    case BALANCER_FORWARDED:
    case BALANCER_RETURNED:
        return XDP_TX;
    default:
        return XDP_DROP;
    }
}

/* ---- Step 4: headers rewritten ---- */

/* The two ends of a packet. */
enum end { SOURCE, DESTINATION };

static __always_inline const struct packet_address *address_at(
    const struct packet_headers *h, enum end end)
{
    return end == SOURCE ? &h->source : &h->destination;
}

/* TCP and UDP sum over the addresses as well: the pseudo header, RFC 9293
 * §3.1. Returns false where the packet ends before the checksum. */
static __always_inline bool replace_in_transport(
    const struct packet *p, enum end end, const struct packet_address *after)
{
    const struct packet_headers *h = &p->headers;
    const struct packet_address *before = address_at(h, end);
    void *transport = p->data + (h->transport_offset & OFFSET_MASK);
    struct tcphdr *tcp = transport;
    struct udphdr *udp = transport;

    if (h->protocol == IPPROTO_UDP) {
        if ((void *)(udp + 1) > p->data_end)
            return false;
        udp->check = checksum_replace_udp(udp->check, before, after);
        return true;
    }
    if ((void *)(tcp + 1) > p->data_end)
        return false;
    if (h->version == 4)
        tcp->check =
            checksum_replace32(tcp->check, before->words[0], after->words[0]);
    else
        tcp->check = checksum_replace_address(tcp->check, before, after);
    return true;
}

static __always_inline bool replace_in_ip(const struct packet *p, enum end end,
                                          const struct packet_address *after)
{
    void *header = p->data + (p->headers.ip_offset & OFFSET_MASK);
    struct iphdr *v4 = header;
    struct ipv6hdr *v6 = header;

    if (p->headers.version == 4) {
        if ((void *)(v4 + 1) > p->data_end)
            return false;
        __be32 *address = end == SOURCE ? &v4->saddr : &v4->daddr;
        v4->check = checksum_replace32(v4->check, *address, after->words[0]);
        *address = after->words[0];
        return true;
    }
    if ((void *)(v6 + 1) > p->data_end)
        return false;
    __builtin_memcpy(end == SOURCE ? &v6->saddr : &v6->daddr, after, 16);
    return true;
}

static __always_inline __u8 *ttl_of(const struct packet *p)
{
    void *ip = p->data + (p->headers.ip_offset & OFFSET_MASK);
    if (ip + sizeof(struct iphdr) > p->data_end)
        return NULL;
    return p->headers.version == 4 ? &((struct iphdr *)ip)->ttl
                                   : &((struct ipv6hdr *)ip)->hop_limit;
}

/* A router has passed it. IPv4 sums over the TTL, in one word with the
 * protocol. */
static __always_inline void age(const struct packet *p)
{
    __u8 *ttl = ttl_of(p);
    if (ttl == NULL)
        return;
    if (p->headers.version == 4) {
        struct iphdr *ip = (void *)ttl - offsetof(struct iphdr, ttl);
        ip->check = checksum_replace16(ip->check, bpf_htons(*ttl << 8),
                                       bpf_htons((*ttl - 1) << 8));
    }
    (*ttl)--;
}

/* In words: clang copies bytes one at a time where it knows of no alignment. */
static __always_inline void mac_copy(void *to, const void *from)
{
    __u16 *words = to;
    const __u16 *read = from;
    words[0] = read[0];
    words[1] = read[1];
    words[2] = read[2];
}

/* It goes on from us, to this MAC. */
static __always_inline void readdress(const struct packet *p,
                                      const union link *to)
{
    struct ethhdr *eth = p->data;
    if ((void *)(eth + 1) > p->data_end)
        return;
    mac_copy(eth->h_source, eth->h_dest);
    mac_copy(eth->h_dest, to->mac);
}

static __always_inline int send_on(const struct packet *p, const union link *to,
                                   enum end end,
                                   const struct packet_address *address,
                                   enum balancer_verdict verdict)
{
    if (!replace_in_transport(p, end, address) ||
        !replace_in_ip(p, end, address))
        return finish(p, BALANCER_BROKEN);
    age(p);
    readdress(p, to);
    return finish(p, verdict);
}

/* ---- Step 4: which backend ---- */

/* A backend as a packet meets it. */
struct choice {
    __u32 number; /* MAGLEV_NONE: there is none */
    union link link;
};

static __always_inline struct choice backend_of(__u32 number)
{
    struct choice none = {.number = MAGLEV_NONE};
    /* clang 18 would compare 16 bits of an id and look up by another copy of
     * them, of which the verifier knows nothing. */
    asm volatile("" : "+r"(number));
    if (number >= BALANCER_BACKENDS_MAX)
        return none;
    return (struct choice){number, {read_once(&backends[number].link.word)}};
}

static __always_inline void flow_of(const struct packet_headers *h,
                                    struct flow *flow)
{
    __builtin_memset(flow, 0, sizeof *flow);
    flow->source = h->source;
    flow->destination = h->destination;
    flow->source_port = h->source_port;
    flow->destination_port = h->destination_port;
    flow->protocol = h->protocol;
}

/* The high half of the hash, scaled to the entries: a multiplication where a
 * remainder would cost a division. */
static __always_inline struct choice look_up(__u32 service, __u64 hash)
{
    __u64 entry = ((hash >> 32) * MAGLEV_ENTRIES) >> 32;
    union in_use in_use = {read_once(&services[service].in_use.word)};
    __u32 index = 2 * service + (in_use.table & 1);
    struct maglev_table *table = bpf_map_lookup_elem(&tables, &index);
    if (table == NULL || entry >= MAGLEV_ENTRIES)
        return backend_of(MAGLEV_NONE);
    return backend_of(table->backends[entry]);
}

/* ---- Step 6: a connection stays with its backend ---- */

/* A connection is remembered from its first packet that is no SYN: so a flood
 * of SYNs remembers nothing, and throws nobody out. */
static __always_inline bool begins(const struct packet_headers *h)
{
    return h->protocol == IPPROTO_TCP &&
           (h->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* The backend that it had is still the same, and lives. */
static __always_inline bool lives(const struct choice *had, __u32 id)
{
    return had->number != MAGLEV_NONE && had->link.age == BACKEND_AGE(id) &&
           had->link.state != BACKEND_DOWN;
}

static __always_inline struct choice choose(const struct packet_headers *h,
                                            __u32 service)
{
    struct flow flow;
    flow_of(h, &flow);
    __u64 hash = flow_hash(&flow, seed);
    __u32 id = connection_find(&flow, hash);
    if (id != 0 && !begins(h)) {
        struct choice had = backend_of(BACKEND_NUMBER(id));
        if (lives(&had, id))
            return had;
    }

    struct choice new = look_up(service, hash);
    if (new.number != MAGLEV_NONE && (id != 0 || !begins(h)))
        connection_remember(&flow, hash, BACKEND_ID(new.number, new.link.age));
    return new;
}

/* ---- The two directions ---- */

static __always_inline int forward(const struct packet *p, __u32 service)
{
    if (service >= BALANCER_SERVICES_MAX)
        return finish(p, BALANCER_NO_BACKEND);
    struct choice to = choose(&p->headers, service);
    if (to.number >= BALANCER_BACKENDS_MAX || to.link.state == BACKEND_DOWN)
        return finish(p, BALANCER_NO_BACKEND);

    union in_use in_use = {read_once(&services[service].in_use.word)};
    count(&sent, to.number, p->data_end - p->data);
    if (in_use.mode == SERVICE_DIRECT) {
        readdress(p, &to.link);
        return finish(p, BALANCER_FORWARDED);
    }
    return send_on(p, &to.link, DESTINATION, &backends[to.number].address,
                   BALANCER_FORWARDED);
}

static __always_inline int give_back(const struct packet *p, __u32 service)
{
    union link link = {read_once(&gateway.word)};
    if (service >= BALANCER_SERVICES_MAX)
        return finish(p, BALANCER_PASSED);
    return send_on(p, &link, SOURCE, &services[service].address,
                   BALANCER_RETURNED);
}

static __always_inline union endpoint endpoint_find(
    const struct service_key *key)
{
    union endpoint found = {0};
#ifdef PLAIN
    __u64 *word = bpf_map_lookup_elem(&endpoints, key);
    if (word != NULL)
        found.word = *word;
#else
    struct endpoint_bucket *bucket =
        &endpoints[endpoint_bucket_of(key) & (ENDPOINT_BUCKETS - 1)];
    for (int i = 0; i < ENDPOINT_SLOTS; i++) {
        found.word = read_once(&bucket->slots[i].endpoint.word);
        if (found.word != 0 && endpoint_matches(&bucket->slots[i], key))
            return found;
    }
    found.word = 0;
#endif
    return found;
}

/* What one end of the packet is to us. Fragments do not tell their ports. */
static __always_inline union endpoint endpoint_at(
    const struct packet_headers *h, enum end end)
{
    struct service_key key = {.protocol = h->protocol, .version = h->version};
    key.address = *address_at(h, end);
    if (h->fragment == PACKET_WHOLE)
        key.port = end == SOURCE ? h->source_port : h->destination_port;
    return endpoint_find(&key);
}

/* What a backend answers to a health check is not for a client. */
static __always_inline bool is_for_us(const struct packet_headers *h)
{
    struct service_key key = {.version = h->version};
    key.address = h->destination;
    return endpoint_find(&key).roles & ENDPOINT_OWN;
}

static __always_inline bool runs_out(const struct packet *p)
{
    __u8 *ttl = ttl_of(p);
    return ttl == NULL || *ttl <= 1;
}

/*
 * Not static, and so a function of its own to the verifier: it looks at it
 * once, and then takes whatever it may return as unknown. Inlined, each path
 * through the parser would be followed by each of those below, over a million
 * in all, and that many the verifier does not look at (-E2BIG).
 */
__attribute__((noinline)) int parse(struct xdp_md *ctx,
                                    struct packet_headers *headers)
{
    const void *data = (const void *)(long)ctx->data;
    const void *data_end = (const void *)(long)ctx->data_end;
    return headers != NULL ? packet_parse(data, data_end, headers) : -EINVAL;
}

SEC("xdp")
int balancer(struct xdp_md *ctx)
{
    struct packet p = {
        .data = (void *)(long)ctx->data,
        .data_end = (void *)(long)ctx->data_end,
    };
    const struct packet_headers *h = &p.headers;
    union endpoint to, from = {0};

    if (parse(ctx, &p.headers) < 0)
        return finish(&p, BALANCER_BROKEN);
    if (h->version == 0)
        return finish(&p, BALANCER_PASSED);
    to = endpoint_at(h, DESTINATION);
    if (!(to.roles & ENDPOINT_SERVICE))
        from = endpoint_at(h, SOURCE);
    if (!(to.roles & ENDPOINT_SERVICE) &&
        (!(from.roles & ENDPOINT_BACKEND) || is_for_us(h)))
        return finish(&p, BALANCER_PASSED);
    if (h->fragment != PACKET_WHOLE)
        return finish(&p, BALANCER_FRAGMENT);
    if (runs_out(&p))
        return finish(&p, BALANCER_PASSED);
    return to.roles & ENDPOINT_SERVICE ? forward(&p, to.service)
                                       : give_back(&p, from.service);
}

char LICENSE[] SEC("license") = "GPL";
