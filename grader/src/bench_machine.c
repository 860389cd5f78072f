/*
 * bench_machine.c: the machine's figures, which stand above the table.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STREAM_SECONDS 0.3
#define BLOCK_BYTES (256u << 10)

/* ---- One stream over loopback ---- */

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

/* A connected pair of TCP sockets; false where there is no loopback. */
static bool connect_pair(int pair[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pair[1] = -1;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
        listen(listener, 1) == 0 &&
        getsockname(listener, (struct sockaddr *)&address, &len) == 0 &&
        connect(pair[0], (struct sockaddr *)&address, len) == 0)
        pair[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    close(listener);
    return pair[1] >= 0;
}

/* In a child: until nobody reads any more. */
static _Noreturn void send_all(int fd, int cpu)
{
    static char block[BLOCK_BYTES];

    pin(cpu);
    while (send(fd, block, sizeof block, MSG_NOSIGNAL) > 0)
        ;
    _exit(0);
}

/* In a child: how much comes, as a number on `result`. */
static _Noreturn void receive_all(int fd, int cpu, int result)
{
    static char block[BLOCK_BYTES];
    double begin, end, gbit;
    uint64_t bytes = 0;

    pin(cpu);
    begin = now();
    do {
        ssize_t count = recv(fd, block, sizeof block, 0);
        if (count <= 0)
            break;
        bytes += (uint64_t)count;
        end = now();
    } while (end - begin < STREAM_SECONDS);
    gbit = bytes > 0 ? (double)bytes * 8 / 1e9 / (now() - begin) : 0;
    _exit(write(result, &gbit, sizeof gbit) == sizeof gbit ? 0 : 1);
}

static double measure_stream(int receive_cpu, int send_cpu)
{
    int pair[2], result[2];
    double gbit = 0;

    if (pipe(result) < 0)
        return 0;
    if (connect_pair(pair)) {
        pid_t receiver = fork();
        if (receiver == 0) {
            close(pair[0]);
            receive_all(pair[1], receive_cpu, result[1]);
        }
        close(pair[1]);
        pid_t sender = fork();
        if (sender == 0)
            send_all(pair[0], send_cpu);
        if (receiver < 0 || sender < 0 ||
            read(result[0], &gbit, sizeof gbit) != sizeof gbit)
            gbit = 0;
        close(pair[0]);
        waitpid(receiver, NULL, 0);
        waitpid(sender, NULL, 0);
    }
    close(result[0]);
    close(result[1]);
    return gbit;
}

/* ---- What the kernel tells ---- */

/* The value of the first line that begins with `key`, or of the first line
 * for "". */
static void read_line(const char *path, const char *key, char *value,
                      size_t size)
{
    char line[256];
    FILE *file = fopen(path, "re");

    value[0] = '\0';
    while (file && !value[0] && fgets(line, sizeof line, file)) {
        if (strncmp(line, key, strlen(key)) != 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        const char *colon = *key ? strchr(line, ':') : NULL;
        snprintf(value, size, "%.*s", (int)size - 1, colon ? colon + 2 : line);
    }
    if (file)
        fclose(file);
}

/* The first and the second of the last two processors that we may use; the
 * first of all serves interrupts on many machines. With one alone both share
 * it. */
static void choose_processors(struct bench_machine *machine)
{
    cpu_set_t set;

    machine->server_cpu = machine->load_cpu = 0;
    if (sched_getaffinity(0, sizeof set, &set) < 0)
        return;
    machine->processors = CPU_COUNT(&set);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set)) {
            machine->server_cpu = machine->load_cpu;
            machine->load_cpu = cpu;
        }
    if (machine->processors == 1)
        machine->server_cpu = machine->load_cpu;
}

void bench_machine_look(struct bench_machine *machine, bool with_stream)
{
    struct utsname name;
    char governor[128];

    choose_processors(machine);
    read_line("/proc/cpuinfo", "model name", machine->model,
              sizeof machine->model);
    if (uname(&name) == 0)
        snprintf(machine->kernel, sizeof machine->kernel, "%.31s %.40s",
                 name.sysname, name.release);
    snprintf(governor, sizeof governor,
             "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor",
             machine->server_cpu);
    read_line(governor, "", machine->governor, sizeof machine->governor);
    if (getloadavg(&machine->load_before, 1) != 1)
        machine->load_before = 0;
    if (with_stream)
        machine->stream_gbit =
            measure_stream(machine->server_cpu, machine->load_cpu);
}
