/*
 * report_tap.c: the Test Anything Protocol, version 14: one test point a step.
 *
 *     not ok 3 - echo-one          failed or broken; a YAML block says why
 *     ok 4 - xdp # SKIP why        cannot run, blocked, not reached
 *     not ok 9 - stop # TODO …     a stretch step that fails, fails nothing
 *     Bail out! …                  it does not build
 */
#include "clean.h"
#include "report_formats.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* TAP 14 escapes '#' and '\' in descriptions and directives. */
static void write_escaped(FILE *out, const char *text)
{
    char *clean = text_clean_line(text, false);

    for (const char *at = clean; *at; at++) {
        if (*at == '#' || *at == '\\')
            fputc('\\', out);
        fputc(*at, out);
    }
    free(clean);
}

/* A JSON string is a YAML one as well. */
static void write_yaml_text(FILE *out, const char *key, const char *text)
{
    char *clean = text_clean(text, false);
    json_t *json = json_string(clean);

    fprintf(out, "  %s: ", key);
    json_dumpf(json, out, JSON_ENCODE_ANY);
    fputc('\n', out);
    json_decref(json);
    free(clean);
}

static void write_yaml_lines(FILE *out, const char *key, char *text)
{
    char *line;

    fprintf(out, "  %s: |2\n", key);
    while ((line = strsep(&text, "\n")) != NULL)
        fprintf(out, *line ? "    %s\n" : "%s\n", line);
}

static void write_why(FILE *out, const struct week_outcome *outcome,
                      const struct outcome *step)
{
    char *message = report_one_line(step);
    char *detail = report_detail_text(outcome, step);

    fputs("  ---\n", out);
    write_yaml_text(out, "message", message);
    write_yaml_text(out, "severity",
                    step->verdict == VERDICT_BROKEN ? "error" : "fail");
    if (step->file) {
        write_yaml_text(out, "file", step->file);
        fprintf(out, "  line: %d\n", step->line);
    }
    fprintf(out, "  seed: %llu\n", (unsigned long long)step->seed);
    write_yaml_lines(out, "report", detail);
    fputs("  ...\n", out);
    free(detail);
    free(message);
}

static void write_step(FILE *out, const struct week_outcome *outcome,
                       const struct outcome *step, unsigned number)
{
    bool fails =
        step->verdict == VERDICT_FAILED || step->verdict == VERDICT_BROKEN;

    fprintf(out, "%s %u - ", fails ? "not ok" : "ok", number);
    write_escaped(out, step->step->name);
    if (fails && step->step->stretch && outcome->whole_week)
        fputs(" # TODO stretch: not needed to pass the week", out);
    if (!fails && step->verdict != VERDICT_PASSED) {
        char *why = report_skipped(step);

        fputs(" # SKIP ", out);
        write_escaped(out, why);
        free(why);
    }
    fputc('\n', out);
    if (fails)
        write_why(out, outcome, step);
}

static void write_bail_out(FILE *out, const struct week_outcome *outcome)
{
    char *clean = text_clean(outcome->build_words, false);
    char *rest = clean, *line;
    char *headline = text_clean_line(outcome->build_error, false);

    while ((line = strsep(&rest, "\n")) != NULL)
        if (*line)
            fprintf(out, "# %s\n", line);
    fprintf(out, "Bail out! %s\n", headline);
    free(headline);
    free(clean);
}

void report_tap(FILE *out, const struct week_outcome *outcome)
{
    unsigned count = 0, number = 0;

    for (unsigned i = 0; i < outcome->week->manifest.step_count; i++)
        count += report_lists(outcome, &outcome->steps[i]);
    fprintf(out, "TAP version 14\n1..%u\n", count);
    for (unsigned i = 0; i < outcome->week->manifest.step_count; i++) {
        const struct outcome *step = &outcome->steps[i];

        if (outcome->build_error && step->verdict == VERDICT_NONE)
            break;
        if (report_lists(outcome, step))
            write_step(out, outcome, step, ++number);
    }
    if (outcome->build_error)
        write_bail_out(out, outcome);
}
