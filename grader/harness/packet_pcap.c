/*
 * packet_pcap.c: packets in files that tcpdump and Wireshark open.
 *
 *     file    magic 4, version 2+2, 0 4, 0 4, longest 4, kind of link 4
 *     packet  seconds 4, micro- or nanoseconds 4, kept 4, its length 4, bytes
 *
 * All of it in the byte order of who wrote it. (draft-ietf-opsawg-pcap)
 */
#include "packet_internal.h"

#include <byteswap.h>
#include <stdio.h>

#define MAGIC_MICRO 0xa1b2c3d4
#define MAGIC_NANO 0xa1b23c4d
#define LINK_ETHERNET 1

struct file_head {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t zone, accuracy;
    uint32_t longest;
    uint32_t link;
};

struct packet_head {
    uint32_t seconds, fraction;
    uint32_t kept, len;
};

_Static_assert(sizeof(struct file_head) == 24, "layout of a pcap file");
_Static_assert(sizeof(struct packet_head) == 16, "layout of a pcap file");

static bool write_packet(FILE *file, const struct packet *p, size_t index)
{
    struct packet_head head = {
        .fraction = (uint32_t)index, /* in order, whatever the clock */
        .kept = (uint32_t)p->len,
        .len = (uint32_t)p->len,
    };
    return fwrite(&head, sizeof head, 1, file) == 1 &&
           (p->len == 0 || fwrite(p->bytes, p->len, 1, file) == 1);
}

int packet_pcap_write(const char *path, const struct packet *packets,
                      size_t count)
{
    struct file_head head = {
        .magic = MAGIC_NANO,
        .major = 2,
        .minor = 4,
        .longest = PACKET_BYTES_MAX,
        .link = LINK_ETHERNET,
    };
    FILE *file = fopen(path, "wb");
    bool written;

    if (file == NULL)
        return -errno;
    written = fwrite(&head, sizeof head, 1, file) == 1;
    for (size_t i = 0; written && i < count; i++)
        written = write_packet(file, &packets[i], i);
    return fclose(file) == 0 && written ? 0 : -EIO;
}

static uint32_t in_order(uint32_t value, bool swapped)
{
    return swapped ? bswap_32(value) : value;
}

static int read_head(FILE *file, bool *swapped)
{
    struct file_head head;

    if (fread(&head, sizeof head, 1, file) != 1)
        return -EBADMSG;
    *swapped = head.magic != MAGIC_MICRO && head.magic != MAGIC_NANO;
    uint32_t magic = in_order(head.magic, *swapped);
    if ((magic != MAGIC_MICRO && magic != MAGIC_NANO) ||
        in_order(head.link, *swapped) != LINK_ETHERNET)
        return -EBADMSG;
    return 0;
}

/* Returns 1, 0 at the file's end, or -errno. */
static int read_packet(FILE *file, bool swapped, struct packet *p)
{
    struct packet_head head;
    size_t got = fread(&head, 1, sizeof head, file);

    if (got == 0)
        return 0;
    p->len = in_order(head.kept, swapped);
    if (got == sizeof head && p->len > PACKET_BYTES_MAX)
        return -EMSGSIZE;
    if (got < sizeof head || fread(p->bytes, 1, p->len, file) != p->len)
        return -EBADMSG;
    return 1;
}

int packet_pcap_read(const char *path, struct packet *packets, size_t max)
{
    FILE *file = fopen(path, "rb");
    struct packet further;
    bool swapped;
    int count = 0, err;

    if (file == NULL)
        return -errno;
    err = read_head(file, &swapped);
    if (err == 0)
        err = 1;
    while (err == 1) {
        err = read_packet(file, swapped,
                          (size_t)count < max ? &packets[count] : &further);
        count += err == 1;
    }
    fclose(file);
    return err < 0 ? err : count;
}
