/*
 * workspace_use.c: whose module of a week later weeks build on.
 */
#include "workspace_config.h"

#include "course.h"
#include "files.h"
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Without a choice: mine where the week passed. */
static enum origin default_origin(const struct workspace *w, const char *name)
{
    struct saved_report saved = {0};
    struct week week;
    char *dir = path_join(w->dir, name);
    bool passed = false;

    if (path_is_dir(dir) && week_load(&week, course_dir(), name) == 0) {
        passed = report_load(dir, &week, &saved) == 0 && saved.exists &&
                 !saved.damaged && saved.passed;
        week_release(&week);
    }
    free(dir);
    return passed ? ORIGIN_MINE : ORIGIN_REFERENCE;
}

/* A saved folder is relative to the workspace, or absolute. */
static char *chosen_dir(const struct workspace *w, const char *choice)
{
    return choice[0] == '/' ? text_format("%s", choice)
                            : path_join(w->dir, choice);
}

enum origin workspace_use(const struct workspace *w, const char *week,
                          char **dir)
{
    json_t *config;
    const char *choice = NULL;
    enum origin origin;

    *dir = NULL;
    if (config_load(w->dir, &config) == 0)
        choice = json_string_value(
            json_object_get(json_object_get(config, "use"), week));
    if (!choice)
        origin = default_origin(w, week);
    else if (strcmp(choice, "mine") == 0)
        origin = ORIGIN_MINE;
    else if (strcmp(choice, "reference") == 0)
        origin = ORIGIN_REFERENCE;
    else
        origin = ORIGIN_DIR;
    if (origin == ORIGIN_MINE)
        *dir = path_join(w->dir, week);
    else if (origin == ORIGIN_DIR)
        *dir = chosen_dir(w, choice);
    json_decref(config);
    return origin;
}

bool workspace_use_is_chosen(const struct workspace *w, const char *week)
{
    json_t *config;
    bool chosen = config_load(w->dir, &config) == 0 &&
                  json_object_get(json_object_get(config, "use"), week);

    json_decref(config);
    return chosen;
}

char *workspace_module_dir(const struct week *week, const char *given)
{
    char *real = realpath(given, NULL);
    char *dir;

    if (!real || !path_is_dir(real)) {
        complain("%s: %s", given, real ? "is no folder" : strerror(errno));
        free(real);
        return NULL;
    }
    /* Another member's workspace: the week's folder in it is meant. */
    dir = path_join(real, week->name);
    if (!path_is_dir(dir)) {
        free(dir);
        dir = text_format("%s", real);
    }
    free(real);
    for (unsigned i = 0; i < week->manifest.yours_count; i++) {
        char *path = path_join(dir, week->manifest.yours[i]);
        bool exists = path_exists(path);
        if (!exists)
            complain("%s: no %s is there, which %s is made of", given,
                     week->manifest.yours[i], week->name);
        free(path);
        if (!exists) {
            free(dir);
            return NULL;
        }
    }
    return dir;
}

/* A folder as it is saved: relative where it is in the workspace. */
static const char *saved_dir(const struct workspace *w, const char *dir)
{
    size_t len = strlen(w->dir);

    return strncmp(dir, w->dir, len) == 0 && dir[len] == '/' ? dir + len + 1
                                                             : dir;
}

int workspace_use_set(struct workspace *w, const char *week, const char *choice)
{
    json_t *config, *use;
    int err = config_load(w->dir, &config);

    if (err < 0)
        return err;
    use = config_part(config, "use");
    if (choice)
        json_object_set_new(use, week, json_string(saved_dir(w, choice)));
    else
        json_object_del(use, week);
    err = config_save(w->dir, config);
    json_decref(config);
    return err;
}
