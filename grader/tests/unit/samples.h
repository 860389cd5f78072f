/*
 * samples.h: outcomes of a made-up week, one for each thing that a report has
 * to say; for the tests of the reports.
 */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No test needs all of them. */
#define SAMPLE static __attribute__((unused)) struct week_outcome

static char *sample_yours[] = {"echo.c"};
static char *sample_after[] = {"echo-one"};
static char *sample_hints[] = {
    "What does read(2) return when the client has closed?",
    "Echo what you read, not what you have room for.",
    "while ((n = read(fd, buffer, sizeof buffer)) > 0) write_all(fd, …, n);",
};

static struct step sample_steps[] = {
    {.number = 1,
     .name = "hello",
     .title = "Accept one client, send it one line, close",
     .seconds = 20},
    {.number = 2,
     .name = "listen",
     .title = "A listening socket on host and port, IPv4 and IPv6",
     .seconds = 20},
    {.number = 3,
     .name = "echo-one",
     .title = "Serve one client: its bytes come back until it closes",
     .seconds = 20,
     .hints = sample_hints,
     .hint_count = 3},
    {.number = 4,
     .name = "write-all",
     .title = "8 MiB come back bit for bit through short writes",
     .after = sample_after,
     .after_count = 1,
     .seconds = 20},
    {.number = 5,
     .name = "many-clients",
     .title = "128 clients at once",
     .seconds = 20,
     .sanitizer = SANITIZER_THREAD},
    {.number = 6,
     .name = "program",
     .title = "The echo program",
     .seconds = 20},
    {.number = 7,
     .name = "stop",
     .title = "SIGTERM finishes what is in flight",
     .stretch = true,
     .seconds = 20},
};
#define SAMPLE_STEPS (sizeof sample_steps / sizeof *sample_steps)

static struct week sample_week = {
    .name = "01-tcp-echo",
    .dir = "weeks/01-tcp-echo",
    .number = 1,
    .manifest = {.title = "A TCP echo server",
                 .track = "network",
                 .yours = sample_yours,
                 .yours_count = 1,
                 .steps = sample_steps,
                 .step_count = SAMPLE_STEPS},
};

/* Steps 1 to `passed` passed, the rest was not reached. */
SAMPLE sample_outcome(const char *workspace, unsigned passed)
{
    struct week_outcome outcome = {
        .week = &sample_week,
        .workspace = workspace,
        .whole_week = true,
        .steps = calloc(SAMPLE_STEPS, sizeof(struct outcome)),
    };

    for (unsigned i = 0; i < SAMPLE_STEPS; i++) {
        outcome.steps[i].step = &sample_steps[i];
        if (i >= passed)
            continue;
        outcome.steps[i].verdict = VERDICT_PASSED;
        outcome.steps[i].seconds = 0.04 + 0.31 * i;
        outcome.steps[i].seed = 4711;
        outcome.steps[i].tests_passed = 4;
    }
    return outcome;
}

/* Step 3 fails on an expectation with two values; step 4 waits for it. */
SAMPLE sample_failed(const char *workspace)
{
    struct week_outcome outcome = sample_outcome(workspace, 2);
    struct outcome *step = &outcome.steps[2];

    outcome.first_failed = 3;
    *step = (struct outcome){
        .step = step->step,
        .verdict = VERDICT_FAILED,
        .seconds = 0.31,
        .seed = 4711,
        .test = strdup("the_bytes_come_back_until_the_client_closes"),
        .what = strdup("bytes that came back"),
        .expected = strdup("\"hello\\n\""),
        .actual = strdup("\"hell\""),
        .file = strdup("tests/echo_test.c"),
        .line = 112,
        .transcript = strdup("client connects to 127.0.0.1:40123\n"
                             "client sends 6 bytes\n"
                             "client shuts down its writing side: from here on "
                             "the server reads end of file\n"),
        .tests_passed = 1,
    };
    outcome.steps[3].verdict = VERDICT_BLOCKED;
    outcome.steps[3].blocked_by = 3;
    return outcome;
}

/* Step 5 ends in a data race, after a long talk, with hostile output. */
SAMPLE sample_race(const char *workspace)
{
    struct week_outcome outcome = sample_outcome(workspace, 4);
    struct outcome *step = &outcome.steps[4];
    char talk[4096] = "";

    for (int i = 1; i <= 55; i++)
        sprintf(talk + strlen(talk), "client %d sends 512 bytes\n", i);
    outcome.first_failed = 5;
    outcome.built_on = strdup("your 00-warm-up, reference 06-wal");
    outcome.replay_options = strdup(" --use 00=mine");
    *step = (struct outcome){
        .step = step->step,
        .verdict = VERDICT_FAILED,
        .seconds = 12.34,
        .seed = 18446744073709551615u,
        .test = strdup("no_client_waits_for_another"),
        .what = strdup("ThreadSanitizer found a data race in your code"),
        .transcript = strdup(talk),
        .sanitizer = strdup("data race, write of 4 bytes\n"
                            "    serve          echo.c:88\n"
                            "previous write\n"
                            "    accept_loop    echo.c:131\n"),
        .output = strdup("\033]0;owned\007listening\n\xff\xfe bad\n"
                         "]]> & <b> \"quoted\" | # \xe2\x80\xae\n"),
        .blame = strdup("fails with your 00-warm-up, passes with the "
                        "reference's; its step 2 leak is the nearest"),
    };
    return outcome;
}

SAMPLE sample_compile_error(const char *workspace)
{
    struct week_outcome outcome = sample_outcome(workspace, 0);

    outcome.build_error = strdup("it does not compile");
    outcome.build_words =
        strdup("echo.c: In function ‘echo_hello’:\n"
               "echo.c:12:5: error: ‘fd’ undeclared (first use in this "
               "function)\n"
               "   12 |     fd = accept(listener, NULL, NULL);\n"
               "      |     ^~\n");
    return outcome;
}

SAMPLE sample_link_error(const char *workspace)
{
    struct week_outcome outcome = sample_outcome(workspace, 0);

    outcome.build_error = strdup("it does not link: echo.c uses serve_on, "
                                 "which is nowhere defined");
    outcome.build_words =
        strdup("echo.c:88:9: warning: implicit declaration of function "
               "‘serve_on’ [-Wimplicit-function-declaration]\n"
               "echo.c:88: undefined reference to `serve_on'\n");
    return outcome;
}

SAMPLE sample_refused_call(const char *workspace)
{
    struct week_outcome outcome = sample_outcome(workspace, 0);

    outcome.build_error =
        strdup("echo.c:88: calls splice(), which week 01 does not allow");
    outcome.build_words =
        strdup("It allows (`calls` in weeks/01-tcp-echo/week.yaml):\n"
               "    sockets    socket, bind, listen, accept\n"
               "    files      read, write, close\n"
               "and always: memory, text and threads (starter/pure-calls).\n");
    return outcome;
}

/* --all: two core steps fail, and a stretch step. */
SAMPLE sample_all_failed(const char *workspace)
{
    struct week_outcome outcome = sample_failed(workspace);
    static const unsigned failed[] = {6, 7};

    outcome.all = true;
    for (size_t i = 0; i < sizeof failed / sizeof *failed; i++) {
        struct outcome *step = &outcome.steps[failed[i] - 1];

        step->verdict = VERDICT_FAILED;
        step->what = strdup(i == 0 ? "how echo ends" : "stop is not written");
        step->expected = i == 0 ? strdup("exit status 0") : NULL;
        step->actual = i == 0 ? strdup("exit status 1") : NULL;
        step->seconds = 0.02;
        step->seed = 4711;
    }
    outcome.steps[4].verdict = VERDICT_PASSED;
    outcome.steps[4].seconds = 1.28;
    return outcome;
}

/* A step that this machine can't run, one that it ran in part, a stretch step
 * that fails, a note. */
SAMPLE sample_cannot_run(const char *workspace)
{
    struct week_outcome outcome = sample_outcome(workspace, 6);
    struct outcome *step = &outcome.steps[4];

    outcome.steps[1].tests_not_run = 1;
    outcome.steps[1].why = strdup("::1 is not there");
    outcome.steps[1].command =
        strdup("sudo sysctl net.ipv6.conf.lo.disable_ipv6=0");
    *step = (struct outcome){
        .step = step->step,
        .verdict = VERDICT_CANNOT_RUN,
        .why = strdup("vm.mmap_rnd_bits is 32, ThreadSanitizer needs 28"),
        .command = strdup("sudo sysctl vm.mmap_rnd_bits=28"),
    };
    outcome.steps[6].verdict = VERDICT_FAILED;
    outcome.steps[6].what =
        strdup("timed out after 20 s in step 7: that is the grader's limit "
               "against hanging, and no measure of speed");
    outcome.steps[6].seconds = 20;
    outcome.steps[6].seed = 4711;
    outcome.first_failed = 7;
    week_outcome_note(&outcome,
                      "01-tcp-echo/echo.h was edited; grading takes the "
                      "course's, `work/grade start 01` brings it back");
    return outcome;
}

/* The core passes, the stretch step does not. */
SAMPLE sample_stretch_failed(const char *workspace)
{
    struct week_outcome outcome = sample_outcome(workspace, 6);

    outcome.steps[6].verdict = VERDICT_FAILED;
    outcome.steps[6].what = strdup("stop is not written");
    outcome.steps[6].seconds = 0.02;
    outcome.steps[6].seed = 4711;
    outcome.first_failed = 7;
    return outcome;
}

/* The grader's own fault. */
SAMPLE sample_broken(const char *workspace)
{
    struct week_outcome outcome = sample_outcome(workspace, 0);

    outcome.steps[0].verdict = VERDICT_BROKEN;
    outcome.steps[0].what = strdup("the test program could not be started");
    outcome.steps[0].why = strdup("bwrap: No space left on device");
    outcome.steps[0].seed = 4711;
    outcome.first_failed = 1;
    return outcome;
}

/* Step 3 alone was asked for, and passes. */
SAMPLE sample_one_step(const char *workspace)
{
    struct week_outcome outcome = sample_outcome(workspace, 0);

    outcome.whole_week = false;
    outcome.steps[2].verdict = VERDICT_PASSED;
    outcome.steps[2].seconds = 0.05;
    outcome.steps[2].seed = 4711;
    return outcome;
}

#endif
