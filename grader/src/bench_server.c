/*
 * bench_server.c: see bench_server.h. process_run() runs a program to its end;
 * a server has to run beside it.
 */
#include "bench_server.h"

#include "files.h"
#include "process.h"
#include "schedstat.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_MS 10000
#define STOP_MS 2000
#define LOOK_MS 5 /* between two looks whether it has ended */

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- The child ---- */

static void pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* SIGTERM, so that a script can end what it started. */
static _Noreturn void become(const char *const *argv, const char *env, int cpu,
                             int output, pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    pin(cpu);
    raise_file_limit();
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
        _exit(126);
    close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
    if (env)
        putenv((char *)env);
    execvp(argv[0], (char *const *)argv);
    dprintf(2, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

/* ---- Its first line ---- */

static bool is_listening(struct bench_server *server)
{
    const char *line = strstr(server->said, "listening on ");

    return line && strchr(line, '\n') &&
           sscanf(line, "listening on %63s port %15s", server->host,
                  server->port) == 2;
}

/* 1 when it serves, 0 for more, -ECHILD at its end. */
static int read_some(struct bench_server *server)
{
    size_t len = strlen(server->said);
    ssize_t count =
        read(server->output, server->said + len, sizeof server->said - 1 - len);

    if (count < 0 && errno == EINTR)
        return 0;
    if (count <= 0)
        return -ECHILD; /* or it talks too much */
    server->said[len + (size_t)count] = '\0';
    return is_listening(server);
}

static int await_line(struct bench_server *server)
{
    int64_t deadline = now_ms() + START_MS;
    int done = 0;

    while (done == 0) {
        struct pollfd output = {.fd = server->output, .events = POLLIN};
        int64_t left = deadline - now_ms();
        if (process_interrupted())
            return -EINTR;
        if (left <= 0)
            return -ETIMEDOUT;
        if (poll(&output, 1, (int)left) > 0)
            done = read_some(server);
    }
    return done < 0 ? done : 0;
}

/* ---- The public functions ---- */

int bench_server_start(struct bench_server *server, const char *const *argv,
                       const char *env, int cpu)
{
    int output[2];
    pid_t parent = getpid();

    *server = (struct bench_server){.output = -1};
    if (pipe2(output, O_CLOEXEC) < 0)
        return -errno;
    fflush(NULL);
    server->pid = fork();
    if (server->pid == 0)
        become(argv, env, cpu, output[1], parent);
    close(output[1]);
    server->output = output[0];
    if (server->pid < 0) {
        close(output[0]);
        return -EAGAIN;
    }
    setpgid(server->pid, server->pid); /* whoever of the two comes first */
    int err = await_line(server);
    if (err < 0)
        bench_server_stop(server);
    return err;
}

static bool has_ended(pid_t pid)
{
    siginfo_t info = {0};

    /* WNOWAIT: its number stays its own until the group is killed. */
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
           info.si_pid != 0;
}

void bench_server_stop(struct bench_server *server)
{
    int64_t deadline = now_ms() + STOP_MS;

    kill(-server->pid, SIGTERM);
    while (!has_ended(server->pid) && now_ms() < deadline)
        poll(NULL, 0, LOOK_MS);
    kill(-server->pid, SIGKILL);
    while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close(server->output);
    server->output = -1;
}

char *bench_server_pids(const struct bench_server *server)
{
    struct schedstat threads = {0};
    char *text = NULL;
    size_t len;
    pid_t last = 0;
    FILE *out = open_memstream(&text, &len);

    schedstat_add_group(&threads, server->pid);
    for (unsigned i = 0; out && i < threads.count; i++) {
        if (threads.threads[i].pid != last)
            fprintf(out, "%s%d", last ? "," : "", (int)threads.threads[i].pid);
        last = threads.threads[i].pid;
    }
    if (out)
        fclose(out);
    schedstat_release(&threads);
    return text;
}
