/*
 * netns_interface.c: interfaces of hosts: links, switches, addresses, counters.
 */
#include "netns_internal.h"

#include <fcntl.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_bridge.h>
#include <linux/sockios.h>

#define BRIDGE "bridge"

/* ---- Of the namespace that the thread is in ---- */

static struct ifreq request_of(const char *interface)
{
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
    return request;
}

/* Returns 0, or -1 with errno. */
static int ask(unsigned long what, struct ifreq *request)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int result = fd < 0 ? -1 : ioctl(fd, what, request);
    int error = errno;

    if (fd >= 0)
        close(fd);
    errno = error;
    return result;
}

int netns_set_up(const char *interface)
{
    struct ifreq request = request_of(interface);

    if (ask(SIOCGIFFLAGS, &request) < 0)
        return -1;
    request.ifr_flags |= IFF_UP;
    return ask(SIOCSIFFLAGS, &request);
}

int netns_join_bridge(const char *bridge, const char *interface)
{
    struct ifreq request = request_of(bridge);

    request.ifr_ifindex = (int)if_nametoindex(interface);
    return ask(SIOCBRADDIF, &request);
}

/* ---- Links and switches ---- */

void netns_switch_at(struct lab_where where, struct netns *net,
                     const char *name)
{
    const struct netns_host *host;

    netns_host_at(where, net, name);
    host = netns_find(where, net, name);
    net->hosts[net->host_count - 1].is_switch = true;
    /* It forwards at once, and every multicast to everybody. */
    netns_command(where, net, host,
                  (const char *const[]){"ip", "link", "add", BRIDGE, "type",
                                        "bridge", "stp_state", "0",
                                        "forward_delay", "0", "mcast_snooping",
                                        "0", NULL},
                  -1);
    netns_enter_host(where, net, host);
    lab_sys(netns_set_up(BRIDGE));
    netns_leave(net);
}

/* A MAC of our own for each end, in the order in which they are made: the first
 * two are packet.h's client and server. */
static void next_mac(int number, char text[18])
{
    snprintf(text, 18, "02:00:00:00:%02x:%02x", number >> 8 & 0xff,
             number & 0xff);
}

static void name_end(const struct netns *net, struct netns_end end, int which,
                     char name[IF_NAMESIZE])
{
    if (end.interface != NULL)
        snprintf(name, IF_NAMESIZE, "%s", end.interface);
    else
        snprintf(name, IF_NAMESIZE, "port%d", 2 * net->cable_count + which);
}

static void ready_end(struct lab_where where, struct netns *net,
                      const struct netns_host *host, const char *interface)
{
    /* With them a packet has a checksum that nobody has computed, is many
     * packets in one, or has its VLAN tag beside it. */
    netns_command(where, net, host,
                  (const char *const[]){"ethtool", "-K", interface, "tx", "off",
                                        "tso", "off", "gso", "off", "gro",
                                        "off", "txvlan", "off", "rxvlan", "off",
                                        NULL},
                  -1);
    netns_enter_host(where, net, host);
    if (host->is_switch && netns_join_bridge(BRIDGE, interface) < 0)
        lab_fail_at(where, "%s can't join the bridge of '%s': %s", interface,
                    host->name, lab_errno_text(errno));
    if (netns_set_up(interface) < 0)
        lab_fail_at(where, "%s of '%s' can't be set up: %s", interface,
                    host->name, lab_errno_text(errno));
    netns_leave(net);
}

void netns_link_at(struct lab_where where, struct netns *net,
                   struct netns_end one, struct netns_end other)
{
    const struct netns_host *host = netns_find(where, net, one.host);
    const struct netns_host *peer = netns_find(where, net, other.host);
    char names[2][IF_NAMESIZE], macs[2][18], place[32];

    if (net->cable_count == NETNS_LINKS_MAX)
        lab_fail_at(where, "over %d links", NETNS_LINKS_MAX);
    name_end(net, one, 0, names[0]);
    name_end(net, other, 1, names[1]);
    next_mac(2 * net->cable_count + 1, macs[0]);
    next_mac(2 * net->cable_count + 2, macs[1]);
    snprintf(place, sizeof place, "/proc/self/fd/%d", peer->fd);
    netns_command(where, net, host,
                  (const char *const[]){"ip", "link", "add", names[0],
                                        "address", macs[0], "type", "veth",
                                        "peer", "name", names[1], "address",
                                        macs[1], "netns", place, NULL},
                  peer->fd);
    struct netns_cable *cable = &net->cables[net->cable_count++];
    cable->host = host;
    snprintf(cable->interface, sizeof cable->interface, "%s", names[0]);
    ready_end(where, net, host, names[0]);
    ready_end(where, net, peer, names[1]);
}

void netns_address_at(struct lab_where where, struct netns *net,
                      struct netns_end end, const char *address)
{
    const struct netns_host *host = netns_find(where, net, end.host);
    bool is_v6 = strchr(address, ':') != NULL;

    netns_command(where, net, host,
                  (const char *const[]){"ip", "address", "add", address, "dev",
                                        end.interface, is_v6 ? "nodad" : NULL,
                                        NULL},
                  -1);
}

/* ---- What is known of one ---- */

const char *netns_mac(struct netns *net, const char *host,
                      const char *interface)
{
    static char text[18];
    struct lab_where here = LAB_HERE;
    struct ifreq request = request_of(interface);
    const unsigned char *mac = (unsigned char *)request.ifr_hwaddr.sa_data;

    netns_enter_at(here, net, host);
    if (ask(SIOCGIFHWADDR, &request) < 0)
        lab_fail_at(here, "%s of '%s': %s", interface, host,
                    lab_errno_text(errno));
    netns_leave(net);
    snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
             mac[2], mac[3], mac[4], mac[5]);
    return text;
}

/* A line of /proc/net/dev: eight numbers of what came in, eight of what went
 * out: bytes, packets, errors, dropped, … Returns whether it is this one's. */
static bool read_counters(char *line, const char *interface,
                          struct netns_traffic *traffic)
{
    uint64_t n[16] = {0};
    char *name = line + strspn(line, " "), *at = strchr(name, ':');

    if (at == NULL || (size_t)(at - name) != strlen(interface) ||
        strncmp(name, interface, (size_t)(at - name)) != 0)
        return false;
    at++;
    for (int i = 0; i < 16; i++)
        n[i] = strtoull(at, &at, 10);
    *traffic = (struct netns_traffic){
        .received = n[1], .sent = n[9], .dropped = n[3] + n[11]};
    return true;
}

void netns_traffic(struct netns *net, const char *host, const char *interface,
                   struct netns_traffic *traffic)
{
    struct lab_where here = LAB_HERE;
    char line[512];
    bool found = false;

    netns_enter_at(here, net, host);
    FILE *file = fopen("/proc/thread-self/net/dev", "re");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        found = read_counters(line, interface, traffic);
    if (file != NULL)
        fclose(file);
    netns_leave(net);
    if (!found)
        lab_fail_at(here, "'%s' has no interface %s", host, interface);
}
