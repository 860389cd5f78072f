/*
 * ten_thousand_test.c: week 02, step 7: clients in this process, the server in
 * one of its own; 10,000 of them, and more than there are descriptors.
 */
#include "echo_client.h"
#include "echo_program.h"
#include "fault.h"
#include "loop_echo.h"
#include "loop_server.h"
#include "steps.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define SILENT 10000
#define BUSY 64
#define SPARE 100 /* descriptors of the test's own */

static void need_files(rlim_t count)
{
    struct rlimit files;
    lab_sys(getrlimit(RLIMIT_NOFILE, &files));
    if (files.rlim_max < count)
        lab_cannot_run("this machine allows fewer than 10,164 open files",
                       "raise `nofile` in /etc/security/limits.conf");
    files.rlim_cur = files.rlim_max;
    lab_sys(setrlimit(RLIMIT_NOFILE, &files));
}

/* Memory of it that is in use, in bytes; proc_pid_statm(5). */
static long memory_of(const struct proc *p)
{
    char path[64];
    long all, resident;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)p->pid);
    FILE *file = fopen(path, "r");
    lab_check(file != NULL && fscanf(file, "%ld %ld", &all, &resident) == 2,
              "the server runs, so that %s can be read", path);
    fclose(file);
    return resident * sysconf(_SC_PAGESIZE);
}

static struct net_client *connect_many(const struct echo_program *e, int count)
{
    struct net_client *clients = calloc((size_t)count, sizeof *clients);
    char name[32];
    lab_note("%s connect", lab_count(count, "client"));
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "client %d", i + 1);
        net_connect_quietly(&clients[i], name, e->host, e->port);
    }
    return clients;
}

static void close_many(struct net_client *clients, int count)
{
    for (int i = 0; i < count; i++)
        net_close(&clients[i]);
    free(clients);
}

/* 10,000 silent ones cost little, and 64 busy ones do not notice them. */
STEP_TEST(ten_thousand_clients)
{
    struct echo_program e;

    need_files(SILENT + BUSY + SPARE);
    echo_program_start_anywhere(&e);
    echo_client_crowd(e.host, e.port, BUSY, 2);
    long before = memory_of(&e.proc);
    struct net_client *silent = connect_many(&e, SILENT);
    lab_until(proc_count_fds(&e.proc) >= SILENT,
              "the server accepts all of them");
    echo_client_crowd(e.host, e.port, BUSY, 3);
    lab_note("looks at the server's memory");
    lab_at_most((memory_of(&e.proc) - before) / SILENT, LOOP_ECHO_SILENT_BYTES,
                "bytes of the server's memory for each silent client");
    lab_note("each hundredth of them speaks after all");
    for (int i = 0; i < SILENT; i += 100)
        echo_client_round_trip(&silent[i], 1000);
    lab_note("all leave");
    close_many(silent, SILENT);
    lab_until(proc_count_fds(&e.proc) < 100, "the server closes all of them");
    echo_client_lines(e.host, e.port);
    echo_program_end(&e, SIGTERM);
}

#define ROOM 8
#define INSIDE 4
#define OUTSIDE 20
#define ROUND_TRIPS 500

/*
 * No descriptor is left: who comes now is closed at once, who is inside is
 * served, and the loop does not turn for nothing. How often it waits is counted
 * against round trips, and no clock is asked.
 */
STEP_TEST(no_descriptor_left)
{
    struct loop_server s;
    struct net_client inside[ROOM], outside[OUTSIDE];
    char name[32];

    loop_server_start_cramped(&s, ROOM);
    for (int i = 0; i < ROOM; i++) {
        snprintf(name, sizeof name, "client %d", i + 1);
        net_connect(&inside[i], name, SERVER_HOST, s.port);
        echo_client_round_trip(&inside[i], 100);
    }
    lab_note("%d clients are inside, and no descriptor is left; %d more come",
             ROOM, OUTSIDE);
    for (int i = 0; i < OUTSIDE; i++) {
        net_connect_quietly(&outside[i], "late client", SERVER_HOST, s.port);
        net_expect_end(&outside[i]);
        net_close(&outside[i]);
    }
    lab_note("client 1 makes %d round trips", ROUND_TRIPS);
    unsigned long waits = fault_calls(FAULT_WAIT);
    unsigned long accepts = fault_calls(FAULT_ACCEPT);
    inside[0].quiet = true;
    for (int i = 0; i < ROUND_TRIPS; i++)
        echo_client_round_trip(&inside[0], 100);
    lab_at_most(fault_calls(FAULT_WAIT) - waits, 3 * ROUND_TRIPS,
                "waits during %d round trips", ROUND_TRIPS);
    lab_at_most(fault_calls(FAULT_ACCEPT) - accepts, ROUND_TRIPS,
                "calls of accept(2) during %d round trips", ROUND_TRIPS);

    lab_note("clients 2 to %d leave: there is room again", ROOM);
    int full = proc_count_fds(&s.proc);
    for (int i = 1; i < ROOM; i++)
        net_close(&inside[i]);
    proc_until_fds(&s.proc, full - ROOM + 1);
    for (int i = 1; i < INSIDE; i++) {
        net_connect(&inside[i], "new client", SERVER_HOST, s.port);
        echo_client_round_trip(&inside[i], 100);
    }
    for (int i = 0; i < INSIDE; i++)
        net_close(&inside[i]);
    loop_server_stop(&s);
}

void ten_thousand_step(void)
{
    lab_step("ten-thousand");
    lab_test(ten_thousand_clients);
    lab_test(no_descriptor_left);
}
