/*
 * report_text.c: the report that a member reads a hundred times.
 *
 *     Week 01  A TCP echo server
 *     built on reference 00-warm-up
 *
 *     ✓  1  hello         passed    0.04 s
 *     ✗  2  listen        failed    0.31 s
 *
 *        step       Listen on a host and a port
 *        …                                      (report_detail.c)
 *
 *     ·  3  echo-one      blocked by step 2
 *     ·  4 to 8           not reached
 *
 * Only the first failing step is told in full: one thing at a time. Who asks
 * for all of them (--all) is told of each.
 */
#include "files.h"
#include "report_formats.h"

#include <stdlib.h>
#include <string.h>

#define NAME_COLUMNS_MIN 12
#define VERDICT_COLUMNS 8

/* Whether the last line drawn is an empty one. One report is drawn at a time,
 * by one thread. */
static bool after_gap;

static void write_gap(struct pen *pen)
{
    if (!after_gap)
        fputc('\n', pen->out);
    after_gap = true;
}

static unsigned name_columns(const struct week *week)
{
    unsigned columns = NAME_COLUMNS_MIN;

    for (unsigned i = 0; i < week->manifest.step_count; i++) {
        unsigned len = (unsigned)strlen(week->manifest.steps[i].name);

        if (len > columns)
            columns = len;
    }
    return columns;
}

static enum ink verdict_ink(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_PASSED:
        return INK_GOOD;
    case VERDICT_FAILED:
    case VERDICT_BROKEN:
        return INK_BAD;
    case VERDICT_CANNOT_RUN:
        return INK_ODD;
    default:
        return INK_FAINT;
    }
}

static const char *verdict_mark(const struct pen *pen, enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_PASSED:
        return pen_mark_good(pen);
    case VERDICT_FAILED:
    case VERDICT_BROKEN:
        return pen_mark_bad(pen);
    case VERDICT_CANNOT_RUN:
        return pen_mark_odd(pen);
    default:
        return pen_mark_rest(pen);
    }
}

static void write_heading(struct pen *pen, const struct week_outcome *outcome)
{
    fputc('\n', pen->out);
    pen_write(pen, INK_FAINT, "  Week %02d  ", outcome->week->number);
    pen_write(pen, INK_STRONG, "%s\n", outcome->week->manifest.title);
    if (outcome->built_on) {
        char *text = text_format("built on %s", outcome->built_on);

        pen_write(pen, INK_PLAIN, "  ");
        pen_sentence(pen, INK_FAINT, 2, text);
        free(text);
    }
    after_gap = false;
    write_gap(pen);
}

static void write_name(struct pen *pen, const struct week *week,
                       const struct step *step, enum ink ink, const char *mark)
{
    pen_write(pen, ink, "  %s", mark);
    pen_write(pen,
              ink == INK_FAINT ? INK_FAINT
              : ink == INK_BAD ? INK_STRONG
                               : INK_PLAIN,
              " %2d  %-*s  ", step->number, (int)name_columns(week),
              step->name);
}

static void write_seconds(struct pen *pen, double seconds)
{
    int decimals = seconds < 10 ? 2 : seconds < 100 ? 1 : 0;

    pen_write(pen, INK_FAINT, "%8.*f s", decimals, seconds);
}

static void write_step_line(struct pen *pen, const struct week_outcome *outcome,
                            const struct outcome *o)
{
    enum ink ink = verdict_ink(o->verdict);

    write_name(pen, outcome->week, o->step, ink, verdict_mark(pen, o->verdict));
    if (o->verdict == VERDICT_BLOCKED && o->blocked_by > 0)
        pen_write(pen, ink, "blocked by step %d", o->blocked_by);
    else if (o->verdict == VERDICT_PASSED || o->verdict == VERDICT_FAILED)
        pen_write(pen, ink, "%-*s", VERDICT_COLUMNS, verdict_name(o->verdict));
    else
        pen_write(pen, ink, "%s", verdict_name(o->verdict));
    if (o->verdict == VERDICT_PASSED || o->verdict == VERDICT_FAILED)
        write_seconds(pen, o->seconds);
    if (o->step->stretch)
        pen_write(pen, INK_FAINT, "  stretch");
    if (o->verdict == VERDICT_PASSED && o->tests_not_run > 0)
        pen_write(pen, INK_ODD, "  %d of %d tests could not run",
                  o->tests_not_run, o->tests_passed + o->tests_not_run);
    fputc('\n', pen->out);
    after_gap = false;
}

/* The first failing step: the one that the week's outcome names, or any while
 * it names none yet; or each, where all were asked for. */
static bool is_told_in_full(const struct week_outcome *outcome,
                            const struct outcome *o)
{
    return o->verdict == VERDICT_BROKEN ||
           (o->verdict == VERDICT_FAILED &&
            (outcome->all || outcome->first_failed == 0 ||
             o == &outcome->steps[outcome->first_failed - 1]));
}

static void write_step(struct pen *pen, const struct week_outcome *outcome,
                       const struct outcome *o)
{
    bool in_full = is_told_in_full(outcome, o);

    write_step_line(pen, outcome, o);
    if (in_full)
        write_gap(pen);
    if (in_full || o->verdict == VERDICT_CANNOT_RUN ||
        (o->verdict == VERDICT_PASSED && o->tests_not_run > 0))
        report_detail(pen, outcome, o);
    after_gap = false;
    if (in_full)
        write_gap(pen);
}

/* ---- The closing lines ---- */

/* Steps that nobody reached, in a row, on one line. */
static void write_not_reached(struct pen *pen,
                              const struct week_outcome *outcome)
{
    const struct manifest *manifest = &outcome->week->manifest;
    unsigned count = manifest->step_count;
    int name = (int)name_columns(outcome->week);

    for (unsigned i = 0, end; i < count; i = end) {
        end = i + 1;
        if (outcome->steps[i].verdict != VERDICT_NONE)
            continue;
        while (end < count && outcome->steps[end].verdict == VERDICT_NONE)
            end++;
        pen_write(pen, INK_FAINT, "  %s %2u", pen_mark_rest(pen), i + 1);
        if (end - i == 1)
            pen_write(pen, INK_FAINT, "  %-*s  not reached\n", name,
                      manifest->steps[i].name);
        else
            pen_write(pen, INK_FAINT, " to %-*unot reached\n", name, end);
        after_gap = false;
    }
}

static bool is_failing_stretch(const struct outcome *o)
{
    return o->step->stretch && o->verdict == VERDICT_FAILED;
}

static bool any_failing_stretch(const struct week_outcome *outcome)
{
    for (unsigned i = 0; i < outcome->week->manifest.step_count; i++)
        if (is_failing_stretch(&outcome->steps[i]))
            return true;
    return false;
}

/* Steps that a week passes without, and that are not done. */
static void write_stretch_left(struct pen *pen,
                               const struct week_outcome *outcome)
{
    for (unsigned i = 0; i < outcome->week->manifest.step_count; i++) {
        const struct outcome *o = &outcome->steps[i];

        if (!o->step->stretch || o->verdict == VERDICT_PASSED)
            continue;
        pen_write(pen, INK_FAINT, "  %d %s %s, if you like more\n",
                  o->step->number, o->step->name,
                  is_failing_stretch(o) ? "is still open" : "is left");
    }
}

static void write_passed(struct pen *pen, const struct week_outcome *outcome)
{
    char *way_in = report_way_in(outcome->workspace);
    int week = outcome->week->number;

    write_gap(pen);
    if (any_failing_stretch(outcome))
        pen_write(pen, INK_GOOD,
                  "  Week %02d is yours: every core step passes.\n", week);
    else
        pen_write(pen, INK_GOOD, "  Week %02d is yours. Well done.\n", week);
    write_stretch_left(pen, outcome);
    pen_write(pen, INK_PLAIN, "  %s show %02d", way_in, week);
    pen_write(pen, INK_FAINT, "   the solution beside your code\n");
    after_gap = false;
    free(way_in);
}

static void write_count(struct pen *pen, const struct week_outcome *outcome)
{
    const struct manifest *manifest = &outcome->week->manifest;
    unsigned core = 0, passed = 0;

    for (unsigned i = 0; i < manifest->step_count; i++) {
        if (manifest->steps[i].stretch)
            continue;
        core++;
        passed += outcome->steps[i].verdict == VERDICT_PASSED;
    }
    write_gap(pen);
    pen_write(pen, INK_FAINT, "  %u of %u%s steps passed\n", passed, core,
              core < manifest->step_count ? " core" : "");
    after_gap = false;
}

static void write_one_passed(struct pen *pen,
                             const struct week_outcome *outcome)
{
    char *way_in = report_way_in(outcome->workspace);

    write_gap(pen);
    pen_write(pen, INK_PLAIN, "  %s %02d", way_in, outcome->week->number);
    pen_write(pen, INK_FAINT, "   the whole week\n");
    after_gap = false;
    free(way_in);
}

static void write_closing(struct pen *pen, const struct week_outcome *outcome)
{
    if (outcome->whole_week)
        write_not_reached(pen, outcome);
    if (week_outcome_passed(outcome))
        write_passed(pen, outcome);
    else if (outcome->whole_week)
        write_count(pen, outcome);
    else if (week_outcome_status(outcome) == 0)
        write_one_passed(pen, outcome);
}

/* A remark: a sentence, and below it what others said, as they said it. */
static void write_note(struct pen *pen, const char *note)
{
    size_t len = strcspn(note, "\n");
    char *sentence = text_format("%.*s", (int)len, note);

    pen_write(pen, INK_ODD, "  note  ");
    pen_sentence(pen, INK_PLAIN, 8, sentence);
    if (note[len] == '\n')
        pen_lines(pen, INK_PLAIN, 0, note + len);
    free(sentence);
    after_gap = false;
}

static void write_notes(struct pen *pen, const struct week_outcome *outcome)
{
    for (unsigned i = 0; i < outcome->note_count; i++) {
        write_gap(pen);
        write_note(pen, outcome->notes[i]);
    }
}

/* gcc's own words, from the first column on, as an editor may parse them. */
static void write_build_error(struct pen *pen,
                              const struct week_outcome *outcome)
{
    write_gap(pen);
    pen_write(pen, INK_BAD, "  %s  ", pen_mark_bad(pen));
    pen_sentence(pen, INK_BAD, 5, outcome->build_error);
    after_gap = false;
    if (!outcome->build_words || !*outcome->build_words)
        return;
    write_gap(pen);
    pen_lines(pen, INK_PLAIN, 0, outcome->build_words);
    after_gap = false;
}

/* ---- Live ---- */

void report_text_begin(FILE *out, const struct week_outcome *outcome)
{
    struct pen pen;

    pen_init(&pen, out);
    write_heading(&pen, outcome);
    fflush(out);
}

void report_text_running(FILE *out, const struct step *step)
{
    struct pen pen;

    pen_init(&pen, out);
    if (!pen.rubber)
        return;
    pen_write(&pen, INK_FAINT, "  %s %2d  %s", pen_mark_rest(&pen),
              step->number, step->name);
    fflush(out);
}

void report_text_step(FILE *out, const struct week_outcome *outcome,
                      const struct outcome *step)
{
    struct pen pen;

    pen_init(&pen, out);
    pen_rub_out(&pen);
    write_step(&pen, outcome, step);
    fflush(out);
}

void report_text_end(FILE *out, const struct week_outcome *outcome)
{
    struct pen pen;

    pen_init(&pen, out);
    pen_rub_out(&pen);
    if (outcome->build_error)
        write_build_error(&pen, outcome);
    else
        write_closing(&pen, outcome);
    write_notes(&pen, outcome);
    write_gap(&pen);
    fflush(out);
}

/* ---- Whole ---- */

void report_text(FILE *out, const struct week_outcome *outcome)
{
    report_text_begin(out, outcome);
    for (unsigned i = 0; i < outcome->week->manifest.step_count; i++)
        if (outcome->steps[i].verdict != VERDICT_NONE)
            report_text_step(out, outcome, &outcome->steps[i]);
    report_text_end(out, outcome);
}
