/*
 * measure.c: see measure.h.
 */
#include "measure.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- What was others' ---- */

int64_t measure_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Seconds that a hypervisor took from a processor: field 8 of its line. */
static double stolen_from(int cpu)
{
    char line[256], name[16];
    unsigned long long ticks = 0;
    FILE *file = fopen("/proc/stat", "re");

    snprintf(name, sizeof name, "cpu%d ", cpu);
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0 &&
            sscanf(line, "%*s %*u %*u %*u %*u %*u %*u %*u %llu", &ticks) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static double stolen(const struct measure *m)
{
    double seconds = stolen_from(m->cpu);

    if (m->processors > 1 && m->other_cpu != m->cpu)
        seconds += stolen_from(m->other_cpu);
    return seconds;
}

/* How long this thread was ready to run while something else did. */
static int64_t waited(void)
{
    int64_t ran, ns = 0;
    FILE *file = fopen("/proc/thread-self/schedstat", "re");

    if (file != NULL && fscanf(file, "%" SCNd64 " %" SCNd64, &ran, &ns) != 2)
        ns = 0;
    if (file != NULL)
        fclose(file);
    return ns;
}

void measure_begin(struct measure *m)
{
    m->stolen = stolen(m);
    m->waited_ns = waited();
    m->began_ns = measure_now();
}

double measure_end(struct measure *m)
{
    double seconds = (double)(measure_now() - m->began_ns) / 1e9;

    m->sum.seconds += seconds;
    m->sum.held_up += (double)(waited() - m->waited_ns) / 1e9;
    m->sum.stolen += stolen(m) - m->stolen;
    return seconds;
}

void measure_held_up(struct measure *m, double seconds)
{
    m->sum.held_up = seconds;
}

bool measure_is(const struct measure *m, const char *subject)
{
    return strcmp(m->subject != NULL ? m->subject : "", subject) == 0;
}

/* ---- The last line ---- */

static void put_quoted(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar((unsigned char)*text < ' ' ? ' ' : *text);
    }
    putchar('"');
}

int measure_value(struct measure *m, double value)
{
    double of = m->sum.seconds > 0 ? m->sum.seconds : 1;

    printf("{\"value\": %.9g, \"stolen\": %.4f, \"held_up\": %.4f}\n", value,
           m->sum.stolen / of, m->sum.held_up / of);
    return 0;
}

int measure_cannot(const char *why, const char *command)
{
    fputs("{\"cannot\": ", stdout);
    put_quoted(why);
    if (command != NULL) {
        fputs(", \"command\": ", stdout);
        put_quoted(command);
    }
    puts("}");
    return 0;
}

int measure_apart(void)
{
    puts("{}");
    return 0;
}

int measure_failed(const char *what, int err)
{
    fprintf(stderr, "%s%s%s\n", what, err < 0 ? ": " : "",
            err < 0 ? strerror(-err) : "");
    return 1;
}

/* ---- The command line ---- */

struct line {
    struct measure measure;
    const char *scene;
    bool list;
};

enum { KEY_SCENES = 256, KEY_SCENE, KEY_SECONDS, KEY_SUBJECT };

static const struct argp_option options[] = {
    {"scenes", KEY_SCENES, NULL, 0, "say which scenes there are", 0},
    {"scene", KEY_SCENE, "NAME", 0, "measure this one", 0},
    {"seconds", KEY_SECONDS, "X", 0, "for about so long (1)", 0},
    {"subject", KEY_SUBJECT, "PEER", 0, "not the module, but this", 0},
    {0},
};

static error_t take(int key, char *argument, struct argp_state *state)
{
    struct line *line = state->input;

    switch (key) {
    case KEY_SCENES:
        line->list = true;
        return 0;
    case KEY_SCENE:
        line->scene = argument;
        return 0;
    case KEY_SECONDS:
        line->measure.seconds = atof(argument);
        return 0;
    case KEY_SUBJECT:
        line->measure.subject = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The last processor that we may use, and the last but one: the first serves
 * interrupts on many machines. */
static void choose_processors(struct measure *m)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) < 0)
        return;
    int count = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set)) {
            m->other_cpu = count++ == 0 ? cpu : m->cpu;
            m->cpu = cpu;
        }
}

static void pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static int list_scenes(const struct measure_scene *scene)
{
    for (; scene->name != NULL; scene++)
        printf("%s %s %s %s\n", scene->name, scene->unit,
               scene->better == MEASURE_LESS ? "less" : "more", scene->title);
    return 0;
}

int measure_main(int argc, char **argv, const struct measure_scene *scenes)
{
    static const struct argp argp = {.options = options, .parser = take};
    struct line line = {.measure.seconds = 1};

    if (argp_parse(&argp, argc, argv, 0, NULL, &line) != 0)
        return 2;
    if (line.list)
        return list_scenes(scenes);
    for (; scenes->name != NULL; scenes++)
        if (line.scene != NULL && strcmp(scenes->name, line.scene) == 0)
            break;
    if (scenes->name == NULL) {
        fprintf(stderr, "there is no such scene; --scenes lists them\n");
        return 2;
    }
    choose_processors(&line.measure);
    line.measure.processors = scenes->processors;
    if (scenes->processors == 1)
        pin(line.measure.cpu);
    int status = scenes->run(&line.measure);
    if (fflush(stdout) != 0)
        status = 1;
    return status;
}
