/*
 * netns.c: hosts as network namespaces, and running things in them.
 *
 * A namespace lives as long as a process is in it, an interface's other end
 * does not keep it, or a descriptor of it is open. The test holds that
 * descriptor and gives the namespace no name: however the test ends, the kernel
 * takes down the namespace and the interfaces in it.
 */
#include "netns_internal.h"
#include "proc_internal.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 32
#define COMMAND_BYTES 1024
#define SAID_BYTES 2048

/* /proc/net and /proc/self are the process's first thread's; a test's threads
 * may be in other namespaces. */
#define OWN_NAMESPACE "/proc/thread-self/ns/net"

/* ---- Hosts ---- */

struct netns *netns_new_at(struct lab_where where)
{
    struct netns *net;

    if (!bpf_lab_may(BPF_LAB_SYS_ADMIN) || !bpf_lab_may(BPF_LAB_NET_ADMIN))
        bpf_lab_only_root("CAP_SYS_ADMIN, CAP_NET_ADMIN");
    netns_own_mounts(where);
    net = calloc(1, sizeof *net);
    net->pass = -1;
    net->home = (int)lab_sys(open(OWN_NAMESPACE, O_RDONLY | O_CLOEXEC));
    return net;
}

/* So that an address is usable at once, and no packet is sent that the test
 * did not ask for. Where there is no IPv6 there is nothing to set. */
static void calm_ipv6(void)
{
    static const char *const settings[][2] = {
        {"accept_dad", "0"},
        {"router_solicitations", "0"},
        {"disable_ipv6", "0"},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        char path[128];
        snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/default/%s",
                 settings[i][0]);
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd >= 0 && write(fd, settings[i][1], 1) != 1)
            lab_note("%s can't be set: %s", path, lab_errno_text(errno));
        if (fd >= 0)
            close(fd);
    }
}

void netns_host_at(struct lab_where where, struct netns *net, const char *name)
{
    struct netns_host *host = &net->hosts[net->host_count];

    if (net->host_count == NETNS_HOSTS_MAX)
        lab_fail_at(where, "over %d hosts", NETNS_HOSTS_MAX);
    snprintf(host->name, sizeof host->name, "%s", name);
    if (unshare(CLONE_NEWNET) < 0)
        lab_fail_at(where, "no network namespace can be made: %s",
                    lab_errno_text(errno));
    host->fd = (int)lab_sys(open(OWN_NAMESPACE, O_RDONLY | O_CLOEXEC));
    net->host_count++;
    calm_ipv6();
    lab_sys(netns_set_up("lo"));
    netns_leave(net);
}

const struct netns_host *netns_find(struct lab_where where, struct netns *net,
                                    const char *name)
{
    for (int i = 0; i < net->host_count; i++)
        if (strcmp(net->hosts[i].name, name) == 0)
            return &net->hosts[i];
    lab_fail_at(where, "there is no host '%s' in this network", name);
}

void netns_free(struct netns *net)
{
    const struct lab_where here = LAB_HERE;

    if (net == NULL)
        return;
    /* The kernel would do it as well, but later. */
    for (int i = 0; i < net->cable_count; i++) {
        const struct netns_cable *cable = &net->cables[i];
        netns_enter_host(here, net, cable->host);
        bool exists = if_nametoindex(cable->interface) != 0;
        netns_leave(net);
        if (exists)
            netns_command(here, net, cable->host,
                          (const char *const[]){"ip", "link", "delete",
                                                cable->interface, NULL},
                          -1);
    }
    for (int i = 0; i < net->host_count; i++)
        close(net->hosts[i].fd);
    if (net->pass >= 0)
        close(net->pass);
    close(net->home);
    free(net);
}

/* ---- Being in one ---- */

void netns_enter_host(struct lab_where where, struct netns *net,
                      const struct netns_host *host)
{
    (void)net;
    if (setns(host->fd, CLONE_NEWNET) < 0)
        lab_fail_at(where, "'%s' can't be entered: %s", host->name,
                    lab_errno_text(errno));
}

void netns_enter_at(struct lab_where where, struct netns *net, const char *host)
{
    netns_enter_host(where, net, netns_find(where, net, host));
}

void netns_leave(struct netns *net)
{
    lab_sys(setns(net->home, CLONE_NEWNET));
}

/* ---- Running things in one ---- */

void netns_start_at(struct lab_where where, struct netns *net, const char *host,
                    struct proc *p, const char *const argv[])
{
    netns_enter_at(where, net, host);
    proc_start_at(where, p, argv);
    netns_leave(net);
}

/* In the new process. */
static _Noreturn void become_command(const char *const argv[], int output,
                                     int kept)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    if (kept >= 0)
        fcntl(kept, F_SETFD, 0);
    /* ip and ethtool are no commands of an ordinary user's. */
    setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/bin", 1);
    execvp(argv[0], (char *const *)argv);
    dprintf(STDERR_FILENO, "%s: %s\n", argv[0], lab_errno_text(errno));
    syscall(SYS_exit_group, 127);
    _exit(127);
}

/* All that it says, up to its end; what finds no room is dropped. */
static void read_words(int from, char text[SAID_BYTES])
{
    size_t len = 0;
    char dropped[256] = "";
    ssize_t count;

    do {
        bool fits = len < SAID_BYTES - 1;
        count = read(from, fits ? text + len : dropped,
                     fits ? SAID_BYTES - 1 - len : sizeof dropped);
        len += fits && count > 0 ? (size_t)count : 0;
    } while (count > 0 || (count < 0 && errno == EINTR));
    text[len] = '\0';
}

static void join_words(const char *const argv[], char text[COMMAND_BYTES])
{
    size_t len = 0;

    for (text[0] = '\0'; *argv != NULL && len < COMMAND_BYTES; argv++)
        len += (size_t)snprintf(text + len, COMMAND_BYTES - len, "%s%s",
                                len > 0 ? " " : "", *argv);
}

void netns_command(struct lab_where where, struct netns *net,
                   const struct netns_host *host, const char *const argv[],
                   int kept)
{
    char said[SAID_BYTES], is[SAID_BYTES + 512], what[COMMAND_BYTES + 64];
    char words[COMMAND_BYTES];
    int output[2], status;

    lab_sys(pipe2(output, O_CLOEXEC));
    netns_enter_host(where, net, host);
    pid_t pid = (pid_t)lab_sys(fork());
    if (pid == 0)
        become_command(argv, output[1], kept);
    netns_leave(net);
    close(output[1]);
    read_words(output[0], said);
    close(output[0]);
    lab_sys(waitpid(pid, &status, 0));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    join_words(argv, words);
    snprintf(what, sizeof what, "`%s` in '%s'", words, host->name);
    snprintf(is, sizeof is, "exit status %d", WEXITSTATUS(status));
    proc_append_lines(is, sizeof is, said);
    lab_differ_at(where, what, "exit status 0", is);
}

void netns_run_at(struct lab_where where, struct netns *net, const char *host,
                  const char *command)
{
    const char *argv[WORDS_MAX + 1] = {NULL};
    char text[COMMAND_BYTES], *rest = text;
    int argc = 0;

    lab_note("in '%s': %s", host, command);
    snprintf(text, sizeof text, "%s", command);
    for (char *word; (word = strsep(&rest, " ")) != NULL;)
        if (*word != '\0' && argc < WORDS_MAX)
            argv[argc++] = word;
    if (argc == 0)
        lab_fail_at(where, "netns_run: there is no command");
    netns_command(where, net, netns_find(where, net, host), argv, -1);
}
