/*
 * workspace.c: find and create the workspace. Its file workspace.json is in
 * workspace_config.c, what is laid into it for a week in workspace_week.c,
 * whose modules are used in workspace_use.c.
 *
 * workspace.json is written last: where it stands, the workspace is complete,
 * and a creation that was interrupted is taken up again.
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
#include <sys/stat.h>
#include <unistd.h>

/* ---- Finding ---- */

static bool has_marker(const char *dir)
{
    char *path = path_join(dir, WORKSPACE_MARKER);
    bool has = path_exists(path);

    free(path);
    return has;
}

/* The workspace around the current folder, or NULL. */
static char *workspace_around(void)
{
    char *dir = getcwd(NULL, 0);
    char *slash;

    while (dir && !has_marker(dir)) {
        slash = strrchr(dir, '/');
        if (!slash || slash == dir) {
            free(dir);
            return NULL;
        }
        *slash = '\0';
    }
    return dir;
}

/* An absolute path to something that may not exist yet. */
static char *absolute(const char *path)
{
    char *real = realpath(path, NULL);
    char *here, *whole;
    size_t len;

    if (real)
        return real;
    here = path[0] == '/' ? NULL : getcwd(NULL, 0);
    whole = text_format("%s%s%s", here ? here : "", here ? "/" : "", path);
    len = strlen(whole);
    while (len > 1 && whole[len - 1] == '/')
        whole[--len] = '\0';
    free(here);
    return whole;
}

/* Writing goes through no symbolic link out of the workspace. */
static int check_state(const struct workspace *w)
{
    struct stat info;

    if (lstat(w->state, &info) < 0 || S_ISDIR(info.st_mode))
        return 0;
    complain_path(w->state, -ENOTDIR,
                  "this folder is the grader's own: delete what stands there");
    return -ENOTDIR;
}

/* Is the folder that was found a workspace? */
static int check_found(const struct workspace *w)
{
    struct stat info;
    json_t *config;
    int err;

    if (stat(w->dir, &info) < 0)
        return errno == ENOENT ? -ENOENT : complain_path(w->dir, -errno, NULL);
    if (!S_ISDIR(info.st_mode))
        return complain_path(w->dir, -ENOTDIR,
                             "a workspace is a folder: name another");
    if (access(w->dir, R_OK | X_OK) < 0)
        return complain_path(w->dir, -errno, NULL);
    err = config_load(w->dir, &config);
    json_decref(config);
    if (err < 0)
        return err;
    return check_state(w);
}

/* Where it is, or would be; NULL after telling that there is no course. */
static char *locate(const char *given)
{
    if (!given)
        given = getenv("GRADE_WORKSPACE");
    char *dir = given ? absolute(given) : workspace_around();
    char *usual;

    if (dir)
        return dir;
    if (!course_dir())
        return NULL;
    usual = path_join(course_dir(), "work");
    dir = absolute(usual);
    free(usual);
    return dir;
}

int workspace_find(struct workspace *w, const char *given)
{
    char *dir = locate(given);

    *w = (struct workspace){0};
    if (!dir)
        return -EINVAL;
    w->dir = dir;
    w->state = path_join(dir, ".grade");
    return check_found(w);
}

char *workspace_way_in(const char *given)
{
    char *dir = locate(given), *program, *way_in;

    if (dir && path_is_dir(dir)) {
        way_in = report_way_in(dir);
    } else {
        program = path_join(course_dir() ? course_dir() : ".", "build/grade");
        way_in = report_path(program);
        free(program);
    }
    free(dir);
    return way_in;
}

void complain_no_workspace(const char *given, int week)
{
    char *way_in = workspace_way_in(given);

    complain("there is no workspace yet; `%s start %02d` makes it", way_in,
             week);
    free(way_in);
}

void workspace_release(struct workspace *w)
{
    free(w->dir);
    free(w->state);
    *w = (struct workspace){0};
}

/* ---- Creating ---- */

static int copy_file(const char *from, const char *to, mode_t mode)
{
    size_t len;
    char *text = file_read(from, &len);
    int err;

    if (!text)
        return complain_path(from, -errno, NULL);
    err = file_write_atomic(to, text, len);
    if (err == 0 && (mode & S_IXUSR) && chmod(to, mode & 0777) < 0)
        err = -errno;
    free(text);
    return err < 0 ? complain_write(to, err) : 0;
}

/* Copy a folder's files; what is there already stays. */
static int copy_tree(const char *from, const char *to)
{
    char **names;
    int count = dir_list(from, &names);
    int err = count < 0 ? complain_path(from, count, NULL) : dir_make(to);

    if (count >= 0 && err < 0)
        complain_write(to, err);
    for (int i = 0; i < count && err == 0; i++) {
        char *source = path_join(from, names[i]);
        char *target = path_join(to, names[i]);
        struct stat info;
        if (stat(source, &info) < 0)
            err = complain_path(source, -errno, NULL);
        else if (S_ISDIR(info.st_mode))
            err = copy_tree(source, target);
        else if (!path_exists(target))
            err = copy_file(source, target, info.st_mode);
        free(source);
        free(target);
    }
    if (count >= 0)
        names_free(names, count);
    return err;
}

/*
 * A repository of the member's own, with a first commit where git knows who
 * they are. Without git, or without a name, there is none: nothing here needs
 * it.
 */
static void make_repository(const char *dir)
{
    static const char *const init[] = {"init", "-q", "-b", "main", NULL};
    static const char *const all[] = {".", NULL};
    char *git = path_join(dir, ".git");

    if (!path_exists(git) && git_run(dir, init))
        git_commit(dir, "A workspace for the course", all);
    free(git);
}

char *workspace_link_target(const struct workspace *w, unsigned depth,
                            const char *path)
{
    size_t len = strlen(course_dir());
    const char *inside = w->dir + len;
    char *target;

    if (strncmp(w->dir, course_dir(), len) != 0 || *inside != '/')
        return path_join(course_dir(), path);
    for (const char *at = inside; *at; at++)
        depth += *at == '/';
    target = text_format("%s", path);
    for (; depth > 0; depth--) {
        char *higher = path_join("..", target);
        free(target);
        target = higher;
    }
    return target;
}

/* work/grade, the way in. */
static int mend_way_in(const struct workspace *w)
{
    char *target = workspace_link_target(w, 0, "grader/grade");
    char *path = path_join(w->dir, "grade");
    int err = link_update(target, path);

    if (err < 0)
        complain_write(path, err);
    free(path);
    free(target);
    return err < 0 ? err : 0;
}

/* The first time: the template, then the way in, then the marker. */
static int create(const struct workspace *w)
{
    char *template = path_join(course_dir(), "starter/member");
    json_t *config = config_new();
    int err = copy_tree(template, w->dir);

    if (err == 0)
        err = mend_way_in(w);
    config_note_course(config);
    if (err == 0)
        err = config_save(w->dir, config);
    if (err == 0)
        make_repository(w->dir);
    json_decref(config);
    free(template);
    return err;
}

/* Does the folder hold what an interrupted creation cannot have left? Then it
 * is somebody's, and a mistyped --workspace must not fill it. */
static bool holds_others(const char *dir)
{
    char *template = path_join(course_dir(), "starter/member");
    char **names;
    int count = dir_list(dir, &names);
    bool others = false;

    for (int i = 0; i < count; i++) {
        char *ours = path_join(template, names[i]);
        others = others || (!path_exists(ours) && strcmp(names[i], "grade"));
        free(ours);
    }
    if (count >= 0)
        names_free(names, count);
    free(template);
    return others;
}

int workspace_create(struct workspace *w)
{
    char *real;
    int err;

    if (!course_dir())
        return -EINVAL;
    err = dir_make(w->dir);
    if (err < 0)
        return complain_write(w->dir, err);
    real = realpath(w->dir, NULL);
    if (real) {
        free(w->dir);
        w->dir = real;
    }
    if (access(w->dir, W_OK) < 0)
        return complain_write(w->dir, -errno);
    if (has_marker(w->dir))
        err = mend_way_in(w);
    else if (holds_others(w->dir))
        err = complain_path(w->dir, -ENOTEMPTY,
                            "it is no workspace, and none is made among other "
                            "files: name an empty folder, or a new one");
    else
        err = create(w);
    if (err == 0) {
        err = dir_make(w->state);
        if (err < 0)
            complain_write(w->state, err);
    }
    return err;
}

/* ---- A week's folder, and the one last worked on ---- */

char *workspace_week_dir(const struct workspace *w, const struct week *week)
{
    return path_join(w->dir, week->name);
}

char *workspace_last_week(const struct workspace *w)
{
    char *path = path_join(w->state, "last-week");
    char *text = file_read(path, NULL);

    free(path);
    if (text)
        text[strcspn(text, "\n")] = '\0';
    return text;
}

/* A convenience: that it could not be written is no reason to stop. */
void workspace_last_week_set(struct workspace *w, const char *week)
{
    char *path = path_join(w->state, "last-week");
    char *text = text_format("%s\n", week);

    file_update(path, text, strlen(text));
    free(text);
    free(path);
}
