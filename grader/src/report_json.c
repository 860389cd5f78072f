/*
 * report_json.c: the report for programs.
 *
 *     format          1; grows when a key changes its meaning or goes away
 *     week            name, number, title
 *     passed          every core step passed
 *     status          the exit status of the run (DESIGN.md §4)
 *     built_on        "your 06-wal, reference 07-sstable", or null
 *     build_error     "it does not compile", "it does not link: …", or null
 *     build_words     what the compiler or the linker said, or null
 *     notes           remarks of the run, texts
 *     steps           the steps that were asked for, in the manifest's order:
 *       number, name, title, stretch
 *       verdict       passed | failed | cannot run | blocked | not reached |
 *                     broken
 *       seconds       how long it ran, or null
 *       seed, replay  texts, or null where it did not run
 *       blocked_by    number of the step that failed before, or null
 *       tests         passed, not_run: counts
 *       failure       null, or test, what, expected, actual, file, line,
 *                     transcript (a list of lines), sanitizer, output, blame;
 *                     each null where it is not known
 *       cannot_run    null, or why and command
 *
 * Keys stand in this order, always all of them. A seed is a text because it
 * has 64 bits, more than many readers keep of a number. Texts are cleaned as
 * in every report (clean.h).
 */
#include "clean.h"
#include "report_formats.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *json_text(const char *text)
{
    char *clean = text_clean(text, false);
    json_t *json = clean ? json_string(clean) : json_null();

    free(clean);
    return json;
}

static json_t *json_lines(const char *text)
{
    json_t *lines = json_array();
    char *clean = text_clean(text ? text : "", false);
    char *rest = clean, *line;

    while ((line = strsep(&rest, "\n")) != NULL)
        if (rest || *line)
            json_array_append_new(lines, json_string(line));
    free(clean);
    return lines;
}

static bool did_run(const struct outcome *step)
{
    return step->verdict == VERDICT_PASSED || step->verdict == VERDICT_FAILED ||
           step->verdict == VERDICT_BROKEN;
}

static json_t *json_failure(const struct outcome *step)
{
    if (step->verdict != VERDICT_FAILED && step->verdict != VERDICT_BROKEN)
        return json_null();
    return json_pack(
        "{so so so so so so so so so so}", "test", json_text(step->test),
        "what", json_text(step->what), "expected", json_text(step->expected),
        "actual", json_text(step->actual), "file", json_text(step->file),
        "line", step->file ? json_integer(step->line) : json_null(),
        "transcript", json_lines(step->transcript), "sanitizer",
        json_text(step->sanitizer), "output", json_text(step->output), "blame",
        json_text(step->blame));
}

static json_t *json_cannot_run(const struct outcome *step)
{
    if (!step->why && !step->command)
        return json_null();
    return json_pack("{so so}", "why", json_text(step->why), "command",
                     json_text(step->command));
}

/* To the millisecond. */
static json_t *json_seconds(double seconds)
{
    return json_real((double)(long long)(seconds * 1000 + 0.5) / 1000);
}

static json_t *json_seed(const struct outcome *step)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)step->seed);
    return json_string(text);
}

static json_t *json_step(const struct week_outcome *outcome,
                         const struct outcome *step)
{
    char *replay = report_replay(outcome, step);
    bool ran = did_run(step);
    json_t *json = json_pack(
        "{si so so sb ss so so so so s{si si} so so}", "number",
        step->step->number, "name", json_text(step->step->name), "title",
        json_text(step->step->title), "stretch", step->step->stretch, "verdict",
        verdict_name(step->verdict), "seconds",
        ran ? json_seconds(step->seconds) : json_null(), "seed",
        ran ? json_seed(step) : json_null(), "replay",
        ran ? json_text(replay) : json_null(), "blocked_by",
        step->verdict == VERDICT_BLOCKED ? json_integer(step->blocked_by)
                                         : json_null(),
        "tests", "passed", step->tests_passed, "not_run", step->tests_not_run,
        "failure", json_failure(step), "cannot_run", json_cannot_run(step));

    free(replay);
    return json;
}

static json_t *json_steps(const struct week_outcome *outcome)
{
    json_t *steps = json_array();

    for (unsigned i = 0; i < outcome->week->manifest.step_count; i++)
        if (report_lists(outcome, &outcome->steps[i]))
            json_array_append_new(steps,
                                  json_step(outcome, &outcome->steps[i]));
    return steps;
}

static json_t *json_notes(const struct week_outcome *outcome)
{
    json_t *notes = json_array();

    for (unsigned i = 0; i < outcome->note_count; i++)
        json_array_append_new(notes, json_text(outcome->notes[i]));
    return notes;
}

void report_json(FILE *out, const struct week_outcome *outcome)
{
    const struct week *week = outcome->week;
    json_t *json = json_pack(
        "{si s{so si so} sb si so so so so so}", "format", 1, "week", "name",
        json_text(week->name), "number", week->number, "title",
        json_text(week->manifest.title), "passed", week_outcome_passed(outcome),
        "status", week_outcome_status(outcome), "built_on",
        json_text(outcome->built_on), "build_error",
        json_text(outcome->build_error), "build_words",
        json_text(outcome->build_words), "notes", json_notes(outcome), "steps",
        json_steps(outcome));

    json_dumpf(json, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    fputc('\n', out);
    json_decref(json);
}
