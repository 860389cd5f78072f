/*
 * list.c: `grade list`, the weeks; `grade status`, how far the member is.
 *
 *     network
 *       ✓  01  A TCP echo server                       7 h  passed
 *       ·  02  One thread for a thousand clients       8 h  not begun
 */
#include "commands.h"
#include "course.h"
#include "files.h"
#include "pen.h"
#include "progress.h"
#include "target.h"

#include "clean.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TITLE_COLUMNS 38
#define TRACK_COLUMNS 13
#define CELLS_A_LINE 7

/* What both commands draw. */
struct overview {
    struct workspace workspace;
    bool has_workspace;
    struct progress *all;
    int count, broken;
    struct pen pen;
};

static int overview_load(struct overview *o, const struct options *options)
{
    int err;

    *o = (struct overview){0};
    if (!course_dir())
        return -EINVAL;
    err = workspace_find(&o->workspace, options->workspace);
    if (err == -ENOENT && options->workspace)
        complain("there is no workspace at %s yet; `start`, with this option "
                 "and a week, makes it",
                 options->workspace);
    if (err < 0 && (err != -ENOENT || options->workspace))
        return err;
    o->has_workspace = err == 0;
    o->count = progress_load(o->has_workspace ? &o->workspace : NULL, &o->all,
                             &o->broken);
    pen_init(&o->pen, stdout);
    return o->count < 0 ? o->count : 0;
}

static void overview_release(struct overview *o)
{
    if (o->all)
        progress_release(o->all, o->count);
    workspace_release(&o->workspace);
}

/* Is this the first week of its track? Then draw the whole track here. */
static bool begins_track(const struct overview *o, int index)
{
    const char *track = o->all[index].week.manifest.track;

    for (int i = 0; i < index; i++)
        if (strcmp(o->all[i].week.manifest.track, track) == 0)
            return false;
    return true;
}

static enum ink ink_of(const struct progress *p)
{
    switch (p->state) {
    case PROGRESS_PASSED:
        return INK_GOOD;
    case PROGRESS_PASSED_OLDER:
    case PROGRESS_DAMAGED:
        return INK_ODD;
    case PROGRESS_PART:
    case PROGRESS_BEGUN:
        return INK_PLAIN;
    default:
        return INK_FAINT;
    }
}

static const char *mark_begun(const struct pen *pen)
{
    return pen->utf8 ? "›" : ">";
}

static const char *mark_of(const struct pen *pen, const struct progress *p)
{
    switch (p->state) {
    case PROGRESS_PASSED:
    case PROGRESS_PASSED_OLDER:
        return pen_mark_good(pen);
    case PROGRESS_PART:
    case PROGRESS_BEGUN:
    case PROGRESS_DAMAGED:
        return mark_begun(pen);
    default:
        return pen_mark_rest(pen);
    }
}

/* "5 of 8 steps"; release with free(). */
static char *state_text(const struct progress *p)
{
    switch (p->state) {
    case PROGRESS_PASSED:
        return text_format("passed");
    case PROGRESS_PASSED_OLDER:
        return text_format("passed on older tests");
    case PROGRESS_PART:
        return text_format("%u of %u steps", p->saved.passed_steps,
                           p->saved.core_steps);
    case PROGRESS_BEGUN:
        return text_format("begun");
    case PROGRESS_DAMAGED:
        return text_format("report.json damaged");
    default:
        return text_format("not begun");
    }
}

/* ---- grade list ---- */

/* Cut to the columns, and filled up to them. */
static void write_title(struct pen *pen, enum ink ink, const char *title)
{
    size_t len = strlen(title);
    size_t width = text_width(title, len);
    bool cut = width > TITLE_COLUMNS;

    while (width > TITLE_COLUMNS - cut * text_width(pen_mark_cut(pen),
                                                    strlen(pen_mark_cut(pen))))
        width = text_width(title, --len);
    pen_write(pen, ink, "%.*s%s", (int)len, title,
              cut ? pen_mark_cut(pen) : "");
    if (!cut)
        pen_write(pen, INK_PLAIN, "%*s", (int)(TITLE_COLUMNS - width), "");
}

static void write_week(struct pen *pen, const struct progress *p)
{
    enum ink ink = ink_of(p);
    char *state = state_text(p);

    pen_write(pen, ink, "    %s", mark_of(pen, p));
    pen_write(pen, INK_PLAIN, "  %02d  ", p->week.number);
    write_title(pen, INK_PLAIN, p->week.manifest.title);
    pen_write(pen, INK_FAINT, "  %3d h  ", p->week.manifest.hours);
    pen_write(pen, ink, "%s\n", state);
    free(state);
}

/* What the marks mean. */
static void write_legend(struct pen *pen)
{
    pen_write(pen, INK_FAINT, "\n  %s passed   %s begun   %s not begun\n\n",
              pen_mark_good(pen), mark_begun(pen), pen_mark_rest(pen));
}

static void write_list(struct overview *o)
{
    for (int i = 0; i < o->count; i++) {
        const char *track = o->all[i].week.manifest.track;
        if (!begins_track(o, i))
            continue;
        pen_write(&o->pen, INK_STRONG, "\n  %s\n", track);
        for (int k = i; k < o->count; k++)
            if (strcmp(o->all[k].week.manifest.track, track) == 0)
                write_week(&o->pen, &o->all[k]);
    }
    write_legend(&o->pen);
}

int command_list(const struct options *options)
{
    struct overview overview;
    int status = EXIT_USAGE;

    if (overview_load(&overview, options) == 0) {
        write_list(&overview);
        status = overview.broken ? EXIT_USAGE : EXIT_PASSES;
    }
    overview_release(&overview);
    return status;
}

/* ---- grade status ---- */

/* "  network      ✓ 01  ✓ 02  › 03  · 04  · 05   2 of 5" */
static void write_track(struct overview *o, int first)
{
    const char *track = o->all[first].week.manifest.track;
    int passed = 0, count = 0;

    pen_write(&o->pen, INK_PLAIN, "  %-*s", TRACK_COLUMNS, track);
    for (int i = first; i < o->count; i++) {
        const struct progress *p = &o->all[i];
        if (strcmp(p->week.manifest.track, track) != 0)
            continue;
        if (count > 0 && count % CELLS_A_LINE == 0)
            pen_write(&o->pen, INK_PLAIN, "\n  %*s", TRACK_COLUMNS, "");
        pen_write(&o->pen, ink_of(p), "%s %02d   ", mark_of(&o->pen, p),
                  p->week.number);
        passed += progress_passed(p);
        count++;
    }
    if (count <= CELLS_A_LINE)
        pen_write(&o->pen, INK_PLAIN, "%*s", (CELLS_A_LINE - count) * 7, "");
    pen_write(&o->pen, INK_FAINT, "%d of %d\n", passed, count);
}

static void write_sum(struct overview *o)
{
    int passed = 0, hours = 0, hours_passed = 0;

    for (int i = 0; i < o->count; i++) {
        hours += o->all[i].week.manifest.hours;
        if (progress_passed(&o->all[i])) {
            passed++;
            hours_passed += o->all[i].week.manifest.hours;
        }
    }
    pen_write(&o->pen, INK_STRONG, "\n  %d of %d weeks passed", passed,
              o->count);
    pen_write(&o->pen, INK_FAINT, ", %d of about %d hours\n\n", hours_passed,
              hours);
}

/* "9 stop, 10 rest": the stretch steps that are open; release with free(). */
static char *open_stretch(const struct progress *p)
{
    const struct manifest *m = &p->week.manifest;
    char *text = text_format("%s", "");

    for (unsigned i = 0; i < m->step_count; i++) {
        char *longer;

        if (!m->steps[i].stretch || p->verdicts[i] == VERDICT_PASSED)
            continue;
        longer = text_format("%s%s%d %s", text, *text ? ", " : "",
                             m->steps[i].number, m->steps[i].name);
        free(text);
        text = longer;
    }
    return text;
}

/* What the week last worked on still has to offer, once it passes. */
static void write_stretch(struct overview *o, const char *last)
{
    for (int i = 0; last && i < o->count; i++) {
        const struct progress *p = &o->all[i];
        char *steps;

        if (!progress_passed(p) || strcmp(p->week.name, last) != 0)
            continue;
        steps = open_stretch(p);
        if (*steps) {
            char *text = text_format("stretch: %s", steps);

            pen_write(&o->pen, INK_FAINT, "  week %02d      ", p->week.number);
            pen_sentence(&o->pen, INK_PLAIN, 15, text);
            fputc('\n', o->pen.out);
            free(text);
        }
        free(steps);
    }
}

static void write_next_step(struct pen *pen, const struct progress *p,
                            const char *way_in)
{
    const struct step *step = p->next;
    char *title =
        text_format("%s (about %d minutes)", step->title, step->minutes);

    pen_write(pen, INK_FAINT, "  next step    ");
    pen_write(pen, INK_STRONG, "%d  %s\n", step->number, step->name);
    pen_write(pen, INK_PLAIN, "               ");
    pen_sentence(pen, INK_PLAIN, 15, title);
    pen_write(pen, INK_PLAIN, "\n  %s %02d", way_in, p->week.number);
    pen_write(pen, INK_FAINT, " grades it, ");
    pen_write(pen, INK_PLAIN, "%s hint %02d.%d", way_in, p->week.number,
              step->number);
    pen_write(pen, INK_FAINT, " gives a hint.\n");
    free(title);
}

static void write_next(struct overview *o)
{
    char *last = o->has_workspace ? workspace_last_week(&o->workspace) : NULL;
    const struct progress *p = progress_next(o->all, o->count, last);
    struct pen *pen = &o->pen;
    char *way_in = workspace_way_in(o->workspace.dir);
    char *state;

    fputc('\n', pen->out);
    write_stretch(o, last);
    if (!p) {
        pen_write(pen, INK_GOOD, "  You have built all of it.\n");
        goto out;
    }
    state = state_text(p);
    pen_write(pen, INK_FAINT, "  week %02d      ", p->week.number);
    pen_sentence(pen, INK_STRONG, 15, p->week.manifest.title);
    pen_write(pen, INK_PLAIN, "               %s\n", state);
    free(state);
    if (p->state == PROGRESS_NOT_BEGUN)
        pen_write(pen, INK_PLAIN, "\n  %s start %02d", way_in, p->week.number);
    else if (p->next)
        write_next_step(pen, p, way_in);
    if (p->state == PROGRESS_NOT_BEGUN)
        pen_write(pen, INK_FAINT, " lays it into your workspace.\n");
out:
    fputc('\n', pen->out);
    free(way_in);
    free(last);
}

int command_status(const struct options *options)
{
    struct overview overview;
    int status = EXIT_USAGE;

    if (overview_load(&overview, options) == 0) {
        write_sum(&overview);
        for (int i = 0; i < overview.count; i++)
            if (begins_track(&overview, i))
                write_track(&overview, i);
        write_next(&overview);
        status = overview.broken ? EXIT_USAGE : EXIT_PASSES;
    }
    overview_release(&overview);
    return status;
}
