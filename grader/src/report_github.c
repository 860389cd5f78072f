/*
 * report_github.c: for GitHub Actions: the text report in the log, an
 * annotation at the member's line where one is known, and a summary in
 * Markdown where GITHUB_STEP_SUMMARY names its file.
 *
 * A line that begins with "::" is a command to the runner, so what the
 * member's code printed stands between ::stop-commands:: and its token only.
 */
#include "clean.h"
#include "files.h"
#include "report_formats.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Escapes of the runner: properties need two more than messages. */
static void write_escaped(FILE *out, const char *text, bool property)
{
    for (; *text; text++)
        if (*text == '%' || *text == '\n' || *text == '\r' ||
            (property && (*text == ':' || *text == ',')))
            fprintf(out, "%%%02X", (unsigned char)*text);
        else
            fputc(*text, out);
}

/* ---- Where in the member's code ---- */

/* The line in "echo.c:41" at the place in text, 0 if there is none. */
static int line_after(const char *text, const char *name)
{
    size_t len = strlen(name);

    for (; (text = strstr(text, name)) != NULL; text += len)
        if (text[len] == ':' && isdigit((unsigned char)text[len + 1]))
            return atoi(text + len + 1);
    return 0;
}

/* The first of the member's files that the text names with a line. */
static const char *member_line(const struct week *week, const char *text,
                               int *line)
{
    for (unsigned i = 0; text && i < week->manifest.yours_count; i++) {
        *line = line_after(text, week->manifest.yours[i]);
        if (*line > 0)
            return week->manifest.yours[i];
    }
    *line = 1;
    return week->manifest.yours_count > 0 ? week->manifest.yours[0] : "";
}

static void annotate(FILE *out, const struct week_outcome *outcome,
                     const char *level, const char *title, const char *trace,
                     const char *message)
{
    int line;
    const char *name = member_line(outcome->week, trace, &line);

    fprintf(out, "::%s file=", level);
    write_escaped(out, outcome->week->name, true);
    fputc('/', out);
    write_escaped(out, name, true);
    fprintf(out, ",line=%d,title=", line);
    write_escaped(out, title, true);
    fputs("::", out);
    write_escaped(out, message, false);
    fputc('\n', out);
}

static void annotate_step(FILE *out, const struct week_outcome *outcome,
                          const struct outcome *step)
{
    const char *level = step->verdict == VERDICT_CANNOT_RUN ? "warning"
                        : step->step->stretch               ? "notice"
                                                            : "error";
    char *title = text_format("step %02d.%d %s: %s", outcome->week->number,
                              step->step->number, step->step->name,
                              verdict_name(step->verdict));
    char *message = report_one_line(step);
    char *where =
        step->file ? text_format("%s [%s:%d]", message, step->file, step->line)
                   : text_format("%s", message);

    annotate(out, outcome, level, title, step->sanitizer, where);
    free(where);
    free(message);
    free(title);
}

/* The compiler's first error, at its line; else the headline, at the line that
 * it or the words below it name. */
static void annotate_build_error(FILE *out, const struct week_outcome *outcome)
{
    char *all = text_format("%s\n%s", outcome->build_error,
                            outcome->build_words ? outcome->build_words : "");
    char *clean = text_clean(all, false), *message;
    const char *error = strstr(clean, " error: ");

    if (error) {
        error += strlen(" error: ");
        message = text_format("%.*s", (int)strcspn(error, "\n"), error);
        while (error > clean && error[-1] != '\n')
            error--;
    } else {
        message = text_format("%s", outcome->build_error);
    }
    annotate(out, outcome, "error",
             error ? outcome->build_error : "it does not build",
             error ? error : clean, message);
    free(message);
    free(clean);
    free(all);
}

static void annotate_all(FILE *out, const struct week_outcome *outcome)
{
    if (outcome->build_error)
        annotate_build_error(out, outcome);
    for (unsigned i = 0; i < outcome->week->manifest.step_count; i++) {
        enum verdict verdict = outcome->steps[i].verdict;

        if (verdict == VERDICT_FAILED || verdict == VERDICT_BROKEN ||
            verdict == VERDICT_CANNOT_RUN)
            annotate_step(out, outcome, &outcome->steps[i]);
    }
}

/* ---- The log ---- */

static void write_log(FILE *out, const struct week_outcome *outcome)
{
    uint64_t token = 0;

    if (getrandom(&token, sizeof token, 0) != (ssize_t)sizeof token)
        return; /* no log is better than one that can give commands */
    fprintf(out, "::stop-commands::%016llx\n", (unsigned long long)token);
    report_text(out, outcome);
    fprintf(out, "::%016llx::\n", (unsigned long long)token);
}

/* ---- The summary ---- */

static void write_fenced(FILE *out, const char *text)
{
    char *clean = text_clean(text, false);
    char *fence = report_fence(clean);

    fprintf(out, "\n%s\n%s\n%s\n", fence, clean, fence);
    free(fence);
    free(clean);
}

static void write_row(FILE *out, const struct outcome *step)
{
    char *verdict =
        step->verdict == VERDICT_PASSED || step->verdict == VERDICT_FAILED
            ? text_format("%s", verdict_name(step->verdict))
            : report_skipped(step);

    fprintf(out, "| %d | %s | ", step->step->number, step->step->name);
    for (const char *at = verdict; *at; at++) /* a bar would end the cell */
        fprintf(out, *at == '|' ? "\\%c" : "%c", *at);
    if (step->seconds > 0)
        fprintf(out, " | %.2f s |\n", step->seconds);
    else
        fputs(" | |\n", out);
    free(verdict);
}

static void write_build_error(FILE *out, const struct week_outcome *outcome)
{
    char *text = text_format("%s\n\n%s", outcome->build_error,
                             outcome->build_words ? outcome->build_words : "");

    fputs("It does not build:\n", out);
    write_fenced(out, text);
    free(text);
}

/* The first failing step, or each where all were asked for. */
static void write_failures(FILE *out, const struct week_outcome *outcome)
{
    for (unsigned i = 0; i < outcome->week->manifest.step_count; i++) {
        const struct outcome *o = &outcome->steps[i];
        char *detail;

        if (i + 1 != outcome->first_failed &&
            !(outcome->all && o->verdict == VERDICT_FAILED))
            continue;
        detail = report_detail_text(outcome, o);
        write_fenced(out, detail);
        free(detail);
    }
}

static void write_summary(FILE *out, const struct week_outcome *outcome)
{
    const struct week *week = outcome->week;

    fprintf(out, "## Week %02d: %s\n\n", week->number, week->manifest.title);
    if (outcome->built_on)
        fprintf(out, "Built on %s.\n\n", outcome->built_on);
    if (outcome->build_error) {
        write_build_error(out, outcome);
        return;
    }
    fputs("| | step | verdict | time |\n|---|---|---|---|\n", out);
    for (unsigned i = 0; i < week->manifest.step_count; i++)
        if (report_lists(outcome, &outcome->steps[i]))
            write_row(out, &outcome->steps[i]);
    write_failures(out, outcome);
}

void report_github(FILE *out, const struct week_outcome *outcome)
{
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    FILE *summary = path && *path ? fopen(path, "ae") : NULL;

    write_log(out, outcome);
    annotate_all(out, outcome);
    if (summary) {
        write_summary(summary, outcome);
        fclose(summary);
    }
}
