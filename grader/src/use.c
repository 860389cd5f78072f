/*
 * use.c: `grade use [WEEK [CHOICE]]`, whose module later weeks build on.
 */
#include "commands.h"
#include "course.h"
#include "files.h"
#include "pen.h"
#include "target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME_COLUMNS 20

/* ---- Telling ---- */

static void write_use(struct pen *pen, const struct workspace *w,
                      const char *week)
{
    char *dir;
    enum origin origin = workspace_use(w, week, &dir);
    char *whose = origin == ORIGIN_MINE        ? text_format("mine")
                  : origin == ORIGIN_REFERENCE ? text_format("reference")
                                               : report_path(dir);

    pen_write(pen, INK_PLAIN, "  %-*s  %s", NAME_COLUMNS, week, whose);
    pen_write(pen, INK_FAINT, "%s\n",
              workspace_use_is_chosen(w, week) ? "" : "  by default");
    free(whose);
    free(dir);
}

/* When whose module counts, and how to change it. */
static void explain(struct pen *pen, const struct workspace *w)
{
    char *way_in = report_way_in(w->dir);
    char *text = text_format(
        "By default later weeks build on your module once its core steps pass, "
        "and on the reference's until then. `%s use WEEK mine`, `reference` or "
        "a folder chooses; `default` goes back.",
        way_in);

    pen_write(pen, INK_PLAIN, "\n  ");
    pen_sentence(pen, INK_FAINT, 2, text);
    pen_write(pen, INK_PLAIN, "\n");
    free(text);
    free(way_in);
}

/* The same of one week, after a look or a choice. */
static void explain_week(struct pen *pen, const struct workspace *w,
                         const struct week *week)
{
    char *way_in = report_way_in(w->dir), *text;

    if (workspace_use_is_chosen(w, week->name))
        text = text_format("Later weeks build on that until you choose again; "
                           "`%s use %02d default` goes back.",
                           way_in, week->number);
    else
        text = text_format("Later weeks build on yours once its core steps "
                           "pass, and on the reference's until then.");
    pen_write(pen, INK_PLAIN, "  ");
    pen_sentence(pen, INK_FAINT, 2, text);
    free(text);
    free(way_in);
}

/* The weeks that were begun or chosen for; of the others it is always the
 * reference's. */
static int list_uses(const struct workspace *w)
{
    char **names;
    int count = course_weeks(&names), told = 0;
    struct pen pen;

    if (count < 0)
        return EXIT_USAGE;
    pen_init(&pen, stdout);
    for (int i = 0; i < count; i++) {
        char *dir = path_join(w->dir, names[i]);
        if (path_is_dir(dir) || workspace_use_is_chosen(w, names[i])) {
            if (told++ == 0)
                fputc('\n', stdout);
            write_use(&pen, w, names[i]);
        }
        free(dir);
    }
    names_free(names, count);
    pen_write(&pen, INK_FAINT, "%s  Every other week: the reference's.\n",
              told ? "" : "\n");
    explain(&pen, w);
    return EXIT_PASSES;
}

/* ---- Choosing ---- */

/* What is saved for the choice, release with free(); NULL after telling. */
static char *checked(const struct target *target, const char *choice)
{
    if (strcmp(choice, "reference") == 0) {
        if (path_is_dir(target->week.solution))
            return text_format("%s", choice);
        complain("%s has no reference in this course", target->week.name);
        return NULL;
    }
    if (strcmp(choice, "mine") == 0) {
        if (workspace_check_files(&target->workspace, &target->week) < 0)
            return NULL;
        return text_format("%s", choice);
    }
    return workspace_module_dir(&target->week, choice);
}

static int choose(struct target *target, const char *choice)
{
    bool back = strcmp(choice, "default") == 0;
    char *saved = back ? NULL : checked(target, choice);
    struct pen pen;
    int err = -EINVAL;

    if (back || saved)
        err = workspace_use_set(&target->workspace, target->week.name, saved);
    if (err == 0) {
        pen_init(&pen, stdout);
        write_use(&pen, &target->workspace, target->week.name);
        explain_week(&pen, &target->workspace, &target->week);
    }
    free(saved);
    return err < 0 ? EXIT_USAGE : EXIT_PASSES;
}

static int use_week(const struct options *options)
{
    struct target target;
    struct pen pen;
    int status = target_find(options, options->words[0], &target);

    if (status == 0 && !target.has_workspace) {
        complain_no_workspace(options->workspace, target.week.number);
        status = EXIT_USAGE;
    } else if (status == 0 && options->word_count > 1) {
        status = choose(&target, options->words[1]);
    } else if (status == 0) {
        pen_init(&pen, stdout);
        write_use(&pen, &target.workspace, target.week.name);
        explain_week(&pen, &target.workspace, &target.week);
    }
    target_release(&target);
    return status;
}

int command_use(const struct options *options)
{
    struct workspace workspace;
    int err, status = EXIT_USAGE;

    if (options->word_count > 0)
        return use_week(options);
    err = workspace_find(&workspace, options->workspace);
    if (err == 0)
        status = list_uses(&workspace);
    else if (err == -ENOENT)
        complain_no_workspace(options->workspace, 1);
    workspace_release(&workspace);
    return status;
}
