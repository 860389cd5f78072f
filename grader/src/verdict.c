/*
 * verdict.c: see verdict.h.
 *
 * A step has passed only if everything holds that lab_shared.h demands; the
 * checks below run from the most telling reason to the least, and the first
 * that applies is what the report says.
 *
 * No text that the tested code may print is looked at.
 */
#include "verdict.h"

#include "files.h"
#include "sanitizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define OUTPUT_TAIL_BYTES 2000
#define OUTPUT_LINE_BYTES 200

/* Text of the page: the tested code may have written over its end. */
#define PAGE_TEXT(array) \
    text_format("%.*s", (int)strnlen(array, sizeof(array)), array)

/* ---- Words ---- */

static void fail(struct outcome *o, enum verdict verdict, char *what)
{
    o->verdict = verdict;
    free(o->what);
    o->what = what;
}

static const char *signal_text(int number)
{
    static char text[96];
    const char *name = sigabbrev_np(number);
    snprintf(text, sizeof text, "SIG%s (%s)", name != NULL ? name : "?",
             strsignal(number));
    return text;
}

/* libcheck's two sentences on a test process that ended by itself. */
static char *early_end_text(const char *words)
{
    int number;
    const char *at = strstr(words, "return value ");
    if (at != NULL && sscanf(at, "return value %d", &number) == 1)
        return text_format(
            "the process ended in the middle of the test, with exit status "
            "%d: code that a test calls must return, not call exit() or "
            "_exit()",
            number & 0xff); /* libcheck prints those from 128 on as negative */
    at = strstr(words, "Received signal ");
    if (at != NULL && sscanf(at, "Received signal %d", &number) == 1)
        return text_format("the process was ended by signal %d, %s", number,
                           signal_text(number));
    return text_format("the test's process was lost: %s", words);
}

/* ---- What the page tells ---- */

/* The index of the test that failed or did not end, or -1. */
static int failed_test(const struct lab_shared *page)
{
    if (page->failed_test > 0)
        return page->failed_test - 1;
    for (uint32_t i = 0; i < page->registered && i < LAB_TESTS_MAX; i++)
        if (page->tests[i].state == LAB_TEST_STARTED ||
            (page->tests[i].state == LAB_TEST_BODY_DONE &&
             page->tests[i].token != LAB_TOKEN_OF(page->token, i)))
            return (int)i;
    return -1;
}

static void name_test(struct outcome *o, const struct lab_shared *page,
                      int index)
{
    if (index < 0 || index >= LAB_TESTS_MAX)
        return;
    o->test = PAGE_TEXT(page->tests[index].name);
    if (o->file == NULL) {
        o->file = PAGE_TEXT(page->tests[index].file);
        o->line = page->tests[index].line;
    }
}

static void take_transcript(struct outcome *o, const struct lab_shared *page)
{
    size_t len = page->transcript_len;
    if (len > LAB_TRANSCRIPT_BYTES)
        len = LAB_TRANSCRIPT_BYTES;
    while (len > 0 && page->transcript[len - 1] != '\n')
        len--;
    if (len > 0)
        o->transcript = text_format("%.*s", (int)len, page->transcript);
}

/* "AddressSanitizer:DEADLYSIGNAL" announces a report that we show ourselves. */
static bool is_announcement(const char *line, size_t len)
{
    static const char end[] = "Sanitizer:DEADLYSIGNAL";
    size_t end_len = sizeof end - 1;
    return len >= end_len && strncmp(line + len - end_len, end, end_len) == 0;
}

static void put_line(FILE *out, const char *line, size_t len)
{
    size_t shown = len < OUTPUT_LINE_BYTES ? len : OUTPUT_LINE_BYTES;
    while (shown < len && shown > 0 && (line[shown] & 0xc0) == 0x80)
        shown--; /* not in the middle of a character */
    for (size_t i = 0; i < shown; i++)
        line[i] != '\0' ? fputc(line[i], out) : fputs("\\x00", out);
    fputs(shown < len ? " …\n" : "\n", out);
}

static void take_output(struct outcome *o, const struct process_result *process)
{
    const char *text = process->output, *end = text + process->output_len;
    const char *newline;
    size_t kept;
    if (process->output_len > OUTPUT_TAIL_BYTES) {
        text = end - OUTPUT_TAIL_BYTES;
        newline = memchr(text, '\n', OUTPUT_TAIL_BYTES);
        text = newline != NULL ? newline + 1 : text;
    }
    FILE *out = open_memstream(&o->output, &kept);
    for (; text < end; text = newline + 1) {
        newline = memchr(text, '\n', (size_t)(end - text));
        newline = newline != NULL ? newline : end;
        if (!is_announcement(text, (size_t)(newline - text)))
            put_line(out, text, (size_t)(newline - text));
    }
    fclose(out);
    if (kept > 0)
        return;
    free(o->output);
    o->output = NULL;
}

static void count_tests(struct outcome *o, const struct lab_shared *page)
{
    for (uint32_t i = 0; i < page->registered && i < LAB_TESTS_MAX; i++) {
        o->tests_passed += page->tests[i].state == LAB_TEST_BODY_DONE &&
                           page->tests[i].token == LAB_TOKEN_OF(page->token, i);
        o->tests_not_run += page->tests[i].state == LAB_TEST_NOT_RUN;
    }
}

static void take_failure(struct outcome *o,
                         const struct lab_shared_failure *failure)
{
    fail(o, VERDICT_FAILED, PAGE_TEXT(failure->what));
    if (failure->expected[0] != '\0' || failure->actual[0] != '\0') {
        o->expected = PAGE_TEXT(failure->expected);
        o->actual = PAGE_TEXT(failure->actual);
    }
    o->file = PAGE_TEXT(failure->file);
    o->line = failure->line;
}

/* ---- The reasons, from the most telling to the least ---- */

static bool unmet_expectation(const struct evidence *e, struct outcome *o)
{
    const struct lab_shared_failure *failure = &e->page->failure;
    if (!failure->ready)
        return false;
    take_failure(o, failure);
    name_test(o, e->page, failure->test);
    return true;
}

static bool limit_reached(const struct evidence *e, struct outcome *o)
{
    enum lab_end end = (enum lab_end)e->page->end;
    if (end == LAB_END_TIMEOUT || e->process->timed_out)
        fail(o, VERDICT_FAILED,
             text_format("timed out after %d s in step %d: that is the "
                         "grader's limit against hanging, and no measure of "
                         "speed",
                         o->step->seconds, o->step->number));
    else if (end == LAB_END_MEMORY)
        fail(o, VERDICT_FAILED,
             text_format("used more than %d MiB of memory and was ended",
                         e->memory_mb_max));
    else if (e->process->output_cut)
        fail(o, VERDICT_FAILED,
             text_format("printed more than %d MiB and was ended",
                         e->output_mb_max));
    else
        return false;
    name_test(o, e->page, failed_test(e->page));
    return true;
}

static bool lost_process(const struct evidence *e, struct outcome *o)
{
    const struct lab_shared *page = e->page;
    char *words = PAGE_TEXT(page->early_end);
    if (words[0] != '\0')
        fail(o, VERDICT_FAILED, early_end_text(words));
    else if (page->end == LAB_END_SIGNALLED)
        fail(o, VERDICT_FAILED,
             text_format("the test runner itself was ended by signal %d, %s: "
                         "the code sent a signal to a process that it did not "
                         "start",
                         page->end_value, signal_text(page->end_value)));
    else if (page->end == LAB_END_UNKNOWN && page->registered > 0)
        fail(o, VERDICT_FAILED,
             text_format("every process of the test was ended, the one that "
                         "watches it too: does the code call kill() with a "
                         "process number that it did not get from fork()?"));
    bool known = o->what != NULL;
    free(words);
    if (known)
        name_test(o, page, failed_test(page));
    return known;
}

static bool grader_at_fault(const struct evidence *e, struct outcome *o)
{
    const struct lab_shared *page = e->page;
    if (page->end == LAB_END_NOT_EXECED)
        fail(o, VERDICT_BROKEN,
             text_format("the test program could not be started: %s",
                         strerror(page->end_value)));
    else if (page->end == LAB_END_UNKNOWN)
        fail(o, VERDICT_BROKEN,
             text_format("the sandbox did not start: %.300s",
                         e->process->output));
    else if (page->registered == 0)
        fail(o, VERDICT_BROKEN,
             text_format("the test program knows no step '%s'", o->step->name));
    else if (page->failed_test == 0 && page->finished != page->registered)
        fail(o, VERDICT_BROKEN,
             text_format("%u of %u tests were run", page->finished,
                         page->registered));
    else
        return false;
    return true;
}

static bool not_all_proven(const struct evidence *e, struct outcome *o)
{
    const struct lab_shared *page = e->page;
    int tests = (int)page->registered;
    if (page->end == LAB_END_EXITED &&
        page->end_value == (int)page->exit_code &&
        o->tests_passed + o->tests_not_run == tests)
        return false;
    /* libcheck took the status for the test's own: it was this run's code. */
    int status = page->end_value == 1 ? (int)page->exit_code : page->end_value;
    fail(o, VERDICT_FAILED,
         text_format("the test did not come to its end: the process was left "
                     "in the middle with exit status %d",
                     status));
    name_test(o, page, failed_test(page));
    return true;
}

static void note_not_run(struct outcome *o, const struct lab_shared *page)
{
    if (o->tests_not_run == 0)
        return;
    o->why = PAGE_TEXT(page->not_run_why);
    if (page->not_run_command[0] != '\0')
        o->command = PAGE_TEXT(page->not_run_command);
    if (o->tests_passed == 0)
        o->verdict = VERDICT_CANNOT_RUN;
}

/* Where the failure's second value is the status with which a sanitizer ended
 * a process (sandbox.c), its words say more. False if it is not. */
static bool name_sanitizer(struct outcome *o, const char *headline)
{
    static const char *const ends[] = {"exit status 66", "exit status 77"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char *at = o->actual != NULL ? strstr(o->actual, ends[i]) : NULL;
        if (at == NULL ||
            (at[strlen(ends[i])] != '\0' && at[strlen(ends[i])] != '\n'))
            continue;
        char *text = text_format("%.*s%s%s", (int)(at - o->actual), o->actual,
                                 headline, at + strlen(ends[i]));
        free(o->actual);
        o->actual = text;
        return true;
    }
    return false;
}

/* A sanitizer's report beside another reason: its headline is told once. */
static void add_sanitizer(struct outcome *o, const char *headline,
                          const char *report)
{
    if (name_sanitizer(o, headline))
        o->sanitizer = text_format("%s", report);
    else
        o->sanitizer = text_format("%s\n%s", headline, report);
}

void verdict_reach(const struct evidence *e, struct outcome *o)
{
    char *headline;
    char *report = sanitizer_report(e->sanitizer_dir, e->manifest, &headline);

    count_tests(o, e->page);
    if (unmet_expectation(e, o) || limit_reached(e, o)) {
        if (report != NULL)
            add_sanitizer(o, headline, report);
    } else if (report != NULL) {
        fail(o, VERDICT_FAILED, text_format("%s", headline));
        name_test(o, e->page, failed_test(e->page));
        o->sanitizer = report;
        report = NULL;
    } else if (!lost_process(e, o) && !grader_at_fault(e, o) &&
               !not_all_proven(e, o)) {
        o->verdict = VERDICT_PASSED;
        note_not_run(o, e->page);
    }
    if (o->verdict == VERDICT_FAILED || o->verdict == VERDICT_BROKEN) {
        take_transcript(o, e->page);
        take_output(o, e->process);
        o->tests_not_run = 0; /* of a failed step the failure is told */
    }
    free(report);
    free(headline);
}
