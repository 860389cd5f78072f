/*
 * memory.c: see memory.h.
 */
#include "memory.h"

#include "files.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static char *memory_path(const char *workspace, const char *name)
{
    return text_format("%s/.grade/%s.json", workspace, name);
}

static json_t *load(const char *path)
{
    size_t len = 0;
    char *text = file_read(path, &len);
    json_t *json = text ? json_loadb(text, len, 0, NULL) : NULL;

    free(text);
    if (json_is_object(json))
        return json;
    json_decref(json);
    return json_object();
}

static int store(const char *path, const json_t *json)
{
    char *dir = text_format("%.*s", (int)(strrchr(path, '/') - path), path);
    char *text = json_dumps(json, JSON_INDENT(2));
    int err = text ? dir_make(dir) : -ENOMEM;

    if (err == 0)
        err = file_write_atomic(path, text, strlen(text));
    free(text);
    free(dir);
    return err;
}

uint64_t memory_get(const char *workspace, const char *name,
                    const struct week *week, const struct step *step)
{
    char *path = memory_path(workspace, name);
    json_t *json = load(path);
    const char *text = json_string_value(
        json_object_get(json_object_get(json, week->name), step->name));
    uint64_t number = text ? strtoull(text, NULL, 10) : 0;

    json_decref(json);
    free(path);
    return number;
}

int memory_set(const char *workspace, const char *name, const struct week *week,
               const struct step *step, uint64_t number)
{
    char *path = memory_path(workspace, name);
    json_t *json = load(path);
    json_t *of_week = json_object_get(json, week->name);
    char text[24];
    int err;

    snprintf(text, sizeof text, "%" PRIu64, number);
    if (!json_is_object(of_week)) {
        of_week = json_object();
        json_object_set_new(json, week->name, of_week);
    }
    json_object_set_new(of_week, step->name, json_string(text));
    err = store(path, json);
    json_decref(json);
    free(path);
    return err;
}
