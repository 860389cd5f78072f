/*
 * proxies.c: HAProxy in TCP mode, nginx's stream module, and the kernel's IPVS,
 * each with one thread, and with NETWORK_BACKENDS servers behind the VIP.
 */
#include "proxies.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define NGINX_STREAM "/usr/lib/nginx/modules/ngx_stream_module.so"

/* ---- What is here ---- */

static bool is_installed(const char *program)
{
    char command[128];

    snprintf(command, sizeof command,
             "PATH=$PATH:/usr/sbin:/sbin; command -v %s >/dev/null", program);
    return system(command) == 0;
}

static bool kernel_has_ipvs(void)
{
    if (access("/proc/net/ip_vs", F_OK) == 0)
        return true;
    return system("PATH=$PATH:/usr/sbin:/sbin; modprobe ip_vs 2>/dev/null") ==
               0 &&
           access("/proc/net/ip_vs", F_OK) == 0;
}

const char *proxy_missing(const char *name, const char **command)
{
    *command = "make bench WEEK=19";
    if (strcmp(name, "haproxy") == 0)
        return is_installed("haproxy") ? NULL : "HAProxy is not installed";
    *command = "grader/install peers";
    if (strcmp(name, "nginx") == 0)
        return is_installed("nginx") && access(NGINX_STREAM, R_OK) == 0
                   ? NULL
                   : "nginx or its stream module is not installed";
    if (!kernel_has_ipvs()) {
        *command = NULL;
        return "this kernel has no IP_VS";
    }
    return is_installed("ipvsadm") ? NULL : "ipvsadm is not installed";
}

/* ---- Their configuration ---- */

static void put_haproxy(FILE *out)
{
    fputs("global\n"
          "    nbthread 1\n"
          "    maxconn 4096\n"
          "defaults\n"
          "    mode tcp\n"
          "    timeout connect 10s\n"
          "    timeout client 60s\n"
          "    timeout server 60s\n"
          "listen service\n"
          "    bind " NETWORK_VIP ":7 backlog 4096\n",
          out);
    for (int i = 1; i <= NETWORK_BACKENDS; i++)
        fprintf(out, "    server s%d " NETWORK_BACKEND ":7\n", i, i);
}

static void put_nginx(FILE *out)
{
    fputs("load_module " NGINX_STREAM ";\n"
          "daemon off;\n"
          "master_process off;\n"
          "pid /tmp/nginx.pid;\n"
          "error_log stderr crit;\n"
          "events { worker_connections 4096; }\n"
          "stream {\n"
          "    upstream service {\n",
          out);
    for (int i = 1; i <= NETWORK_BACKENDS; i++)
        fprintf(out, "        server " NETWORK_BACKEND ":7;\n", i);
    fputs("    }\n"
          "    server {\n"
          "        listen " NETWORK_VIP ":7 backlog=4096;\n"
          "        proxy_pass service;\n"
          "    }\n"
          "}\n",
          out);
}

/* Into the /tmp that is ours alone. */
static int configure(void (*put)(FILE *), const char *path)
{
    FILE *out = fopen(path, "we");

    if (out == NULL)
        return -errno;
    put(out);
    return fclose(out) == 0 ? 0 : -EIO;
}

/* ---- Running them ---- */

static pid_t start(const struct network *network, int cpu,
                   const char *const argv[])
{
    pid_t parent = getpid(), pid = fork();

    if (pid != 0)
        return pid < 0 ? -errno : pid;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 &&
        sched_setaffinity(0, sizeof set, &set) == 0 &&
        network_enter(network, NETWORK_BALANCER) == 0 &&
        setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin", 1) == 0)
        execvp(argv[0], (char *const *)argv);
    _exit(127);
}

/* Not tried where this was written: that kernel has none. */
static int start_ipvs(const struct network *network)
{
    int err = network_run(network, NETWORK_BALANCER,
                          "echo 1 >/proc/sys/net/ipv4/ip_forward;"
                          "echo 0 >/proc/sys/net/ipv4/conf/all/send_redirects;"
                          "ipvsadm -A -t " NETWORK_VIP ":7 -s mh");

    for (int i = 1; i <= NETWORK_BACKENDS && err == 0; i++)
        err = network_run(
            network, NETWORK_BALANCER,
            "ipvsadm -a -t " NETWORK_VIP ":7 -r " NETWORK_BACKEND ":7 -m", i);
    return err;
}

pid_t proxy_start(const struct network *network, const char *name, int cpu)
{
    static const char *const haproxy[] = {
        "haproxy", "-q", "-db", "-f", "/tmp/haproxy.conf", NULL};
    static const char *const nginx[] = {"nginx",           "-p", "/tmp", "-c",
                                        "/tmp/nginx.conf", NULL};
    bool is_nginx = strcmp(name, "nginx") == 0;

    if (strcmp(name, "ipvs") == 0)
        return start_ipvs(network);
    int err = is_nginx ? configure(put_nginx, nginx[4])
                       : configure(put_haproxy, haproxy[4]);
    return err < 0 ? err : start(network, cpu, is_nginx ? nginx : haproxy);
}
