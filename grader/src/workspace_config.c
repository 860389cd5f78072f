/*
 * workspace_config.c: see workspace_config.h.
 */
#include "workspace_config.h"

#include "course.h"
#include "files.h"
#include "git.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tell "PATH: what, advice" with the path as one would type it. */
int complain_path(const char *path, int err, const char *advice)
{
    char *near = report_path(path);

    complain("%s: %s%s%s", near, strerror(-err), advice ? "; " : "",
             advice ? advice : "");
    free(near);
    return err;
}

/* Why a file could not be written, and what helps. */
int complain_write(const char *path, int err)
{
    const char *advice = NULL;

    if (err == -ENOSPC || err == -EDQUOT)
        advice = "free some space, then run this again: nothing of yours was "
                 "changed";
    else if (err == -EACCES || err == -EPERM || err == -EROFS)
        advice = "make the folder writable for you, or name another by "
                 "--workspace";
    else if (err == -ENOTDIR || err == -EEXIST)
        advice = "something else stands there: move it away";
    return complain_path(path, err, advice);
}

json_t *config_new(void)
{
    return json_pack("{s:{s:n, s:n}, s:{}}", "course", "url", "commit", "use");
}

/* Returns 0 with *config set; -ENOENT; or -EINVAL after telling. */
int config_load(const char *dir, json_t **config)
{
    char *path = path_join(dir, WORKSPACE_MARKER);
    size_t len;
    char *text = file_read(path, &len);
    int err = text ? 0 : -errno;
    json_error_t error = {.line = 1, .text = "it holds no object"};

    *config = NULL;
    if (text)
        *config = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (text && !json_is_object(*config)) {
        char *near = report_path(path);
        complain("%s:%d: damaged: %s; mend it, or bring it back with git", near,
                 error.line, error.text);
        free(near);
        json_decref(*config);
        *config = NULL;
        err = -EINVAL;
    } else if (err < 0 && err != -ENOENT) {
        complain_path(path, err, NULL);
        err = -EINVAL;
    }
    free(text);
    free(path);
    return err;
}

int config_save(const char *dir, const json_t *config)
{
    char *text = json_dumps(config, JSON_INDENT(2) | JSON_SORT_KEYS);
    char *whole = text_format("%s\n", text);
    char *path = path_join(dir, WORKSPACE_MARKER);
    int err = file_update(path, whole, strlen(whole));

    if (err < 0)
        complain_write(path, err);
    free(path);
    free(whole);
    free(text);
    return err < 0 ? err : 0;
}

/* An object in the config by its key, made where it is missing. */
json_t *config_part(json_t *config, const char *key)
{
    json_t *part = json_object_get(config, key);

    if (json_is_object(part))
        return part;
    part = json_object();
    json_object_set_new(config, key, part);
    return part;
}

/* What a checkout elsewhere needs to grade as here. A course without git
 * (unpacked from an archive) leaves what was known. */
void config_note_course(json_t *config)
{
    static const char *const ask_url[] = {"remote", "get-url", "origin", NULL};
    static const char *const ask_commit[] = {"rev-parse", "HEAD", NULL};
    json_t *course = config_part(config, "course");
    char *url, *commit;

    if (!git_is_top(course_dir()))
        return;
    url = git_line(course_dir(), ask_url);
    commit = git_line(course_dir(), ask_commit);
    if (url)
        json_object_set_new(course, "url", json_string(url));
    if (commit)
        json_object_set_new(course, "commit", json_string(commit));
    free(url);
    free(commit);
}

int workspace_note_course(const struct workspace *w)
{
    json_t *config;
    int err = config_load(w->dir, &config);

    if (err < 0)
        return err;
    config_note_course(config);
    err = config_save(w->dir, config);
    json_decref(config);
    return err;
}
