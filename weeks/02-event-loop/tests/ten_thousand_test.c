/*
 * ten_thousand_test.c: week 02, step 7: clients in this process, the server in
 * one of its own; 10,000 of them, and more than there are descriptors.
 */
#include "echo_client.h"
#include "echo_program_client.h"
#include "fault.h"
#include "loop_echo.h"
#include "loop_server.h"
#include "own_fds_client.h"
#include "stage.h"
#include "steps.h"
#include "stuck.h"

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
    echo_program_start_anywhere(&e, "echo-loop");
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
    echo_program_stop(&e, SIGTERM);
}

/* Of accept(2), for one client more than there is room for. Four will do: it
 * fails, takes the client in the spare descriptor's place, fails, and finds
 * that nobody is left. */
#define TRIES_MAX 10

/* The server asks again and again, or does nothing more at all: seen twice. */
static bool leaves_it_there(struct loop_server *s, unsigned long tries)
{
    for (int looks = 0; looks < 2; looks++)
        if (tries <= TRIES_MAX && stuck_process(&s->proc) == NULL)
            return false;
    return true;
}

/* A client comes for whom there is no descriptor: it is closed at once. */
static void expect_turned_away(struct loop_server *s)
{
    struct net_client c;
    struct lab_patience patience;
    unsigned long before = fault_calls(FAULT_ACCEPT), tries;

    net_connect_quietly(&c, "late client", SERVER_HOST, s->port);
    lab_patience_start(&patience);
    while (!stage_has_ended(&c)) {
        tries = fault_calls(FAULT_ACCEPT) - before;
        if ((leaves_it_there(s, tries) && !stage_has_ended(&c)) ||
            !lab_patience_left(&patience))
            lab_fail("a late client is closed at once; but it is connected, "
                     "and accept(2) was called %lu times since it came",
                     tries);
    }
    net_close(&c);
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
    struct net_client inside[ROOM];
    char name[32];

    loop_server_start_cramped(&s, ROOM);
    for (int i = 0; i < ROOM; i++) {
        snprintf(name, sizeof name, "client %d", i + 1);
        net_connect(&inside[i], name, SERVER_HOST, s.port);
        echo_client_round_trip(&inside[i], 100);
    }
    lab_note("%d clients are inside, and no descriptor is left; %d more come",
             ROOM, OUTSIDE);
    for (int i = 0; i < OUTSIDE; i++)
        expect_turned_away(&s);
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

struct late {
    struct net_client client;
    int fds; /* open in this process before it was let in */
};

static bool is_closed_or_let_in(void *user)
{
    const struct late *late = user;
    return stage_has_ended(&late->client) || own_fds_count() > late->fds;
}

/* A late client comes; the pipe that stops the loop is two descriptors. */
static void expect_late_client_closed(struct stage *s)
{
    struct late late;
    net_connect(&late.client, "late client", STAGE_HOST, s->port);
    late.fds = own_fds_count() + 2;
    run_until(s->loop, is_closed_or_let_in, &late,
              "the server closes late client at once");
    if (!stage_has_ended(&late.client))
        lab_differ_at(LAB_HERE, "what the server does with late client",
                      "it is closed at once",
                      "it is let in, by an accept(2) that was made later");
    net_close(&late.client);
}

/* The same in virtual time, in which no pause can end: one after the other is
 * closed at once. */
STEP_TEST(late_clients_are_closed_at_once)
{
    static const int errors[] = {EMFILE, EMFILE, ENFILE};
    struct stage s;
    struct net_client inside;

    stage_open(&s, 0);
    stage_connect(&s, &inside, "client");
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        lab_note("accept(2) fails with %s once; a client comes",
                 lab_errno_text(errors[i]));
        fault_fail(FAULT_ACCEPT, 1, errors[i]);
        expect_late_client_closed(&s);
        stage_round_trip(&s, &inside, 100);
    }
    net_close(&inside);
    run_until_quiet(s.loop);
    stage_close(&s);
}

#define ERRORS 50

/*
 * Out of memory is no client's fault and no end, but accept(2) may go on
 * failing for a while. Who asks again in the same turn, or in the next, which
 * begins at once, only makes it worse. In virtual time.
 */
STEP_TEST(no_memory_for_a_client)
{
    static const int errors[] = {ENOMEM, ENOBUFS};
    struct stage s;
    struct net_client inside, late;

    stage_open(&s, 0);
    stage_connect(&s, &inside, "client");
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        unsigned long before = fault_calls(FAULT_ACCEPT);
        lab_note("accept(2) fails with %s %d times; a client comes",
                 lab_errno_text(errors[i]), ERRORS);
        for (unsigned long k = 1; k <= ERRORS; k++)
            fault_fail(FAULT_ACCEPT, k, errors[i]);
        net_connect(&late, "late client", STAGE_HOST, s.port);
        for (int ms = 0; ms < 100; ms++) {
            clock_advance(CLOCK_MILLISECOND);
            run_until_quiet(s.loop);
        }
        lab_at_most(fault_calls(FAULT_ACCEPT) - before,
                    100 / LOOP_ECHO_PAUSE_MS_MIN + 1,
                    "calls of accept(2) in 100 ms");
        lab_note("the client inside is served");
        stage_round_trip(&s, &inside, 100);
        lab_note("there is memory again; %s ms pass",
                 lab_number(LOOP_ECHO_PAUSE_MS_MAX));
        fault_reset();
        clock_advance((LOOP_ECHO_PAUSE_MS_MAX + 1) * CLOCK_MILLISECOND);
        stage_round_trip(&s, &late, 100);
        net_close(&late);
    }
    net_close(&inside);
    run_until_quiet(s.loop);
    stage_close(&s);
}

static void not_to_be_called(struct loop *loop, int fd, unsigned events,
                             void *user)
{
    (void)loop;
    (void)fd;
    (void)events;
    (void)user;
    lab_fail("the server was closed; when its pause would have been over it "
             "still changes what the loop watches the listener for");
}

/* Closed while it pauses, the server is gone: the listener is watched by
 * somebody else now, for nothing. */
STEP_TEST(closed_in_the_pause)
{
    struct stage s;
    struct net_client c;

    stage_open(&s, 0);
    lab_note("accept(2) fails with ENOMEM once; then the server is closed, "
             "and %s ms pass",
             lab_number(LOOP_ECHO_PAUSE_MS_MAX));
    fault_fail(FAULT_ACCEPT, 1, ENOMEM);
    net_connect(&c, "client", STAGE_HOST, s.port);
    run_until_quiet(s.loop);
    loop_echo_close(s.echo);
    s.echo = NULL;
    lab_ok(loop_add(s.loop, s.listener, 0, not_to_be_called, NULL));
    clock_advance((LOOP_ECHO_PAUSE_MS_MAX + 1) * CLOCK_MILLISECOND);
    run_until_quiet(s.loop);
    net_close(&c);
    stage_close(&s);
}

void ten_thousand_step(void)
{
    lab_step("ten-thousand");
    lab_test(late_clients_are_closed_at_once);
    lab_test(no_memory_for_a_client);
    lab_test(closed_in_the_pause);
    lab_test(no_descriptor_left);
    lab_test(ten_thousand_clients);
}
