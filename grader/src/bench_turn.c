/*
 * bench_turn.c: one program, driven once by grade-load (see bench.h).
 */
#include "bench.h"

#include "bench_server.h"
#include "course.h"
#include "files.h"
#include "load_echo.h"
#include "process.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define WARM_UP_SECONDS_MAX 0.2
#define EXTRA_MS 30000 /* for connecting, and for a machine that is busy */
#define CALLS_SHORT_SECONDS 0.1
#define CALLS_LONG_SECONDS 0.3
#define WORDS_MAX 16

/* ---- The server and the load ---- */

static int start_server(const struct bench *bench, unsigned program,
                        struct bench_server *server)
{
    const char *argv[] = {bench->programs[program].command, "0", NULL};
    char *env =
        text_format("REFERENCE=%s", bench->programs[bench->reference].command);
    int err = bench_server_start(server, argv, env, bench->machine.server_cpu);

    free(env);
    return err;
}

/* How the load is run once. */
struct drive {
    const struct bench_scene *scene;
    double warm_up, seconds;
    const char *const *before; /* the words of a tool that runs it, or NULL */
};

/* Run grade-load. Returns its JSON, or NULL with *failure set. */
static json_t *run_load(const struct bench *bench,
                        const struct bench_server *server,
                        const struct drive *drive, char **failure)
{
    const struct bench_scene *scene = drive->scene;
    char *words[] = {text_format("%s/build/grade-load", course_dir()),
                     text_format("--connections=%u", scene->connections),
                     text_format("--bytes=%u", scene->bytes),
                     text_format("--depth=%u", scene->depth),
                     text_format("--warm-up=%.3f", drive->warm_up),
                     text_format("--seconds=%.3f", drive->seconds),
                     text_format("--group=%d", (int)server->pid),
                     text_format("--cpu=%d", bench->machine.load_cpu)};
    const char *argv[WORDS_MAX + sizeof words / sizeof *words] = {NULL};
    struct process_request request = {
        .argv = argv,
        .keep_fd = -1,
        .timeout_ms = (int)(drive->seconds * 1000) + EXTRA_MS};
    struct process_result result = {0};
    json_t *json = NULL;
    size_t count = 0;

    while (drive->before && drive->before[count]) {
        argv[count] = drive->before[count];
        count++;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        argv[count++] = words[i];
    argv[count++] = server->host;
    argv[count] = server->port;
    int err = process_run(&request, &result);
    if (err == 0 && process_succeeded(&result))
        json = json_loads(result.output, JSON_DISABLE_EOF_CHECK, NULL);
    if (!json)
        *failure = text_format(
            "%.200s", err < 0            ? strerror(-err)
                      : result.timed_out ? "the load never ended"
                      : *result.output   ? result.output
                                         : "the load failed without a word");
    process_result_release(&result);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        free(words[i]);
    return json;
}

/* ---- A turn ---- */

static double figure(const json_t *json, const char *key)
{
    return json_number_value(json_object_get(json, key));
}

/* The load is the bottleneck when it always finds many replies waiting. */
static bool is_load_limited(const json_t *json, const struct bench_scene *scene)
{
    double waits = figure(json, "waits");
    double most = scene->connections < LOAD_EVENTS_MAX ? scene->connections
                                                       : LOAD_EVENTS_MAX;

    return most > 1 && waits > 0 && figure(json, "events") / waits > most / 2;
}

static struct turn turn_of(const json_t *json, const struct bench_scene *scene)
{
    double messages = figure(json, "messages");
    double seconds = figure(json, "seconds");
    double server = figure(json, "server_held_up_ns");
    double load = figure(json, "generator_held_up_ns");
    struct turn turn = {
        .rate = messages / seconds,
        .p50_us = figure(json, "p50_ns") / 1e3,
        .p99_us = figure(json, "p99_ns") / 1e3,
        .cpu_us =
            messages > 0 ? figure(json, "server_ran_ns") / messages / 1e3 : 0,
        .stolen = figure(json, "stolen_seconds") / seconds,
        .held_up = (server > load ? server : load) / 1e9 / seconds,
        .load_limited = is_load_limited(json, scene),
    };

    turn.fate = messages > 0 ? turn_judge(&turn) : TURN_FAILED;
    return turn;
}

struct turn bench_turn(const struct bench *bench, unsigned program,
                       const struct bench_scene *scene, char **failure)
{
    struct turn turn = {.fate = TURN_FAILED};
    struct bench_server server;
    struct drive drive = {.scene = scene,
                          .warm_up = bench->seconds / 2 < WARM_UP_SECONDS_MAX
                                         ? bench->seconds / 2
                                         : WARM_UP_SECONDS_MAX,
                          .seconds = bench->seconds};
    int err = start_server(bench, program, &server);

    *failure = NULL;
    if (err < 0) {
        *failure = text_format("did not start: %.200s",
                               *server.said ? server.said : strerror(-err));
        return turn;
    }
    json_t *json = run_load(bench, &server, &drive, failure);
    if (json)
        turn = turn_of(json, scene);
    json_decref(json);
    bench_server_stop(&server);
    return turn;
}

/* ---- System calls ---- */

/* perf's "1234,,raw_syscalls:sys_enter,…", or -1. */
static double read_count(const char *path)
{
    char *text = file_read(path, NULL), *end = text;
    double count = -1;

    for (char *at = text; at && *at && count < 0; at = end + (*end == '\n')) {
        double value = strtod(at, &end);
        if (end > at && *end == ',')
            count = value;
        end = at + strcspn(at, "\n");
    }
    free(text);
    return count;
}

struct counted {
    double calls, messages;
};

/* Of one turn of so many seconds. */
static bool count_calls(const struct bench *bench, unsigned program,
                        const struct bench_scene *scene, double seconds,
                        struct counted *counted)
{
    struct bench_server server;
    char *failure = NULL;

    if (start_server(bench, program, &server) < 0)
        return false;
    char *path = text_format("%s/calls", bench->state);
    char *pids = bench_server_pids(&server);
    const char *perf[] = {
        "perf", "stat", "-x", ",",  "-e", "raw_syscalls:sys_enter",
        "-o",   path,   "-p", pids, "--", NULL};
    struct drive drive = {.scene = scene, .seconds = seconds, .before = perf};
    json_t *json = run_load(bench, &server, &drive, &failure);
    counted->messages = figure(json, "messages");
    counted->calls = read_count(path);
    bench_server_stop(&server);
    json_decref(json);
    free(failure);
    free(pids);
    free(path);
    return counted->calls >= 0 && counted->messages > 0;
}

/* Two turns, so that what comes with connections, and not with messages, falls
 * out. */
double bench_calls(const struct bench *bench, unsigned program,
                   const struct bench_scene *scene)
{
    struct counted few, many;

    if (!process_exists("perf") ||
        !count_calls(bench, program, scene, CALLS_SHORT_SECONDS, &few) ||
        !count_calls(bench, program, scene, CALLS_LONG_SECONDS, &many) ||
        many.messages <= few.messages)
        return -1;
    return (many.calls - few.calls) / (many.messages - few.messages);
}
