/*
 * parse_lab.h: packet_parse() on packets, compared field by field.
 *
 * A packet lies at the end of a block of malloc's, so that AddressSanitizer
 * sees the first byte too many; and two bytes behind a multiple of four, as
 * drivers put it, so that the IP header stands at one.
 */
#ifndef PARSE_LAB_H
#define PARSE_LAB_H

#include "packet.h"
#include "packet_headers.h"

/* A packet of one kind, and what it is in words. */
struct sample {
    const char *name;
    struct packet packet;
};

/* An address as text, as it stands in struct packet_headers. */
struct packet_address parse_lab_address(const char *text);

/* It is told as this. */
#define parse_lab_expect(packet, expected) \
    parse_lab_expect_at(LAB_HERE, (packet), (expected))
void parse_lab_expect_at(struct lab_where where, const struct packet *packet,
                         const struct packet_headers *expected);

/* It is broken, and why. */
#define parse_lab_expect_broken(packet, why) \
    parse_lab_expect_broken_at(LAB_HERE, (packet), (why))
void parse_lab_expect_broken_at(struct lab_where where,
                                const struct packet *packet, const char *why);

/*
 * Cut off at every length from 0 to its own, it is told as by the tests' own
 * parser (model.h).
 *   extensions   with what step 8 asks for
 */
#define parse_lab_cut(sample, extensions) \
    parse_lab_cut_at(LAB_HERE, (sample), (extensions))
void parse_lab_cut_at(struct lab_where where, const struct sample *sample,
                      bool extensions);

/* So many damaged packets, made of these, likewise. */
#define parse_lab_damage(samples, sample_count, packets, extensions)    \
    parse_lab_damage_at(LAB_HERE, (samples), (sample_count), (packets), \
                        (extensions))
void parse_lab_damage_at(struct lab_where where, const struct sample *samples,
                         size_t sample_count, int packets, bool extensions);

#endif
