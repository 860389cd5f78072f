/*
 * report_junit.c: JUnit XML, as CI systems read it: one test suite a week, one
 * test case a step.
 *
 *     failed       <failure>, the text report's detail inside
 *     broken       <error>, likewise
 *     the rest that did not pass   <skipped message="blocked by step 1"/>
 *     it does not build            a test case "build" with the failure
 */
#include "clean.h"
#include "report_formats.h"

#include <stdlib.h>
#include <string.h>

/* Text into XML. It was cleaned: no control character is left that XML 1.0
 * forbids. */
static void write_escaped(FILE *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*text, out);
        }
}

static void write_attribute(FILE *out, const char *name, const char *text)
{
    char *clean = text_clean_line(text, false);

    fprintf(out, " %s=\"", name);
    write_escaped(out, clean);
    fputc('"', out);
    free(clean);
}

static unsigned count(const struct week_outcome *outcome, enum verdict verdict)
{
    unsigned found = 0;

    for (unsigned i = 0; i < outcome->week->manifest.step_count; i++)
        found += report_lists(outcome, &outcome->steps[i]) &&
                 outcome->steps[i].verdict == verdict;
    return found;
}

static void write_counts(FILE *out, const struct week_outcome *outcome)
{
    unsigned failed = count(outcome, VERDICT_FAILED);
    unsigned broken = count(outcome, VERDICT_BROKEN);
    unsigned passed = count(outcome, VERDICT_PASSED);
    unsigned skipped = count(outcome, VERDICT_NONE) +
                       count(outcome, VERDICT_BLOCKED) +
                       count(outcome, VERDICT_CANNOT_RUN);
    double seconds = 0;

    failed += outcome->build_error != NULL;
    for (unsigned i = 0; i < outcome->week->manifest.step_count; i++)
        seconds += outcome->steps[i].seconds;
    fprintf(out,
            " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\""
            " time=\"%.3f\">\n",
            failed + broken + passed + skipped, failed, broken, skipped,
            seconds);
}

static void write_body(FILE *out, const char *element, const char *message,
                       const char *text)
{
    char *clean = text_clean(text, false);

    fprintf(out, "      <%s", element);
    write_attribute(out, "message", message);
    fputc('>', out);
    write_escaped(out, clean);
    fprintf(out, "</%s>\n", element);
    free(clean);
}

static void write_failed(FILE *out, const struct week_outcome *outcome,
                         const struct outcome *step)
{
    char *message = report_one_line(step);
    char *detail = report_detail_text(outcome, step);

    write_body(out, step->verdict == VERDICT_BROKEN ? "error" : "failure",
               message, detail);
    free(detail);
    free(message);
}

static void write_skipped(FILE *out, const struct outcome *step)
{
    char *message = report_skipped(step);

    fputs("      <skipped", out);
    write_attribute(out, "message", message);
    fputs("/>\n", out);
    free(message);
}

static void begin_case(FILE *out, const struct week_outcome *outcome,
                       const char *name, double seconds)
{
    fputs("    <testcase", out);
    write_attribute(out, "classname", outcome->week->name);
    write_attribute(out, "name", name);
    fprintf(out, " time=\"%.3f\">\n", seconds);
}

static void write_step(FILE *out, const struct week_outcome *outcome,
                       const struct outcome *step)
{
    begin_case(out, outcome, step->step->name, step->seconds);
    if (step->verdict == VERDICT_FAILED || step->verdict == VERDICT_BROKEN)
        write_failed(out, outcome, step);
    else if (step->verdict != VERDICT_PASSED)
        write_skipped(out, step);
    fputs("    </testcase>\n", out);
}

void report_junit(FILE *out, const struct week_outcome *outcome)
{
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", out);
    write_attribute(out, "name", "grade");
    write_counts(out, outcome);
    fputs("  <testsuite", out);
    write_attribute(out, "name", outcome->week->name);
    write_counts(out, outcome);
    if (outcome->build_error) {
        begin_case(out, outcome, "build", 0);
        write_body(out, "failure", outcome->build_error, outcome->build_words);
        fputs("    </testcase>\n", out);
    }
    for (unsigned i = 0; i < outcome->week->manifest.step_count; i++)
        if (report_lists(outcome, &outcome->steps[i]))
            write_step(out, outcome, &outcome->steps[i]);
    fputs("  </testsuite>\n</testsuites>\n", out);
}
