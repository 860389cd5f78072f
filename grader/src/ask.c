/*
 * ask.c: `grade ask [WEEK[.STEP]]`, what to paste when stuck.
 *
 *     **01.3 echo-one** fails: Serve one client: its bytes come back …
 *     ```
 *     test      the bytes come back until the client closes
 *     …  40 lines left out
 *     client sends 6 bytes
 *     ✗ bytes that came back
 *     expected  "hello\n"
 *     is        "hell"
 *     at        tests/echo_test.c:112
 *     ```
 *     `work/grade 01.3 --seed 4711`
 *
 * Every part has a share of the characters, and the transcript what the others
 * leave: of it and of the output the end matters, of a compiler's words and of
 * a sanitizer's report the beginning.
 */
#include "ask.h"

#include "clean.h"
#include "commands.h"
#include "course.h"
#include "files.h"
#include "grading.h"
#include "memory.h"
#include "pen.h"
#include "process.h"
#include "progress.h"
#include "report_formats.h"
#include "request.h"
#include "target.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 96 /* of a title, a test, a file, options */
#define LINE_BYTES 140
#define SANITIZER_BYTES 400
#define OUTPUT_BYTES 180
#define CUT_LINE_BYTES 32 /* "…  12345 lines left out\n" */
/* Two numbers, a seed and Markdown, in heading and replay line. */
#define FRAME_BYTES 160
#define WORD_BYTES 16 /* "expected  " and a newline */

static_assert(FRAME_BYTES + 5 * (NAME_BYTES + WORD_BYTES) +
                      4 * (LINE_BYTES + WORD_BYTES) + SANITIZER_BYTES +
                      OUTPUT_BYTES + CUT_LINE_BYTES <=
                  ASK_CHARACTERS_MAX,
              "all parts fit, with every one at its greatest");

/* ---- Cutting ---- */

/* The greatest length up to len at which no character is torn. */
static size_t whole_characters(const char *text, size_t len)
{
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

/* One line of at most `most` bytes, cleaned. */
static char *short_line(const char *text, size_t most)
{
    char *line = text_clean_line(text, false);

    if (strlen(line) > most) {
        char *cut = text_format(
            "%.*s…", (int)whole_characters(line, most - strlen("…")), line);

        free(line);
        line = cut;
    }
    return line;
}

static unsigned count_lines(const char *from, const char *to)
{
    unsigned lines = 0;

    for (; from < to; from++)
        lines += *from == '\n';
    return lines;
}

/* Where the last lines begin that fit in `most` bytes. */
static const char *last_that_fit(const char *text, size_t most)
{
    size_t len = strlen(text);
    const char *at = text + (len > most ? len - most : 0);

    while (at > text && at[-1] != '\n' && *at)
        at++;
    return at;
}

/* Where the first lines end that fit in `most` bytes. */
static const char *first_that_fit(const char *text, size_t most)
{
    size_t len = strlen(text);
    const char *at = text + (len > most ? most : len);

    while (at > text && at[-1] != '\n' && *at)
        at--;
    return at;
}

/* Every line of it short, ended by '\n'; owned by the caller. */
static char *short_lines(const char *text)
{
    char *clean = text_clean(text, false), *rest = clean, *line;
    char *all = text_format("%s", "");

    while ((line = strsep(&rest, "\n")) != NULL) {
        char *cut, *longer;

        if (!rest && !*line)
            break;
        cut = short_line(line, LINE_BYTES);
        longer = text_format("%s%s\n", all, cut);
        free(cut);
        free(all);
        all = longer;
    }
    free(clean);
    return all;
}

/* The end, or the beginning, of a text in at most `most` bytes, whole lines
 * only; how many are left out is said in their place. */
static void write_part(FILE *out, const char *text, size_t most, bool end)
{
    char *lines = short_lines(text);
    size_t room = most > CUT_LINE_BYTES ? most - CUT_LINE_BYTES : 0;
    const char *begin = lines, *stop = lines + strlen(lines);

    if (strlen(lines) > most && end)
        begin = last_that_fit(lines, room);
    else if (strlen(lines) > most)
        stop = first_that_fit(lines, room);
    if (begin > lines)
        fprintf(out, "…  %u lines left out\n", count_lines(lines, begin));
    fprintf(out, "%.*s", (int)(stop - begin), begin);
    if (*stop)
        fprintf(out, "…  %u lines left out\n",
                count_lines(stop, stop + strlen(stop)));
    free(lines);
}

/* ---- The parts of a message ---- */

static void write_value(FILE *out, const char *word, const char *text)
{
    char *line;

    if (!text || !*text)
        return;
    line = short_line(text, LINE_BYTES);
    fprintf(out, "%-10s%s\n", word, line);
    free(line);
}

/* What was not met, and what else is known; all but the transcript. */
static char *evidence(const struct outcome *step)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        abort(); /* no memory */
    if (step->what) {
        char *what = short_line(step->what, LINE_BYTES);

        fprintf(out, "✗ %s\n", what);
        free(what);
    }
    write_value(out, "expected", step->expected);
    write_value(out, "is", step->actual);
    if (step->file && *step->file) {
        char *file = short_line(step->file, NAME_BYTES);

        fprintf(out, "%-10s%s:%d\n", "at", file, step->line);
        free(file);
    }
    if (step->sanitizer && *step->sanitizer)
        write_part(out, step->sanitizer, SANITIZER_BYTES, false);
    if (step->output && *step->output) {
        fputs("printed\n", out);
        write_part(out, step->output, OUTPUT_BYTES, true);
    }
    write_value(out, "blame", step->blame);
    fclose(out);
    return text;
}

static char *test_line(const struct outcome *step)
{
    char *words, *line, *text;

    if (!step->test)
        return text_format("%s", "");
    words = text_in_words(step->test);
    line = short_line(words, NAME_BYTES);
    text = text_format("%-10s%s\n", "test", line);
    free(line);
    free(words);
    return text;
}

/* "**01.3 echo-one** fails: Serve one client …", "**01** does not compile" */
static char *heading(const struct week_outcome *outcome,
                     const struct outcome *step)
{
    char *title, *text;

    if (!step) {
        const char *error = outcome->build_error;

        error += strncmp(error, "it ", 3) == 0 ? 3 : 0;
        title = short_line(error, LINE_BYTES);
        text = text_format("**%02d** %s\n", outcome->week->number, title);
        free(title);
        return text;
    }
    title = short_line(step->step->title, NAME_BYTES);
    text = text_format("**%02d.%d %s** fails: %s\n", outcome->week->number,
                       step->step->number, step->step->name, title);
    free(title);
    return text;
}

/* Everyone in the group has a work/grade. */
static char *replay(const struct week_outcome *outcome,
                    const struct outcome *step)
{
    char *options, *text;

    if (!step)
        return text_format("`work/grade %02d`\n", outcome->week->number);
    options = outcome->replay_options
                  ? short_line(outcome->replay_options, NAME_BYTES)
                  : text_format("%s", "");
    text = text_format("`work/grade %02d.%d --seed %llu%s`\n",
                       outcome->week->number, step->step->number,
                       (unsigned long long)step->seed, options);
    free(options);
    return text;
}

/* Nothing in the body may close its fence. */
static void spoil_fences(char *body)
{
    while ((body = strstr(body, "```")) != NULL)
        memset(body, '\'', 3);
}

/* The body, with its part that takes all the room that is left. */
static char *body_of(const struct week_outcome *outcome,
                     const struct outcome *step, size_t room)
{
    char *test = step ? test_line(step) : text_format("%s", "");
    char *proof = step ? evidence(step) : text_format("%s", "");
    size_t fixed = strlen(test) + strlen(proof);
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        abort();
    room = room > fixed ? room - fixed : 0;
    fputs(test, out);
    if (step && step->transcript)
        write_part(out, step->transcript, room, true);
    else if (!step && outcome->build_words)
        write_part(out, outcome->build_words, room, false);
    fputs(proof, out);
    fclose(out);
    free(proof);
    free(test);
    return text;
}

char *ask_message(const struct week_outcome *outcome,
                  const struct outcome *step)
{
    static const char fence[] = "```\n";
    char *before = heading(outcome, step), *after = replay(outcome, step);
    size_t room =
        ASK_CHARACTERS_MAX - strlen(before) - strlen(after) - 2 * strlen(fence);
    char *body = body_of(outcome, step, room);
    char *message;

    spoil_fences(body);
    message = text_format("%s%s%s%s%s", before, fence, body, fence, after);
    free(body);
    free(after);
    free(before);
    return message;
}

/* ---- The command ---- */

/* "Next is step 4, write-all: `work/grade 01.4`."; release with free(). */
static char *next_step(const struct week *week, const char *way_in,
                       const struct step *step)
{
    return text_format("Next is step %d, %s: `%s %02d.%d`.", step->number,
                       step->name, way_in, week->number, step->number);
}

/* What `grade status` says too; NULL where all pass. Release with free(). */
static char *next_week(const struct progress *p, const char *way_in)
{
    if (!p)
        return NULL;
    return text_format("Next is week %02d, \"%s\": `%s %s%02d`.",
                       p->week.number, p->week.manifest.title, way_in,
                       p->state == PROGRESS_NOT_BEGUN ? "start " : "",
                       p->week.number);
}

/* Where one goes from here: the week's first step that is open, or the next
 * week. */
static void say_next(struct pen *pen, const struct week_outcome *outcome)
{
    struct workspace workspace;
    char *way_in = report_way_in(outcome->workspace), *text = NULL;
    struct progress here = {.week = *outcome->week}; /* borrowed */
    struct progress *all = NULL;
    int count = 0, broken;

    if (workspace_find(&workspace, outcome->workspace) == 0) {
        progress_of_week(&workspace, &here);
        count = progress_load(&workspace, &all, &broken);
    }
    if (here.next)
        text = next_step(&here.week, way_in, here.next);
    else if (!progress_passed(&here))
        text = text_format("`%s %02d` notes that it passes.", way_in,
                           here.week.number);
    else if (count > 0)
        text = next_week(progress_next(all, count, here.week.name), way_in);
    if (text) {
        pen_write(pen, INK_PLAIN, "  ");
        pen_sentence(pen, INK_PLAIN, 2, text);
    }
    if (all)
        progress_release(all, count);
    workspace_release(&workspace);
    free(text);
    free(way_in);
}

static void say_nothing_fails(const struct week_outcome *outcome,
                              const struct step *asked)
{
    struct pen pen;
    char *what =
        asked
            ? text_format("Step %d, %s, passes", asked->number, asked->name)
            : text_format("Nothing fails in week %02d", outcome->week->number);
    char *text = text_format("%s: there is nothing to ask. If it failed "
                             "before, add the --seed of its replay line.",
                             what);

    pen_init(&pen, stdout);
    pen_write(&pen, INK_PLAIN, "\n  ");
    pen_sentence(&pen, INK_PLAIN, 2, text);
    say_next(&pen, outcome);
    pen_write(&pen, INK_PLAIN, "\n");
    free(text);
    free(what);
}

static int ask(const struct week_outcome *outcome, const struct step *asked)
{
    const struct outcome *step = NULL;
    int status = week_outcome_status(outcome);
    char *message;

    if (outcome->first_failed > 0)
        step = &outcome->steps[outcome->first_failed - 1];
    if (!step && !outcome->build_error) {
        if (status == EXIT_PASSES)
            say_nothing_fails(outcome, asked);
        else /* something can't run here: the report says what enables it */
            report_write(REPORT_TEXT, stdout, outcome);
        return status;
    }
    message = ask_message(outcome, outcome->build_error ? NULL : step);
    fputs(message, stdout);
    free(message);
    return EXIT_PASSES;
}

static int grade_and_ask(const struct options *options, struct target *target)
{
    struct grading_request request;
    struct week_outcome outcome = {0};
    int status = EXIT_USAGE, err;

    if (request_init(&request, options, target) < 0)
        return EXIT_USAGE;
    if (request.seed == 0 && target->step)
        request.seed = memory_get(target->workspace.dir, MEMORY_SEEDS,
                                  &target->week, target->step);
    err = grading_run(&request, &outcome);
    if (process_interrupted())
        process_end_by_signal();
    if (err == 0)
        status = ask(&outcome, target->step);
    else if (err != -EINVAL)
        status = EXIT_GRADER;
    week_outcome_release(&outcome);
    request_release(&request);
    return status;
}

int command_ask(const struct options *options)
{
    struct target target;
    int status = target_find_started(
        options, options->word_count > 0 ? options->words[0] : NULL, &target);

    if (status == 0)
        status = grade_and_ask(options, &target);
    target_release(&target);
    return status;
}
