/* service_text.c: see service_text.h. */
#include "service_text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int address_read(const char *text, struct packet_address *address)
{
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, address) == 1)
        return 4;
    memset(address, 0, sizeof *address);
    return inet_pton(AF_INET6, text, address) == 1 ? 6 : -EINVAL;
}

const char *address_write(int version, const struct packet_address *address,
                          char text[SERVICE_TEXT_BYTES])
{
    return inet_ntop(version == 4 ? AF_INET : AF_INET6, address, text,
                     SERVICE_TEXT_BYTES);
}

/* A port in decimal digits and nothing else, or 0. */
static int port_read(const char *digits)
{
    size_t len = strlen(digits);
    if (len == 0 || len > 5 || strspn(digits, "0123456789") != len)
        return 0;
    int port = atoi(digits);
    return port <= 65535 ? port : 0;
}

static int protocol_read(const char *name)
{
    if (strcmp(name, "tcp") == 0)
        return IPPROTO_TCP;
    return strcmp(name, "udp") == 0 ? IPPROTO_UDP : 0;
}

int service_read(const char *text, struct service_key *service)
{
    char copy[SERVICE_TEXT_BYTES], *address = copy;
    if (strlen(text) >= sizeof copy)
        return -EINVAL;
    strcpy(copy, text);
    char *colon = strrchr(copy, ':'), *slash = strrchr(copy, '/');
    if (colon == NULL || slash == NULL || slash < colon || colon == copy)
        return -EINVAL;
    *colon = *slash = '\0';
    int brackets = copy[0] == '[' && colon[-1] == ']';
    if (brackets) {
        address++;
        colon[-1] = '\0';
    }

    memset(service, 0, sizeof *service);
    int version = address_read(address, &service->address);
    int port = port_read(colon + 1), protocol = protocol_read(slash + 1);
    if (version < 0 || port == 0 || protocol == 0 ||
        (version == 6) != (brackets != 0))
        return -EINVAL;
    service->version = (__u8)version;
    service->port = htons((uint16_t)port);
    service->protocol = (__u8)protocol;
    return 0;
}

const char *service_write(const struct service_key *service,
                          char text[SERVICE_TEXT_BYTES])
{
    char address[SERVICE_TEXT_BYTES];
    address_write(service->version, &service->address, address);
    snprintf(text, SERVICE_TEXT_BYTES,
             service->version == 6 ? "[%s]:%d/%s" : "%s:%d/%s", address,
             ntohs(service->port),
             service->protocol == IPPROTO_TCP ? "tcp" : "udp");
    return text;
}
