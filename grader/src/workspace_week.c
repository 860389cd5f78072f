/*
 * workspace_week.c: what lies in the workspace for one week.
 *
 *     06-wal/wal.c         a copy of the starter, if none is there
 *     06-wal/README.md     a link to COURSE/weeks/06-wal/README.md, and so for
 *                          everything in that folder but `yours` and week.yaml
 *                          (it holds the hints)
 *     06-wal/Makefile      a link to COURSE/starter/week.mk
 *     06-wal/.gitignore    names the links, what is built here, and itself
 *
 * A link is relative where the workspace lies in the course, so that both can
 * be moved together; else it is absolute, and mended after a move.
 */
#include "workspace_config.h"

#include "build.h"
#include "course.h"
#include "files.h"
#include "git.h"
#include "pen.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char ignore_head[] =
    "# Written by grade: what it laid here, and what make builds.\n"
    "/.gitignore\n"
    "/.grade/\n"
    "/compile_commands.json\n";

/* What one call did, for `start` to tell. */
#define SHORT_LIST 48 /* characters that leave room for a remark */
#define COMMITTED_MAX 16

struct laid {
    char *copied, *kept, *linked; /* " echo.c main.c", or NULL */
};

static void add_name(char **list, const char *name, const char *mark)
{
    char *longer = text_format("%s%s%s%s", *list ? *list : "", *list ? " " : "",
                               name, mark);

    free(*list);
    *list = longer;
}

static int complain_file(const char *path, const char *format,
                         const char *detail)
{
    char *near = report_path(path);
    char *what = text_format("%s%s", format, detail);

    complain("%s %s", near, what);
    free(what);
    free(near);
    return -EINVAL;
}

/* ---- Links ---- */

static bool is_listed(char *const names[], unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool is_linked(const struct week *week, const char *name)
{
    const struct manifest *m = &week->manifest;

    return name[0] != '.' && strcmp(name, "week.yaml") != 0 &&
           strcmp(name, "Makefile") != 0 &&
           !is_listed(m->yours, m->yours_count, name);
}

static bool is_same_text(const char *a, const char *b)
{
    size_t a_len, b_len;
    char *a_text = file_read(a, &a_len);
    char *b_text = file_read(b, &b_len);
    bool same = a_text && b_text && a_len == b_len &&
                memcmp(a_text, b_text, a_len) == 0;

    free(a_text);
    free(b_text);
    return same;
}

/* A copy with the same bytes misleads nobody, and is left without a word. */
static void tell_copy(const char *path, const char *original)
{
    if (!is_same_text(path, original))
        complain_file(path,
                      "is a copy, no longer the link that belongs here: "
                      "grading uses the course's own",
                      "; delete it to get the link back");
}

/* source: below the course. */
static int lay_link(const struct workspace *w, const char *dir,
                    const char *name, const char *source, struct laid *laid)
{
    char *path = path_join(dir, name);
    char *original = path_join(course_dir(), source);
    char *target = workspace_link_target(w, 1, source);
    int err = link_update(target, path);

    if (err == -EEXIST) {
        tell_copy(path, original);
        err = 0;
    } else if (err == 0) {
        add_name(&laid->linked, name, path_is_dir(original) ? "/" : "");
    } else if (err < 0) {
        complain_write(path, err);
    }
    free(target);
    free(original);
    free(path);
    return err < 0 ? err : 0;
}

/* A link of ours to what the course no longer has. */
static void drop_dead_links(const struct week *week, const char *dir)
{
    char *ours = text_format("weeks/%s/", week->name);
    char **names;
    int count = dir_list(dir, &names);

    for (int i = 0; i < count; i++) {
        char *path = path_join(dir, names[i]);
        char target[4096];
        ssize_t len = readlink(path, target, sizeof(target) - 1);
        target[len > 0 ? len : 0] = '\0';
        if (len > 0 && strstr(target, ours) && access(path, F_OK) < 0)
            unlink(path);
        free(path);
    }
    if (count >= 0)
        names_free(names, count);
    free(ours);
}

static int lay_links(const struct workspace *w, const struct week *week,
                     const char *dir, struct laid *laid)
{
    char **names;
    int count = dir_list(week->dir, &names);
    int err = 0;

    if (count < 0)
        return complain_path(week->dir, count, NULL);
    drop_dead_links(week, dir);
    for (int i = 0; i < count && err == 0; i++) {
        char *source = text_format("weeks/%s/%s", week->name, names[i]);
        if (is_linked(week, names[i]))
            err = lay_link(w, dir, names[i], source, laid);
        free(source);
    }
    names_free(names, count);
    if (err == 0)
        err = lay_link(w, dir, "Makefile", "starter/week.mk", laid);
    return err;
}

/* ---- .gitignore ---- */

static char *ignore_text(const struct week *week)
{
    char *text = text_format("%s/Makefile\n", ignore_head);
    char **names;
    int count = dir_list(week->dir, &names);

    for (int i = 0; i < count; i++) {
        if (!is_linked(week, names[i]))
            continue;
        char *longer = text_format("%s/%s\n", text, names[i]);
        free(text);
        text = longer;
    }
    if (count >= 0)
        names_free(names, count);
    return text;
}

/* One that the member wrote is theirs. */
static int lay_ignore(const struct week *week, const char *dir)
{
    char *path = path_join(dir, ".gitignore");
    char *old = file_read(path, NULL);
    size_t first_line = strcspn(ignore_head, "\n");
    int err = 0;

    if (old ? strncmp(old, ignore_head, first_line) == 0 : !path_exists(path)) {
        char *text = ignore_text(week);
        err = file_update(path, text, strlen(text));
        if (err < 0)
            complain_write(path, err);
        free(text);
    }
    free(old);
    free(path);
    return err < 0 ? err : 0;
}

/* ---- The member's files ---- */

/* Copy the starter of one file, where nothing stands. */
static int lay_copy(const struct week *week, const char *dir, const char *name,
                    struct laid *laid)
{
    char *source = path_join(week->dir, name);
    char *path = path_join(dir, name);
    size_t len;
    char *text = NULL;
    int err = 0;

    if (path_exists(path)) {
        add_name(&laid->kept, name, "");
        goto out;
    }
    text = file_read(source, &len);
    err = text ? file_write_atomic(path, text, len) : -errno;
    if (err < 0)
        complain_write(path, err);
    else
        add_name(&laid->copied, name, "");
out:
    free(text);
    free(path);
    free(source);
    return err;
}

/* ---- The folder ---- */

/* The week's folder is one, and no link to another place. */
static int check_dir(const char *dir)
{
    struct stat info;

    if (lstat(dir, &info) < 0)
        return -errno;
    if (S_ISLNK(info.st_mode))
        return complain_file(dir, "is a symbolic link: ",
                             "a week's folder stands in the workspace itself");
    if (!S_ISDIR(info.st_mode))
        return complain_file(dir, "is no folder: ",
                             "move it away, the week's folder belongs there");
    return 0;
}

static int make_dir(const char *dir)
{
    int err = check_dir(dir);

    if (err == -ENOENT) {
        err = dir_make(dir);
        if (err < 0)
            complain_write(dir, err);
    }
    return err;
}

/* The remark stands behind the list, or below one that takes the line. */
static void tell_list(struct pen *pen, const char *what, char *list,
                      const char *remark)
{
    if (!list)
        return;
    pen_write(pen, INK_FAINT, "  %-8s", what);
    if (*remark && strlen(list) <= SHORT_LIST) {
        pen_write(pen, INK_PLAIN, "%s", list);
        pen_write(pen, INK_FAINT, "  %s\n", remark);
    } else {
        pen_sentence(pen, INK_PLAIN, 10, list);
        if (*remark)
            pen_write(pen, INK_FAINT, "  %-8s%s\n", "", remark);
    }
    free(list);
}

static void tell(const struct workspace *w, const struct week *week,
                 const char *dir, struct laid *laid)
{
    char *near = report_path(dir);
    char *way_in = report_way_in(w->dir);
    char *advice = text_format("Read %s/README.md, then run `%s %02d`.", near,
                               way_in, week->number);
    struct pen pen;

    pen_init(&pen, stdout);
    fputc('\n', stdout);
    pen_write(&pen, INK_FAINT, "  Week %02d  ", week->number);
    pen_sentence(&pen, INK_STRONG, 11, week->manifest.title);
    pen_write(&pen, INK_FAINT, "\n  %-8s", "in");
    pen_write(&pen, INK_PLAIN, "%s\n", near);
    tell_list(&pen, "copied", laid->copied, "yours: write here");
    tell_list(&pen, "kept", laid->kept, "yours, as it was");
    tell_list(&pen, "linked", laid->linked, "");
    pen_write(&pen, INK_PLAIN, "\n  ");
    pen_sentence(&pen, INK_PLAIN, 2, advice);
    pen_write(&pen, INK_PLAIN, "\n");
    free(advice);
    free(way_in);
    free(near);
}

/* The links and what belongs to them. */
static int mend(struct workspace *w, const struct week *week, const char *dir,
                struct laid *laid)
{
    int err = lay_links(w, week, dir, laid);

    if (err == 0)
        err = lay_ignore(week, dir);
    return err;
}

/*
 * What the course handed out is a commit of the member's repository, so that
 * `git diff` shows what is theirs, and `git checkout` brings it back.
 * Best effort: nothing here needs it.
 */
static void commit_starter(const struct workspace *w, const struct week *week,
                           const char *copied)
{
    char *message = text_format("%s: the starter", week->name);
    char *paths[COMMITTED_MAX + 1] = {NULL};
    char *words = text_format("%s", copied), *rest = words;
    unsigned count = 0;

    for (char *name; (name = strsep(&rest, " ")) && count < COMMITTED_MAX;)
        if (*name)
            paths[count++] = path_join(week->name, name);
    if (git_is_top(w->dir))
        git_commit(w->dir, message, (const char *const *)paths);
    for (unsigned i = 0; i < count; i++)
        free(paths[i]);
    free(words);
    free(message);
}

int workspace_start(struct workspace *w, const struct week *week)
{
    char *dir = workspace_week_dir(w, week);
    struct laid laid = {0};
    int err = make_dir(dir);

    for (unsigned i = 0; i < week->manifest.yours_count && err == 0; i++)
        err = lay_copy(week, dir, week->manifest.yours[i], &laid);
    if (err == 0)
        err = mend(w, week, dir, &laid);
    if (err == 0)
        err = build_write_member_config(w, week);
    if (err == 0)
        err = workspace_note_course(w);
    if (err == 0) {
        workspace_last_week_set(w, week->name);
        if (laid.copied)
            commit_starter(w, week, laid.copied);
        tell(w, week, dir, &laid);
    } else {
        free(laid.copied);
        free(laid.kept);
        free(laid.linked);
    }
    free(dir);
    return err;
}

int workspace_mend(struct workspace *w, const struct week *week)
{
    char *dir = workspace_week_dir(w, week);
    struct laid laid = {0};
    int err = check_dir(dir);

    if (err == 0)
        err = mend(w, week, dir, &laid);
    free(laid.linked);
    free(dir);
    return err;
}

/* ---- Checking the member's files ---- */

/* A link that leaves the workspace would be graded, but not committed. */
static const char *where_it_leads(const struct workspace *w, const char *path)
{
    char *real = realpath(path, NULL);
    size_t len = strlen(w->dir);
    const char *fault = NULL;

    if (!real)
        fault = "is a link that leads nowhere";
    else if (strncmp(real, w->dir, len) != 0 || real[len] != '/')
        fault = "is a link that leads out of the workspace";
    free(real);
    return fault;
}

/* What is wrong with it, or NULL. */
static const char *fault_of(const struct workspace *w, const char *path)
{
    struct stat info;
    const char *fault = NULL;
    size_t len;
    char *text;

    if (lstat(path, &info) < 0)
        return errno == ENOENT ? "is not there" : strerror(errno);
    if (S_ISLNK(info.st_mode) && (fault = where_it_leads(w, path)))
        return fault;
    text = file_read(path, &len);
    if (!text)
        return errno == EISDIR   ? "is a folder"
               : errno == EINVAL ? "is no regular file"
               : errno == EFBIG  ? "is too large: over 4 MiB"
               : errno == EACCES ? "cannot be read: permission denied"
                                 : strerror(errno);
    if (len == 0)
        fault = "is empty";
    else if (memchr(text, '\0', len))
        fault = "is binary, no source text";
    free(text);
    return fault;
}

/* "work/06-wal/wal.c is empty; move it away, then `work/grade start 06` …" */
static int complain_source(const struct week *week, const char *path,
                           const char *fault, const char *way_in)
{
    char *advice = text_format("; %s`%s start %02d` brings the starter's",
                               path_exists(path) ? "move it away, then " : "",
                               way_in, week->number);
    int err = complain_file(path, fault, advice);

    free(advice);
    return err;
}

int workspace_check_files(const struct workspace *w, const struct week *week)
{
    char *dir = workspace_week_dir(w, week);
    char *way_in = report_way_in(w->dir);
    int err = check_dir(dir);

    if (err == -ENOENT)
        err = complain_source(week, dir, "is not there", way_in);
    for (unsigned i = 0; i < week->manifest.yours_count && err == 0; i++) {
        char *path = path_join(dir, week->manifest.yours[i]);
        const char *fault = fault_of(w, path);
        if (fault)
            err = complain_source(week, path, fault, way_in);
        free(path);
    }
    free(way_in);
    free(dir);
    return err;
}
