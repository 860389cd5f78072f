/* balancer_config.c: see balancer_config.h. A line is cut into words; its first
 * word says which function reads the others. */
#include "balancer_config.h"

#include "service_text.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX 400
#define WORDS_MAX 16
#define CONNECTIONS_MIN 1024
#define CONNECTIONS_MAX (1 << 24)

struct reader {
    struct balancer_config *config;
    const char *path;
    int line;
    char *why;
    char *words[WORDS_MAX + 1]; /* of this line; NULL behind the last */
};

static int wrong(struct reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int wrong(struct reader *r, const char *format, ...)
{
    va_list values;
    int used = snprintf(r->why, CONFIG_WHY_BYTES, "%s:%d: ", r->path, r->line);
    va_start(values, format);
    if (used < CONFIG_WHY_BYTES)
        vsnprintf(r->why + used, (size_t)(CONFIG_WHY_BYTES - used), format,
                  values);
    va_end(values);
    return -EINVAL;
}

/* A number of this range, or -1. */
static long number_in(const char *word, long least, long most)
{
    char *end;
    if (word == NULL || *word < '0' || *word > '9')
        return -1;
    errno = 0;
    long number = strtol(word, &end, 10);
    return *end == '\0' && errno == 0 && number >= least && number <= most
               ? number
               : -1;
}

/* ---- Lines ---- */

static int read_interface(struct reader *r)
{
    if (r->words[1] == NULL || r->words[2] != NULL ||
        strlen(r->words[1]) >= IF_NAMESIZE)
        return wrong(r, "which interface? Write: interface eth0");
    strcpy(r->config->interface, r->words[1]);
    return 0;
}

static int read_gateway(struct reader *r)
{
    const char *address = r->words[1];
    int version = address == NULL || r->words[2] != NULL
                      ? -EINVAL
                      : address_read(address, &r->config->gateway);
    if (version < 0)
        return wrong(r, "the gateway is an address: gateway 10.0.0.1");
    r->config->gateway_version = version;
    return 0;
}

static int read_connections(struct reader *r)
{
    long count = number_in(r->words[1], CONNECTIONS_MIN, CONNECTIONS_MAX);
    if (count < 0 || r->words[2] != NULL)
        return wrong(r, "connections are a number from %d to %d",
                     CONNECTIONS_MIN, CONNECTIONS_MAX);
    r->config->connections = (__u32)count;
    return 0;
}

static int read_check(struct reader *r)
{
    struct balancer_config *config = r->config;
    for (char **word = r->words + 1; *word != NULL;) {
        long number = number_in(word[1], 1, 3600000);
        int *field = strcmp(*word, "every") == 0     ? &config->every_ms
                     : strcmp(*word, "timeout") == 0 ? &config->timeout_ms
                     : strcmp(*word, "fall") == 0    ? &config->fall
                     : strcmp(*word, "rise") == 0    ? &config->rise
                                                     : NULL;
        if (field == NULL || number < 0)
            return wrong(r,
                         "'%s': write: check every 500 ms, timeout 250 ms, "
                         "fall 2, rise 2",
                         *word);
        *field = (int)number;
        word += 2;
        if (*word != NULL && strcmp(*word, "ms") == 0)
            word++;
    }
    return 0;
}

static struct config_service *find_service(struct balancer_config *config,
                                           const struct service_key *key)
{
    for (size_t i = 0; i < config->count; i++)
        if (memcmp(&config->services[i].key, key, sizeof *key) == 0)
            return &config->services[i];
    return NULL;
}

static int read_service(struct reader *r)
{
    struct balancer_config *config = r->config;
    struct config_service service = {.mode = SERVICE_NAT};
    if (r->words[1] == NULL || service_read(r->words[1], &service.key) < 0)
        return wrong(r,
                     "'%s' is no service; one is written 10.0.0.80:7/tcp or "
                     "[fd00::80]:7/udp",
                     r->words[1] != NULL ? r->words[1] : "");
    if (service.key.protocol == IPPROTO_TCP)
        service.check_port = ntohs(service.key.port);
    for (char **word = r->words + 2; *word != NULL; word++) {
        if (strcmp(*word, "direct") == 0)
            service.mode = SERVICE_DIRECT;
        else if (strcmp(*word, "check") == 0 &&
                 number_in(word[1], 1, 65535) > 0)
            service.check_port = atoi(*++word);
        else
            return wrong(r,
                         "'%s': behind a service may stand: direct, check "
                         "PORT",
                         *word);
    }
    if (find_service(config, &service.key) != NULL)
        return wrong(r, "%s is here twice", r->words[1]);
    if (config->count == BALANCER_SERVICES_MAX)
        return wrong(r, "more than %d services", BALANCER_SERVICES_MAX);
    config->services[config->count++] = service;
    return 0;
}

static int add_backend(struct reader *r, struct config_service *service,
                       const struct config_backend *backend)
{
    for (size_t i = 0; i < service->count; i++)
        if (memcmp(&service->backends[i].address, &backend->address,
                   sizeof backend->address) == 0)
            return wrong(r, "%s is here twice", r->words[1]);
    if (service->count == MAGLEV_BACKENDS_MAX)
        return wrong(r, "more than %d backends", MAGLEV_BACKENDS_MAX);
    void *more = realloc(service->backends,
                         (service->count + 1) * sizeof *service->backends);
    if (more == NULL)
        return -ENOMEM;
    service->backends = more;
    service->backends[service->count++] = *backend;
    return 0;
}

static int read_backend(struct reader *r)
{
    struct balancer_config *config = r->config;
    struct config_backend backend = {.weight = 1};
    const char *address = r->words[1];
    if (config->count == 0)
        return wrong(r, "a backend of which service? Write the service first");
    struct config_service *service = &config->services[config->count - 1];
    int version =
        address != NULL ? address_read(address, &backend.address) : -EINVAL;
    if (version != service->key.version)
        return wrong(r, "'%s' is no IPv%d address, as its service's",
                     address != NULL ? address : "", service->key.version);
    if (r->words[2] != NULL) {
        long weight = number_in(r->words[3], 1, MAGLEV_WEIGHT_MAX);
        if (strcmp(r->words[2], "weight") != 0 || weight < 0 ||
            r->words[4] != NULL)
            return wrong(r, "'%s': behind a backend may stand: weight 1 to %d",
                         r->words[2], MAGLEV_WEIGHT_MAX);
        backend.weight = (__u32)weight;
    }
    return add_backend(r, service, &backend);
}

static const struct {
    const char *word;
    int (*read)(struct reader *r);
} lines[] = {
    {"interface", read_interface},     {"gateway", read_gateway},
    {"connections", read_connections}, {"check", read_check},
    {"service", read_service},         {"backend", read_backend},
};

static int read_line(struct reader *r, char *line)
{
    int count = 0;
    line[strcspn(line, "#\n")] = '\0';
    for (char *word = strtok(line, " \t\r,"); word != NULL;
         word = strtok(NULL, " \t\r,")) {
        if (count == WORDS_MAX)
            return wrong(r, "more than %d words", WORDS_MAX);
        r->words[count++] = word;
    }
    r->words[count] = NULL;
    if (count == 0)
        return 0;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (strcmp(r->words[0], lines[i].word) == 0)
            return lines[i].read(r);
    return wrong(r,
                 "'%s': a line begins with interface, gateway, connections, "
                 "check, service or backend",
                 r->words[0]);
}

/* ---- The file ---- */

static int read_lines(struct reader *r, FILE *file)
{
    char line[LINE_BYTES_MAX];
    int err = 0;
    while (err == 0 && fgets(line, sizeof line, file) != NULL) {
        r->line++;
        if (strchr(line, '\n') == NULL && !feof(file))
            return wrong(r, "the line is longer than %d bytes",
                         LINE_BYTES_MAX - 2);
        err = read_line(r, line);
    }
    return err;
}

static int is_whole(struct reader *r)
{
    if (r->config->interface[0] == '\0')
        return wrong(r, "there is no line: interface NAME");
    if (r->config->gateway_version == 0)
        return wrong(r, "there is no line: gateway ADDRESS");
    return 0;
}

int balancer_config_read(const char *path, struct balancer_config **config,
                         char why[CONFIG_WHY_BYTES])
{
    struct reader r = {.path = path, .why = why};
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        int err = -errno;
        snprintf(why, CONFIG_WHY_BYTES, "%s: %s", path, strerror(-err));
        return err;
    }
    snprintf(why, CONFIG_WHY_BYTES, "%s: %s", path, strerror(ENOMEM));
    r.config = calloc(1, sizeof *r.config);
    int err = r.config != NULL ? 0 : -ENOMEM;
    if (err == 0) {
        r.config->connections = 65536;
        r.config->every_ms = 500;
        r.config->timeout_ms = 250;
        r.config->fall = r.config->rise = 2;
        err = read_lines(&r, file);
    }
    if (err == 0)
        err = is_whole(&r);
    fclose(file);
    if (err < 0) {
        balancer_config_free(r.config);
        return err;
    }
    *config = r.config;
    return 0;
}

void balancer_config_free(struct balancer_config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->count; i++)
        free(config->services[i].backends);
    free(config);
}
