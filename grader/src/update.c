/*
 * update.c: `grade update`, what a new version of the course changed.
 *
 * Each report.json holds hashes of the contract and the tests that it was
 * earned on; they are compared with those of now. A pass stays a pass, only
 * marked.
 */
#include "commands.h"
#include "course.h"
#include "files.h"
#include "pen.h"
#include "progress.h"
#include "workspace.h"

#include <errno.h>
#include <stdlib.h>

#define NAME_COLUMNS 20

static const char *change_text(const struct progress *p)
{
    if (p->state == PROGRESS_DAMAGED)
        return "report.json is damaged; grading writes it anew";
    if (p->state == PROGRESS_BEGUN)
        return "not graded yet";
    if (p->contract_changed && p->tests_changed)
        return "contract and tests changed";
    if (p->contract_changed)
        return "contract changed";
    if (p->tests_changed)
        return "tests changed";
    return "unchanged";
}

/* Returns 1 where the week has changed, else 0. */
static int write_week(struct pen *pen, const struct progress *p,
                      const char *way_in)
{
    bool changed = p->contract_changed || p->tests_changed;

    pen_write(pen, INK_PLAIN, "  %-*s  ", NAME_COLUMNS, p->week.name);
    pen_write(pen, changed ? INK_ODD : INK_FAINT, "%s\n", change_text(p));
    if (!changed)
        return 0;
    pen_write(pen, INK_PLAIN, "  %*s  ", NAME_COLUMNS, "");
    if (p->saved.passed)
        pen_write(pen, INK_FAINT,
                  "your pass stays, marked as earned on the "
                  "older ones;\n  %*s  ",
                  NAME_COLUMNS, "");
    pen_write(pen, INK_FAINT, "`%s %02d` grades on the new ones\n", way_in,
              p->week.number);
    return 1;
}

static int update_weeks(struct workspace *w, struct progress *all, int count)
{
    char *way_in = report_way_in(w->dir);
    int begun = 0, changed = 0, err = 0;
    struct pen pen;

    pen_init(&pen, stdout);
    fputc('\n', stdout);
    for (int i = 0; i < count && err == 0; i++) {
        if (all[i].state == PROGRESS_NOT_BEGUN)
            continue;
        err = workspace_mend(w, &all[i].week);
        if (err == 0)
            changed += write_week(&pen, &all[i], way_in);
        begun++;
    }
    if (err == 0 && begun == 0)
        pen_write(&pen, INK_PLAIN, "  You have not begun a week yet.\n");
    else if (err == 0 && changed == 0)
        pen_write(&pen, INK_PLAIN,
                  "\n  Nothing has changed in the weeks that you began.\n");
    else if (err == 0)
        pen_write(&pen, INK_PLAIN,
                  "\n  Changed: %d of the %d weeks that you began.\n", changed,
                  begun);
    fputc('\n', stdout);
    free(way_in);
    return err;
}

int command_update(const struct options *options)
{
    struct workspace workspace;
    struct progress *all = NULL;
    int count = 0, broken = 0;
    int err = workspace_find(&workspace, options->workspace);

    if (err == -ENOENT)
        complain_no_workspace(options->workspace, 1);
    if (err == 0)
        err = workspace_create(&workspace); /* mends the way in */
    if (err == 0)
        err = workspace_note_course(&workspace);
    if (err == 0)
        err = count = progress_load(&workspace, &all, &broken);
    if (err >= 0)
        err = update_weeks(&workspace, all, count);
    if (all)
        progress_release(all, count);
    workspace_release(&workspace);
    return err < 0 || broken ? EXIT_USAGE : EXIT_PASSES;
}
