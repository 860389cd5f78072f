/*
 * course.c: see course.h.
 */
#include "course.h"

#include "files.h"
#include "pen.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void complain(const char *format, ...)
{
    struct pen pen;
    char *text;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort(); /* no memory for one line */
    va_end(args);
    fputs("grade: ", stderr);
    if (isatty(STDERR_FILENO) && strchr(text, '\n') == NULL) {
        pen_init(&pen, stderr);
        pen_sentence(&pen, INK_PLAIN, (unsigned)strlen("grade: "), text);
    } else {
        fprintf(stderr, "%s\n", text);
    }
    free(text);
}

/* ---- Where the course is ---- */

static bool has_weeks(const char *dir)
{
    char *weeks = path_join(dir, "weeks");
    bool has = path_is_dir(weeks);

    free(weeks);
    return has;
}

/* The nearest folder above this program that has a weeks/, in `dir`. */
static bool course_around_program(char dir[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", dir, PATH_MAX - 1);
    char *slash;

    if (len < 0)
        return false;
    dir[len] = '\0';
    while ((slash = strrchr(dir, '/')) != NULL && slash != dir) {
        *slash = '\0';
        if (has_weeks(dir))
            return true;
    }
    return false;
}

const char *course_dir(void)
{
    static char dir[PATH_MAX];
    const char *given = getenv("GRADE_COURSE");

    if (given && *given) {
        if (realpath(given, dir) && has_weeks(dir))
            return dir;
        complain("GRADE_COURSE=%s: no folder weeks/ is there", given);
        return NULL;
    }
    if (!dir[0] && !course_around_program(dir)) {
        dir[0] = '\0';
        complain("this program stands in no checkout of the course: run the "
                 "one that `make` builds there, or set GRADE_COURSE");
        return NULL;
    }
    return dir;
}

/* ---- Which weeks there are ---- */

/* "NN-name", with nothing in it that a path or a step could be taken for. */
static bool is_week_name(const char *name)
{
    if (!isdigit((unsigned char)name[0]) || !isdigit((unsigned char)name[1]))
        return false;
    if (name[2] != '-' || !name[3])
        return false;
    return strspn(name + 3, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
           strlen(name + 3);
}

int course_weeks(char ***names)
{
    const char *course = course_dir();
    char *weeks;
    int count, kept = 0;

    *names = NULL;
    if (!course)
        return -ENOENT;
    weeks = path_join(course, "weeks");
    count = dir_list(weeks, names);
    for (int i = 0; i < count; i++) {
        char *path = path_join(weeks, (*names)[i]);
        if (is_week_name((*names)[i]) && path_is_dir(path))
            (*names)[kept++] = (*names)[i];
        else
            free((*names)[i]);
        free(path);
    }
    free(weeks);
    return count < 0 ? count : kept;
}

/* ---- Which week is meant ---- */

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

/* "6", "06", "06-wal" and "wal" all mean 06-wal. */
static bool names_week(const char *text, const char *week)
{
    if (is_number(text))
        return strlen(text) < 9 && atoi(text) == atoi(week);
    return strcmp(text, week) == 0 || strcmp(text, week + 3) == 0;
}

static int find_week(char **names, int count, const char *text)
{
    for (int i = 0; i < count; i++)
        if (names_week(text, names[i]))
            return i;
    return -1;
}

/* The week whose folder is in the path: of weeks/06-wal/tests it is 06-wal. */
static int find_week_in_path(char **names, int count, const char *path)
{
    char *copy = text_format("%s", path);
    int found = -1;
    char *slash;

    do {
        slash = strrchr(copy, '/');
        const char *part = slash ? slash + 1 : copy;
        if (is_week_name(part))
            found = find_week(names, count, part);
        if (slash)
            *slash = '\0';
    } while (found < 0 && slash);
    free(copy);
    return found;
}

static bool is_path(const char *text)
{
    return strchr(text, '/') || strcmp(text, ".") == 0 ||
           strcmp(text, "..") == 0;
}

/* Cut ".3" off "06.3" or "weeks/06-wal.3", but not off "./06-wal" or "..". */
static char *cut_step(char *text)
{
    char *slash = strrchr(text, '/');
    char *base = slash ? slash + 1 : text;
    char *dot = strchr(base, '.');

    if (!dot || dot == base || path_exists(text))
        return NULL;
    *dot = '\0';
    return dot[1] ? text_format("%s", dot + 1) : NULL;
}

static void complain_unknown_week(const char *text, char **names, int count)
{
    char *list = text_format("%s", "");

    for (int i = 0; i < count; i++) {
        char *longer = text_format("%s%s%s", list, i ? ", " : "", names[i]);
        free(list);
        list = longer;
    }
    if (count == 0)
        complain("there is no week '%s': %s/weeks is empty", text,
                 course_dir());
    else if (is_path(text))
        complain("'%s' is in no week's folder; the weeks are %s", text, list);
    else
        complain("there is no week '%s'; the weeks are %s", text, list);
    free(list);
}

char *course_resolve(const char *text, char **step)
{
    char *name = text_format("%s", text);
    char *week = NULL;
    char **names;
    int count, found;

    *step = cut_step(name);
    count = course_weeks(&names);
    if (count < 0)
        goto out;
    if (is_path(name)) {
        char *real = realpath(name, NULL);
        found = find_week_in_path(names, count, real ? real : name);
        free(real);
    } else {
        found = find_week(names, count, name);
    }
    if (found >= 0)
        week = text_format("%s", names[found]);
    else
        complain_unknown_week(name, names, count);
    names_free(names, count);
out:
    if (!week) {
        free(*step);
        *step = NULL;
    }
    free(name);
    return week;
}
