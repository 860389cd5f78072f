/*
 * report_detail.c: why a step failed, in two columns: a word, and what it is.
 *
 *        step       Its bytes come back until it closes
 *        test       bytes come back until the client closes
 *
 *                1  the client connects to 127.0.0.1:40123
 *                2  the client sends 5 bytes
 *                ✗  bytes that came back
 *        expected   "hello"
 *        is         "hell"
 *        at         work/01-tcp-echo/tests/echo_test.c:112
 *
 *        replay     work/grade 01.3 --seed 4711
 *        hint       work/grade hint 01.3   3 left
 */
#include "clean.h"
#include "files.h"
#include "hints.h"
#include "report_formats.h"

#include <stdlib.h>
#include <string.h>

#define LEFT 7              /* the column of the words */
#define TEXT 18             /* the column of what they are */
#define TRANSCRIPT_LINES 15 /* shown of it, the last ones */
#define OUTPUT_LINES 10     /* likewise */

static void write_word(struct pen *pen, const char *word)
{
    pen_write(pen, INK_FAINT, "%*s%-*s", LEFT, "", TEXT - LEFT, word);
}

static void write_sentence(struct pen *pen, enum ink ink, const char *word,
                           const char *text)
{
    if (!text || !*text)
        return;
    write_word(pen, word);
    pen_sentence(pen, ink, TEXT, text);
}

/* Something on as many lines as it has, the first beside the word. */
static void write_lines(struct pen *pen, const char *word, const char *text)
{
    size_t first;

    if (!text || !*text)
        return;
    first = strcspn(text, "\n");
    write_word(pen, word);
    pen_write(pen, INK_PLAIN, "%.*s\n", (int)first, text);
    if (text[first] == '\n')
        pen_lines(pen, INK_PLAIN, TEXT, text + first + 1);
}

/* The same, each line broken at the width under its own beginning. */
static void write_broken_lines(struct pen *pen, const char *word,
                               const char *text)
{
    if (!text || !*text)
        return;
    write_word(pen, word);
    for (bool first = true; *text; first = false) {
        size_t len = strcspn(text, "\n");
        unsigned indent = (unsigned)strspn(text, " ");
        char *line = text_format("%.*s", (int)len, text);

        pen_write(pen, INK_PLAIN, "%*s", (int)indent + (first ? 0 : TEXT), "");
        pen_sentence(pen, INK_PLAIN, TEXT + indent, line);
        free(line);
        text += len + (text[len] == '\n');
    }
}

/* A value: a sentence that is broken at the width, or lines as they are. */
static void write_value(struct pen *pen, const char *word, const char *text)
{
    if (text && strchr(text, '\n') == NULL)
        write_sentence(pen, INK_PLAIN, word, text);
    else
        write_lines(pen, word, text);
}

/* The last `most` lines of a text, and how many stand before them: never one,
 * as the line that says so would take its place. */
static const char *last_lines(const char *text, unsigned most, unsigned *before)
{
    unsigned count = 0;

    for (const char *at = text; *at; at++)
        if (*at == '\n' || at[1] == '\0')
            count++;
    *before = count > most + 1 ? count - most : 0;
    for (unsigned i = 0; i < *before; i++)
        text = strchr(text, '\n') + 1;
    return text;
}

/* ---- The log: all of what the report cuts ---- */

static char *log_text(const struct outcome *step)
{
    return text_format(
        "%s%s%s%s%s", step->transcript ? step->transcript : "",
        step->sanitizer ? "\n" : "", step->sanitizer ? step->sanitizer : "",
        step->output ? "\nprinted:\n" : "", step->output ? step->output : "");
}

/* Where all of it is kept; NULL if it can't be. */
static char *keep_log(const struct week_outcome *outcome,
                      const struct outcome *step)
{
    char *dir, *path, *text, *near = NULL;

    if (!outcome->workspace)
        return NULL;
    dir = text_format("%s/.grade/log/%s", outcome->workspace,
                      outcome->week->name);
    path = text_format("%s/%s.txt", dir, step->step->name);
    text = log_text(step);
    if (dir_make(dir) == 0 && file_write_atomic(path, text, strlen(text)) == 0)
        near = report_path(path);
    free(text);
    free(path);
    free(dir);
    return near;
}

/* "…  40 earlier lines: work/.grade/log/01-tcp-echo/echo-one.txt" */
static void write_earlier(struct pen *pen, const struct week_outcome *outcome,
                          const struct outcome *step, unsigned before)
{
    char *path = keep_log(outcome, step);

    pen_write(pen, INK_FAINT, "%s  %u earlier lines%s%s\n", pen_mark_cut(pen),
              before, path ? ": " : "", path ? path : "");
    free(path);
}

/* ---- The transcript ---- */

static void write_transcript(struct pen *pen,
                             const struct week_outcome *outcome,
                             const struct outcome *step)
{
    unsigned before;
    const char *text;

    if (!step->transcript || !*step->transcript)
        return;
    text = last_lines(step->transcript, TRANSCRIPT_LINES, &before);
    if (before > 0) {
        pen_write(pen, INK_PLAIN, "%*s", TEXT - (pen->utf8 ? 3 : 5), "");
        write_earlier(pen, outcome, step, before);
    }
    for (unsigned number = before + 1; *text; number++) {
        size_t len = strcspn(text, "\n");
        char *line = strndup(text, len);

        pen_write(pen, INK_FAINT, "%*u  ", TEXT - 2, number);
        pen_sentence(pen, INK_PLAIN, TEXT, line ? line : "");
        free(line);
        text += len + (text[len] == '\n');
    }
}

/* ---- What was not met ---- */

/* The tests are linked beside the member's code: name that file, as one would
 * open it from here. */
static void write_place(struct pen *pen, const struct week_outcome *outcome,
                        const struct outcome *step)
{
    char *linked =
        text_format("%s/%s/%s", outcome->workspace ? outcome->workspace : "",
                    outcome->week->name, step->file);
    char *near = report_path(path_exists(linked) ? linked : step->file);

    write_word(pen, "at");
    pen_write(pen, INK_PLAIN, "%s:%d\n", near, step->line);
    free(near);
    free(linked);
}

static void write_what(struct pen *pen, const struct week_outcome *outcome,
                       const struct outcome *step)
{
    if (step->what) {
        pen_write(pen, INK_BAD, "%*s%s  ", TEXT - 3, "", pen_mark_bad(pen));
        pen_sentence(pen, INK_BAD, TEXT, step->what);
    }
    write_value(pen, "expected", step->expected);
    write_value(pen, "is", step->actual);
    if (step->file && *step->file)
        write_place(pen, outcome, step);
}

static void write_output(struct pen *pen, const struct week_outcome *outcome,
                         const struct outcome *step)
{
    unsigned before;
    char *trimmed;
    const char *text;
    size_t len = step->output ? strlen(step->output) : 0;

    while (len > 0 && step->output[len - 1] == '\n')
        len--;
    if (len == 0)
        return;
    trimmed = text_format("%.*s", (int)len, step->output);
    text = last_lines(trimmed, OUTPUT_LINES, &before);
    fputc('\n', pen->out);
    if (before == 0) {
        write_lines(pen, "printed", text);
    } else {
        write_word(pen, "printed");
        write_earlier(pen, outcome, step, before);
        pen_lines(pen, INK_PLAIN, TEXT, text);
    }
    free(trimmed);
}

/* ---- What to do ---- */

static void write_hint(struct pen *pen, const struct week_outcome *outcome,
                       const struct step *step)
{
    unsigned shown;
    char *way_in;

    if (step->hint_count == 0 || !outcome->workspace)
        return;
    shown = hints_shown(outcome->workspace, outcome->week, step);
    way_in = report_way_in(outcome->workspace);
    write_word(pen, "hint");
    pen_write(pen, INK_PLAIN, "%s hint %02d.%d", way_in, outcome->week->number,
              step->number);
    if (shown < step->hint_count)
        pen_write(pen, INK_FAINT, "   %u left\n", step->hint_count - shown);
    else
        pen_write(pen, INK_FAINT, "   all %u seen\n", step->hint_count);
    free(way_in);
}

static void write_ways_on(struct pen *pen, const struct week_outcome *outcome,
                          const struct outcome *step)
{
    char *replay = report_replay(outcome, step);

    fputc('\n', pen->out);
    write_word(pen, "replay");
    pen_write(pen, INK_PLAIN, "%s\n", replay);
    write_hint(pen, outcome, step->step);
    free(replay);
}

/* ---- The whole ---- */

static void write_failure(struct pen *pen, const struct week_outcome *outcome,
                          const struct outcome *step)
{
    char *test = step->test ? text_in_words(step->test) : NULL;

    write_sentence(pen, INK_STRONG, "step", step->step->title);
    write_sentence(pen, INK_PLAIN, "test", test);
    fputc('\n', pen->out);
    write_transcript(pen, outcome, step);
    write_what(pen, outcome, step);
    if (step->sanitizer && *step->sanitizer) {
        fputc('\n', pen->out);
        write_broken_lines(pen, "sanitizer", step->sanitizer);
    }
    write_output(pen, outcome, step);
    if (step->blame) {
        fputc('\n', pen->out);
        write_sentence(pen, INK_STRONG, "blame", step->blame);
    }
    free(test);
}

void report_detail(struct pen *pen, const struct week_outcome *outcome,
                   const struct outcome *step)
{
    bool failed = step->verdict == VERDICT_FAILED;
    bool broken = step->verdict == VERDICT_BROKEN;

    if (failed || broken)
        write_failure(pen, outcome, step);
    if (broken)
        write_sentence(pen, INK_STRONG, "blame",
                       "the grader's own fault, not yours");
    write_sentence(pen, INK_PLAIN, "why", step->why);
    write_lines(pen, "enable", step->command);
    if (failed || broken)
        write_ways_on(pen, outcome, step);
}

char *report_detail_text(const struct week_outcome *outcome,
                         const struct outcome *step)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    struct pen pen;

    if (!out)
        abort(); /* no memory */
    pen_init(&pen, out);
    pen.utf8 = true;
    report_detail(&pen, outcome, step);
    if (fclose(out) != 0)
        abort();
    return text;
}
