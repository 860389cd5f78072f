/*
 * packet_mutate.c: packets damaged as networks and attackers do it, the same
 * again for the same seed.
 */
#include "packet_internal.h"

#define DAMAGES_MAX 3
#define MOVED_MAX 40 /* bytes that are doubled or taken out */

static size_t draw_place(const struct packet *p, struct lab_random *random)
{
    return lab_random_below(random, p->len);
}

static void flip_bit(struct packet *p, struct lab_random *random)
{
    size_t at = draw_place(p, random);
    p->bytes[at] ^= (unsigned char)(1u << lab_random_below(random, 8));
}

static void set_byte(struct packet *p, struct lab_random *random)
{
    size_t at = draw_place(p, random);
    p->bytes[at] = lab_random_below(random, 2) == 0 ? 0 : 255;
}

/* Where a part says how long something is: 0 nowhere. */
static size_t length_field(const struct packet_part *part, size_t *bytes)
{
    *bytes = 1;
    switch (part->kind) {
    case PACKET_IPV4:
        *bytes = 2;
        return part->at + 2;
    case PACKET_IPV6:
    case PACKET_UDP:
        *bytes = 2;
        return part->at + 4;
    case PACKET_EXTENSION:
        return part->at + 1;
    case PACKET_TCP:
        return part->at + 12;
    default:
        return 0;
    }
}

/* To 0, to the most, to a little more or less, or to anything. */
static unsigned draw_length(unsigned now, unsigned most,
                            struct lab_random *random)
{
    switch (lab_random_below(random, 4)) {
    case 0:
        return 0;
    case 1:
        return most;
    case 2:
        return now + (unsigned)lab_random_below(random, 17) - 8;
    default:
        return (unsigned)lab_random_next(random);
    }
}

static void set_length(struct packet *p, struct lab_random *random)
{
    struct packet_view view;
    size_t fields[PACKET_PARTS_MAX], sizes[PACKET_PARTS_MAX], count = 0;

    packet_walk(p, &view);
    for (int i = 0; i < view.count; i++) {
        fields[count] = length_field(&view.parts[i], &sizes[count]);
        if (fields[count] > 0 && fields[count] + sizes[count] <= p->len)
            count++;
    }
    if (count == 0) {
        set_byte(p, random);
        return;
    }
    size_t which = lab_random_below(random, count);
    unsigned char *at = p->bytes + fields[which];
    if (sizes[which] == 2)
        put16(at, draw_length(get16(at), 0xffff, random));
    else
        *at = (unsigned char)draw_length(*at, 0xff, random);
}

static void cut_end(struct packet *p, struct lab_random *random)
{
    if (p->len > ETH_BYTES)
        p->len -= 1 + lab_random_below(random, p->len - ETH_BYTES);
}

static void double_bytes(struct packet *p, struct lab_random *random)
{
    size_t at = draw_place(p, random);
    size_t count = 1 + lab_random_below(random, MOVED_MAX);

    if (count > p->len - at)
        count = p->len - at;
    if (p->len + count > PACKET_BYTES_MAX)
        return;
    memmove(p->bytes + at + count, p->bytes + at, p->len - at);
    p->len += count;
}

static void take_out(struct packet *p, struct lab_random *random)
{
    size_t at = draw_place(p, random);
    size_t count = 1 + lab_random_below(random, MOVED_MAX);

    if (count > p->len - at)
        count = p->len - at;
    if (p->len - count < ETH_BYTES)
        return;
    memmove(p->bytes + at, p->bytes + at + count, p->len - at - count);
    p->len -= count;
}

void packet_mutate(struct packet *p, struct lab_random *random)
{
    static void (*const damages[])(struct packet *, struct lab_random *) = {
        flip_bit, set_byte, set_length, cut_end, double_bytes, take_out};
    uint64_t count = 1 + lab_random_below(random, DAMAGES_MAX);

    for (; count > 0; count--)
        damages[lab_random_below(random, sizeof damages / sizeof *damages)](
            p, random);
}
