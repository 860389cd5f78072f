/*
 * cidr.c: see cidr.h.
 */
#include "cidr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char *cidr_text(const struct network *network, char text[CIDR_TEXT_BYTES])
{
    char address[INET6_ADDRSTRLEN];
    int family = network->version == 4 ? AF_INET : AF_INET6;
    inet_ntop(family, network->address, address, sizeof address);
    snprintf(text, CIDR_TEXT_BYTES, "%s/%d", address, network->bits);
    return text;
}

/* Clear what stands behind the first `bits`. Returns whether any was set. */
static bool clear_host_bits(struct network *network, int address_bits)
{
    bool any = false;
    for (int bit = network->bits; bit < address_bits; bit++) {
        __u8 mask = (__u8)(0x80 >> bit % 8);
        any = any || (network->address[bit / 8] & mask) != 0;
        network->address[bit / 8] &= (__u8)~mask;
    }
    return any;
}

/* The digits behind the slash, or -1. */
static int read_bits(const char *digits, int max)
{
    int bits = 0;
    if (*digits == '\0' || strlen(digits) > 3)
        return -1;
    for (; *digits != '\0'; digits++) {
        if (*digits < '0' || *digits > '9')
            return -1;
        bits = bits * 10 + (*digits - '0');
    }
    return bits <= max ? bits : -1;
}

/* The address, which ends at the slash or at the end of text. */
static int read_address(const char *text, size_t len, struct network *network)
{
    char address[INET6_ADDRSTRLEN];
    if (len >= sizeof address)
        return -EINVAL;
    memcpy(address, text, len);
    address[len] = '\0';
    memset(network, 0, sizeof *network);
    if (inet_pton(AF_INET, address, network->address) == 1)
        network->version = 4;
    else if (inet_pton(AF_INET6, address, network->address) == 1)
        network->version = 6;
    return network->version != 0 ? 0 : -EINVAL;
}

int cidr_parse(const char *text, struct network *network,
               char why[CIDR_WHY_BYTES])
{
    size_t len = strcspn(text, "/");
    char right[CIDR_TEXT_BYTES];

    if (read_address(text, len, network) < 0) {
        snprintf(why, CIDR_WHY_BYTES,
                 "%.50s is no network as 10.0.0.0/8 or fd00::/8", text);
        return -EINVAL;
    }
    int max = network->version == 4 ? 32 : 128;
    int bits = text[len] == '/' ? read_bits(text + len + 1, max) : max;
    if (bits < 0) {
        snprintf(why, CIDR_WHY_BYTES, "%.50s: behind the slash stands 0 to %d",
                 text, max);
        return -EINVAL;
    }
    network->bits = (__u8)bits;
    if (clear_host_bits(network, max)) {
        snprintf(why, CIDR_WHY_BYTES,
                 "%.50s has bits set behind the first %d; the network is %s",
                 text, bits, cidr_text(network, right));
        return -EINVAL;
    }
    return 0;
}
