/*
 * hints.c: how many of a step's hints a member has seen.
 */
#include "hints.h"

#include "files.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A missing or damaged file is an empty one: at worst a hint is told twice. */
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

unsigned hints_shown(const char *workspace, const struct week *week,
                     const struct step *step)
{
    char *path = path_join(workspace, ".grade/hints.json");
    json_t *json = load(path);
    json_int_t shown = json_integer_value(
        json_object_get(json_object_get(json, week->name), step->name));

    json_decref(json);
    free(path);
    if (shown < 0)
        return 0;
    return shown < step->hint_count ? (unsigned)shown : step->hint_count;
}

int hints_show(const char *workspace, const struct week *week,
               const struct step *step)
{
    unsigned shown = hints_shown(workspace, week, step);
    char *dir = path_join(workspace, ".grade");
    char *path = path_join(dir, "hints.json");
    json_t *json = load(path);
    json_t *of_week = json_object_get(json, week->name);
    char *text = NULL;
    int err = dir_make(dir);

    if (!json_is_object(of_week)) {
        of_week = json_object();
        json_object_set_new(json, week->name, of_week);
    }
    json_object_set_new(of_week, step->name, json_integer(shown + 1));
    text = json_dumps(json, JSON_INDENT(2));
    if (err == 0)
        err = text ? file_write_atomic(path, text, strlen(text)) : -ENOMEM;
    free(text);
    json_decref(json);
    free(path);
    free(dir);
    return err;
}
