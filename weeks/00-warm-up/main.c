/*
 * main.c: warmup, the seven modules from a shell; given.
 *
 *     warmup read < FILE           how many bytes a file has
 *     warmup recent N < LOG        its last N lines, framed; 1 to 1,000,000
 *     warmup size TEXT             "64k" in bytes
 *     warmup order < SERVICES      lines "web: db cache": in which order
 *     warmup traffic THREADS N     each thread counts N requests of 100 bytes
 *     warmup config PATH...        which of these files is read
 *     warmup record NAME NUMBER    32 bytes on standard output
 *
 * Exit status: 0, 1 where a module returned an error, 2 for wrong usage.
 */
#include "warm_up.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES_MAX 65536
#define LINES_MAX 1000000
#define THREADS_MAX 64
#define REQUEST_BYTES 100

/* Each command gets the words after its name, ended by NULL, and returns 0,
 * the -errno that main tells, or that its words were wrong. */
enum { WRONG_USAGE = 1 };

static int run_read(char **words)
{
    static char data[READ_BYTES_MAX];
    size_t got;
    int err = warm_read_full(STDIN_FILENO, data, sizeof data, &got);

    (void)words;
    if (err < 0)
        return err;
    printf("%zu bytes\n", got);
    return 0;
}

static void print_framed(const struct warm_recent *r)
{
    int width = (int)warm_recent_width(r);

    for (size_t i = 0; i < warm_recent_count(r); i++)
        printf("| %-*s |\n", width, warm_recent_line(r, i));
}

static int run_recent(char **words)
{
    struct warm_recent *r;
    char *line = NULL;
    size_t size = 0;
    char *end;
    unsigned long capacity = strtoul(words[0], &end, 10);

    if (*end != '\0' || capacity == 0 || capacity > LINES_MAX)
        return WRONG_USAGE;
    int err = warm_recent_new(&r, capacity);
    if (err < 0)
        return err;
    while (err == 0 && getline(&line, &size, stdin) > 0) {
        line[strcspn(line, "\n")] = '\0';
        err = warm_recent_push(r, line);
    }
    if (err == 0)
        print_framed(r);
    warm_recent_free(r);
    free(line);
    return err;
}

static int run_size(char **words)
{
    int64_t bytes;
    int err = warm_size_parse(words[0], &bytes);

    if (err < 0)
        return err;
    printf("%lld bytes\n", (long long)bytes);
    return 0;
}

/* ---- order: services as text ---- */

static struct warm_service services[WARM_SERVICES_MAX];
static size_t service_count;

/* The service of this name, new if it was not named before; NULL if there is
 * no room. */
static struct warm_service *service_named(const char *name)
{
    for (size_t i = 0; i < service_count; i++)
        if (strcmp(services[i].name, name) == 0)
            return &services[i];
    if (service_count == WARM_SERVICES_MAX)
        return NULL;
    services[service_count].name = strdup(name);
    return &services[service_count++];
}

/* One line: a name, and those that it starts after. */
static int add_service(char *line)
{
    char *rest;
    char *name = strtok_r(line, ": \n", &rest);

    if (name == NULL)
        return 0;
    struct warm_service *service = service_named(name);
    while (service != NULL && (name = strtok_r(NULL, " \n", &rest)) != NULL) {
        struct warm_service *before = service_named(name);
        if (before == NULL || service->after_count == WARM_AFTER_MAX)
            return -ENOSPC;
        service->after[service->after_count++] = before;
    }
    return service == NULL ? -ENOSPC : 0;
}

static int run_order(char **words)
{
    static struct warm_service *order[WARM_SERVICES_MAX];
    char *line = NULL;
    size_t size = 0;
    int err = 0;

    (void)words;
    while (err == 0 && getline(&line, &size, stdin) > 0)
        err = add_service(line);
    free(line);
    if (err == 0)
        err = warm_start_order(services, service_count, order);
    for (size_t i = 0; err == 0 && i < service_count; i++)
        puts(order[i]->name);
    return err;
}

/* ---- traffic: threads that count ---- */

struct clients {
    struct warm_traffic *traffic;
    unsigned long requests; /* of each client */
};

static void *serve(void *argument)
{
    struct clients *clients = argument;

    for (unsigned long i = 0; i < clients->requests; i++)
        warm_traffic_add(clients->traffic, REQUEST_BYTES);
    return NULL;
}

/* Start the threads and wait for them. Returns how many could be started. */
static unsigned long serve_all(struct clients *clients, unsigned long count)
{
    pthread_t threads[THREADS_MAX];
    unsigned long started = 0;

    while (started < count && started < THREADS_MAX &&
           pthread_create(&threads[started], NULL, serve, clients) == 0)
        started++;
    for (unsigned long i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return started;
}

static int run_traffic(char **words)
{
    struct clients clients = {.requests = strtoul(words[1], NULL, 10)};
    struct warm_totals totals;
    int err = warm_traffic_new(&clients.traffic);

    if (err < 0)
        return err;
    unsigned long threads = serve_all(&clients, strtoul(words[0], NULL, 10));
    warm_traffic_read(clients.traffic, &totals);
    printf("sent    %lu requests, %lu bytes\n", threads * clients.requests,
           threads * clients.requests * REQUEST_BYTES);
    printf("counted %llu requests, %llu bytes\n",
           (unsigned long long)totals.requests,
           (unsigned long long)totals.bytes);
    warm_traffic_free(clients.traffic);
    return 0;
}

/* ---- config, record ---- */

/* Into a log that is kept only where somebody has made one. */
static void log_tried(const char *path, int error)
{
    int fd = open("warmup.log", O_WRONLY | O_APPEND | O_CLOEXEC);

    if (fd < 0)
        return;
    dprintf(fd, "%s: %s\n", path, strerror(error));
    close(fd);
}

static int run_config(char **words)
{
    int fd;
    int chosen = warm_config_open((const char *const *)words, log_tried, &fd);

    if (chosen < 0)
        return chosen;
    printf("the configuration is %s\n", words[chosen]);
    close(fd);
    return 0;
}

static int run_record(char **words)
{
    unsigned char record[WARM_RECORD_BYTES];
    int err = warm_record_encode(words[0],
                                 (uint32_t)strtoul(words[1], NULL, 10), record);

    if (err < 0)
        return err;
    return write(STDOUT_FILENO, record, sizeof record) < 0 ? -errno : 0;
}

/* ---- Which command ---- */

static const struct command {
    const char *name;
    int words; /* that it needs */
    const char *usage;
    int (*run)(char **words);
} commands[] = {
    {"read", 0, "< FILE", run_read},
    {"recent", 1, "N < LOG", run_recent},
    {"size", 1, "TEXT", run_size},
    {"order", 0, "< SERVICES", run_order},
    {"traffic", 2, "THREADS N", run_traffic},
    {"config", 1, "PATH...", run_config},
    {"record", 2, "NAME NUMBER", run_record},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static int usage(void)
{
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(stderr, "%s warmup %s %s\n", i == 0 ? "usage:" : "      ",
                commands[i].name, commands[i].usage);
    return 2;
}

int main(int argc, char **argv)
{
    const struct command *command = NULL;

    for (size_t i = 0; argc > 1 && i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            command = &commands[i];
    if (command == NULL || argc - 2 < command->words)
        return usage();
    int err = command->run(argv + 2);
    if (err == WRONG_USAGE)
        return usage();
    if (err < 0)
        fprintf(stderr, "warmup: %s: %s\n", command->name, strerror(-err));
    return err < 0 ? 1 : 0;
}
