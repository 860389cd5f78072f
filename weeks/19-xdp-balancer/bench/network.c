/*
 * network.c: see network.h.
 */
#include "network.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define TRIES_MAX 1000

/* ---- Hosts ---- */

int network_enter(const struct network *network, enum network_host host)
{
    return setns(network->hosts[host], CLONE_NEWNET) < 0 ? -errno : 0;
}

int network_run(const struct network *network, enum network_host host,
                const char *format, ...)
{
    char command[1024] = "PATH=$PATH:/usr/sbin:/sbin; exec >/dev/null; ";
    size_t len = strlen(command);
    va_list arguments;
    int err = network_enter(network, host);

    if (err < 0)
        return err;
    va_start(arguments, format);
    vsnprintf(command + len, sizeof command - len, format, arguments);
    va_end(arguments);
    return system(command) == 0 ? 0 : -EIO;
}

static int add_hosts(struct network *network)
{
    for (int host = 0; host < NETWORK_HOSTS; host++) {
        if (unshare(CLONE_NEWNET) < 0)
            return -errno;
        network->hosts[host] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        if (network->hosts[host] < 0)
            return -errno;
    }
    return network_run(network, NETWORK_SWITCH,
                       "ip link add bridge type bridge stp_state 0 "
                       "forward_delay 0 mcast_snooping 0 &&"
                       "ip link set bridge up");
}

/* ---- Wires ---- */

unsigned char network_mac(enum network_host host)
{
    return (unsigned char)host;
}

/* Offloads off: with them a packet has a checksum that nobody has computed. */
static int join(struct network *network, enum network_host host,
                const char *interface, const char *port)
{
    int err = network_run(
        network, NETWORK_SWITCH,
        "ip link add %s type veth peer name %s address 02:00:00:00:03:%02x "
        "netns /proc/%d/fd/%d && ip link set %s master bridge up &&"
        "ethtool -K %s tx off tso off gso off",
        port, interface, network_mac(host), (int)getpid(), network->hosts[host],
        port, port);

    if (err < 0)
        return err;
    return network_run(
        network, host,
        "ip link set lo up && ip link set %s up &&"
        "ethtool -K %s tx off tso off gso off &&"
        "echo 1024 65535 >/proc/sys/net/ipv4/ip_local_port_range",
        interface, interface);
}

static int add_addresses(struct network *network)
{
    int err = network_run(network, NETWORK_CLIENT,
                          "ip address add 10.1.0.1/24 dev eth0 &&"
                          "ip route add 10.0.0.0/24 dev eth0");

    if (err == 0)
        err = network_run(network, NETWORK_BALANCER,
                          "for a in 10.0.0.2/24 10.1.0.2/24 " NETWORK_VIP
                          "/32; do ip address add $a dev %s; done",
                          network->interface);
    for (int i = 1; i <= NETWORK_BACKENDS && err == 0; i++)
        err = network_run(network, NETWORK_SERVER,
                          "ip address add " NETWORK_BACKEND "/24 dev eth0", i);
    if (err == 0)
        err = network_run(network, NETWORK_SERVER,
                          "ip route add default via 10.0.0.2");
    return err;
}

/* /tmp and /sys are our own from here on; where we were may be hidden by it. */
static int own_mounts(void)
{
    if (unshare(CLONE_NEWNS) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", "/tmp", "tmpfs", 0, NULL) < 0 || chdir("/tmp") < 0)
        return -errno;
    return 0;
}

int network_open(struct network *network)
{
    int number = (int)getpid() % 100000;
    int err = own_mounts();

    /* Threads are found by these names, of all that the machine has. */
    snprintf(network->interface, sizeof network->interface, "b%05d", number);
    snprintf(network->port, sizeof network->port, "s%05d", number);
    if (err == 0)
        err = add_hosts(network);
    if (err == 0)
        err =
            join(network, NETWORK_BALANCER, network->interface, network->port);
    if (err == 0)
        err = join(network, NETWORK_CLIENT, "eth0", "to-client");
    if (err == 0)
        err = join(network, NETWORK_SERVER, "eth0", "to-server");
    return err == 0 ? add_addresses(network) : err;
}

/* ---- Threads ---- */

static bool is_named(const char *pid, const char *begin)
{
    char path[64], name[32] = "";

    snprintf(path, sizeof path, "/proc/%.16s/comm", pid);
    FILE *file = fopen(path, "re");
    if (file != NULL && fgets(name, sizeof name, file) == NULL)
        name[0] = '\0';
    if (file != NULL)
        fclose(file);
    return strncmp(name, begin, strlen(begin)) == 0;
}

static pid_t find_thread(const char *begin)
{
    struct dirent *entry;
    pid_t found = -ESRCH;
    DIR *dir = opendir("/proc");

    while (dir != NULL && found < 0 && (entry = readdir(dir)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]) &&
            is_named(entry->d_name, begin))
            found = atoi(entry->d_name);
    if (dir != NULL)
        closedir(dir);
    return found;
}

/* sysfs shows the interfaces of who mounts it. */
static int set_threaded(const struct network *network, enum network_host host,
                        const char *interface)
{
    int err = network_enter(network, host);

    if (err == 0 && mount("sysfs", "/sys", "sysfs", 0, NULL) < 0)
        err = -errno;
    if (err == 0)
        err = network_run(network, host, "echo 1 >/sys/class/net/%s/threaded",
                          interface);
    umount2("/sys", MNT_DETACH);
    return err;
}

pid_t network_thread(const struct network *network, enum network_host host,
                     const char *interface, int cpu)
{
    char begin[32];
    cpu_set_t set;
    pid_t thread = -ESRCH;
    int err = set_threaded(network, host, interface);

    if (err < 0)
        return err;
    snprintf(begin, sizeof begin, "napi/%s-", interface);
    for (int i = 0; i < TRIES_MAX && thread < 0; i++)
        thread = find_thread(begin);
    if (thread < 0)
        return thread;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(thread, sizeof set, &set) < 0 ? -errno : thread;
}
