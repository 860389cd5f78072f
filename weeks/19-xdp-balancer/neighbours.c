/* neighbours.c: see neighbours.h. */
#include "neighbours.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* In these the table has a MAC that may be used. */
#define USABLE                                                           \
    (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | \
     NUD_NOARP)

struct question {
    struct nlmsghdr header;
    struct ndmsg neighbour;
    struct rtattr attribute;
    struct packet_address address;
};

static int family_of(int version)
{
    return version == 4 ? AF_INET : AF_INET6;
}

/* How long an address is: its attribute, and with it the question. */
static struct question ask_for(int interface, int version,
                               const struct packet_address *address)
{
    unsigned short len = version == 4 ? 4 : 16;
    return (struct question){
        .header = {.nlmsg_len = offsetof(struct question, address) + len,
                   .nlmsg_type = RTM_GETNEIGH,
                   .nlmsg_flags = NLM_F_REQUEST},
        .neighbour = {.ndm_family = (unsigned char)family_of(version),
                      .ndm_ifindex = interface},
        .attribute = {.rta_len = (unsigned short)RTA_LENGTH(len),
                      .rta_type = NDA_DST},
        .address = *address,
    };
}

static int read_answer(struct nlmsghdr *header, size_t len, __u8 mac[6])
{
    if (!NLMSG_OK(header, len) || header->nlmsg_type != RTM_NEWNEIGH)
        return -ENOENT;
    struct ndmsg *neighbour = NLMSG_DATA(header);
    size_t left = NLMSG_PAYLOAD(header, sizeof *neighbour);
    struct rtattr *attribute =
        (struct rtattr *)((char *)neighbour + NLMSG_ALIGN(sizeof *neighbour));
    if ((neighbour->ndm_state & USABLE) == 0)
        return -ENOENT;
    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
        if (attribute->rta_type != NDA_LLADDR || RTA_PAYLOAD(attribute) != 6)
            continue;
        memcpy(mac, RTA_DATA(attribute), 6);
        return 0;
    }
    return -ENOENT;
}

int neighbour_find(int interface, int version,
                   const struct packet_address *address, __u8 mac[6])
{
    struct question question = ask_for(interface, version, address);
    union {
        struct nlmsghdr header;
        char bytes[4096];
    } answer;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0)
        return -errno;
    ssize_t len = send(fd, &question, question.header.nlmsg_len, 0);
    if (len >= 0)
        len = recv(fd, &answer, sizeof answer, 0);
    int err = len < 0 ? -errno : read_answer(&answer.header, (size_t)len, mac);
    close(fd);
    return err;
}

void neighbour_ask(int version, const struct packet_address *address)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(9)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
    int fd = socket(family_of(version),
                    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    memcpy(&v4.sin_addr, address, 4);
    memcpy(&v6.sin6_addr, address, 16);
    if (version == 4)
        sendto(fd, "", 0, 0, (struct sockaddr *)&v4, sizeof v4);
    else
        sendto(fd, "", 0, 0, (struct sockaddr *)&v6, sizeof v6);
    close(fd);
}
