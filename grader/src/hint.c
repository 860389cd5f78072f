/*
 * hint.c: `grade hint [WEEK[.STEP]]`, one hint at a time.
 */
#include "hints.h"

#include "commands.h"
#include "course.h"
#include "files.h"
#include "pen.h"
#include "progress.h"
#include "target.h"

#include <stdlib.h>
#include <string.h>

#define HINT_COLUMN 6

/* The step that was named, or the first core step that is open, or the first
 * stretch step that fails. NULL after telling. */
static const struct step *hinted_step(struct target *target)
{
    struct progress p = {.week = target->week}; /* borrowed */
    char *way_in;

    if (target->step)
        return target->step;
    progress_of_week(&target->workspace, &p);
    if (!p.next)
        p.next = progress_failed(&p);
    if (!p.next) {
        way_in = report_way_in(target->workspace.dir);
        complain("every core step of %s passes; name a step, as in `%s hint "
                 "%02d.1`",
                 target->week.name, way_in, target->week.number);
        free(way_in);
    }
    return p.next;
}

static void write_hint(struct pen *pen, enum ink ink, unsigned number,
                       const char *text)
{
    pen_write(pen, ink, "  %2u  ", number);
    pen_sentence(pen, ink, HINT_COLUMN, text);
}

/* Those that were seen, faint, then the next. */
static void write_hints(const struct target *target, const struct step *step,
                        unsigned seen)
{
    char *way_in = report_way_in(target->workspace.dir), *text;
    struct pen pen;

    pen_init(&pen, stdout);
    fputc('\n', stdout);
    pen_write(&pen, INK_FAINT, "  Step %d, ", step->number);
    pen_write(&pen, INK_STRONG, "%s", step->name);
    pen_write(&pen, INK_FAINT, ": %s\n\n", step->title);
    for (unsigned i = 0; i < seen; i++)
        write_hint(&pen, INK_FAINT, i + 1, step->hints[i]);
    if (seen < step->hint_count)
        write_hint(&pen, INK_PLAIN, seen + 1, step->hints[seen]);
    if (seen + 1 < step->hint_count)
        text = text_format("%u more.", step->hint_count - seen - 1);
    else
        text = text_format("That was the last: `%s ask %02d.%d` says what to "
                           "bring to the group.",
                           way_in, target->week.number, step->number);
    pen_write(&pen, INK_FAINT, "\n  ");
    pen_sentence(&pen, INK_FAINT, 2, text);
    fputc('\n', stdout);
    free(text);
    free(way_in);
}

static int hint(struct target *target)
{
    const struct step *step = hinted_step(target);
    unsigned seen;
    int err;

    if (!step)
        return EXIT_USAGE;
    if (step->hint_count == 0) {
        printf("Step %d, %s, has no hints.\n", step->number, step->name);
        return EXIT_PASSES;
    }
    seen = hints_shown(target->workspace.dir, &target->week, step);
    write_hints(target, step, seen);
    err = seen < step->hint_count
              ? hints_show(target->workspace.dir, &target->week, step)
              : 0;
    if (err < 0)
        complain("that this hint was shown could not be noted: %s",
                 strerror(-err));
    return EXIT_PASSES;
}

int command_hint(const struct options *options)
{
    struct target target;
    int status = target_find_started(
        options, options->word_count > 0 ? options->words[0] : NULL, &target);

    if (status == 0)
        status = hint(&target);
    target_release(&target);
    return status;
}
