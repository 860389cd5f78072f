/*
 * load.c: the program `grade-load HOST PORT`: a load for `grade bench`, in a
 * process of its own, so that it runs on a processor of its own.
 *
 *     grade-load --connections=64 --bytes=64 --depth=1 --seconds=1
 *         --cpu=1 127.0.0.1 40123
 *
 * prints one line of JSON: messages, waits, events, seconds, bytes_per_second;
 * p50_ns, p90_ns, p99_ns, p999_ns, max_ns; generator_ran_ns,
 * generator_held_up_ns, and the same two of the server, which is the process
 * group --group (schedstat.h); stolen_seconds. What a message's time is stands
 * in load_echo.h.
 *
 * Exit status: 0 measured · 1 the server failed · 2 wrong usage.
 */
#include "load_echo.h"

#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
    struct load_request request;
    int cpu; /* -1: any */
};

static const struct argp_option options[] = {
    {"connections", 'c', "N", 0, "clients at once (1)", 0},
    {"bytes", 'b', "N", 0, "of a message (64)", 0},
    {"depth", 'd', "N", 0, "messages under way, each client (1)", 0},
    {"seconds", 's', "S", 0, "how long it is measured (1)", 0},
    {"warm-up", 'w', "S", 0, "how long it runs before (0.2)", 0},
    {"group", 'g', "PGID", 0, "the server's process group", 0},
    {"cpu", 'p', "N", 0, "run on this processor alone", 0},
    {0},
};

static double number(const char *text, double max, struct argp_state *state)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || !(value >= 0) || value > max)
        argp_error(state, "'%s' is no number from 0 to %.0f", text, max);
    return value;
}

static error_t take(int key, char *text, struct argp_state *state)
{
    struct line *line = state->input;
    struct load_request *request = &line->request;

    switch (key) {
    case 'c':
        request->connections = (unsigned)number(text, 1e6, state);
        return 0;
    case 'b':
        request->message_bytes = (unsigned)number(text, 1e9, state);
        return 0;
    case 'd':
        request->depth = (unsigned)number(text, 1e6, state);
        return 0;
    case 's':
        request->seconds = number(text, 3600, state);
        return 0;
    case 'w':
        request->warm_up_seconds = number(text, 3600, state);
        return 0;
    case 'g':
        request->server_group = (pid_t)number(text, 1e9, state);
        return 0;
    case 'p':
        line->cpu = (int)number(text, CPU_SETSIZE - 1, state);
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 1)
            argp_usage(state);
        *(state->arg_num == 0 ? &request->host : &request->port) = text;
        return 0;
    case ARGP_KEY_END:
        if (state->arg_num < 2)
            argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int pin(int cpu)
{
    cpu_set_t set;

    if (cpu < 0)
        return 0;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof set, &set) < 0 ? -errno : 0;
}

static json_int_t percentile(const struct load_result *result, double percent)
{
    return (json_int_t)histogram_percentile(&result->times, percent);
}

static int print(const struct load_request *request,
                 const struct load_result *result)
{
    double bytes = (double)result->messages * request->message_bytes;
    json_t *json = json_pack(
        "{sI sI sI sf sf sI sI sI sI sI sI sI sI sI sf}", "messages",
        (json_int_t)result->messages, "waits", (json_int_t)result->waits,
        "events", (json_int_t)result->events, "seconds", result->seconds,
        "bytes_per_second", bytes / result->seconds, "p50_ns",
        percentile(result, 50), "p90_ns", percentile(result, 90), "p99_ns",
        percentile(result, 99), "p999_ns", percentile(result, 99.9), "max_ns",
        (json_int_t)result->times.max, "generator_ran_ns",
        (json_int_t)result->generator_ran_ns, "generator_held_up_ns",
        (json_int_t)result->generator_held_up_ns, "server_ran_ns",
        (json_int_t)result->server_ran_ns, "server_held_up_ns",
        (json_int_t)result->server_held_up_ns, "stolen_seconds",
        result->stolen_seconds);
    int err = json_dumpf(json, stdout, JSON_COMPACT);

    json_decref(json);
    putchar('\n');
    return err == 0 && fflush(stdout) == 0 ? 0 : -EIO;
}

/* What went wrong, in the words of an echo. */
static const char *words_of(int err)
{
    switch (-err) {
    case EBADMSG:
        return "other bytes came back than were sent";
    case ECONNRESET:
    case EPIPE:
        return "the server closed a connection";
    case ETIMEDOUT:
        return "the server sends nothing any more";
    case EMSGSIZE:
        return "too many connections, messages or bytes";
    default:
        return strerror(-err);
    }
}

int main(int argc, char **argv)
{
    static const struct argp argp = {options,
                                     take,
                                     "HOST PORT",
                                     "A closed loop of clients against an "
                                     "echo server.",
                                     NULL,
                                     NULL,
                                     NULL};
    static struct load_result result; /* its histogram is large */
    struct line line = {{.connections = 1,
                         .message_bytes = 64,
                         .depth = 1,
                         .seconds = 1,
                         .warm_up_seconds = 0.2},
                        -1};

    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &line);
    int err = pin(line.cpu);
    if (err == 0)
        err = load_echo(&line.request, &result);
    if (err == 0)
        err = print(&line.request, &result);
    if (err < 0)
        fprintf(stderr, "grade-load: %s\n", words_of(err));
    return err < 0 ? 1 : 0;
}
