/*
 * lab_expect.c: expectations, the transcript, and how failures become text.
 *
 * A failure is claimed once (an atomic exchange), written whole, marked ready,
 * and then ends the process at once with status 1: other threads stop, no
 * exit handler of the member's runs, and no leak report hides the reason.
 */
#include "lab_internal.h"

#include <ctype.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NOTE_BYTES_MAX 200
#define SHOWN_BYTES 12 /* of byte strings; more would pass 80 columns */

/* ---- Failing ---- */

static void print_failure(FILE *out, const struct lab_shared_failure *f)
{
    fprintf(out, "  %s\n", f->what);
    if (f->expected[0] || f->actual[0])
        fprintf(out, "    expected  %s\n    is        %s\n", f->expected,
                f->actual);
    fprintf(out, "    %s:%d\n", f->file, f->line);
}

void (*lab_when_debugged)(void);

/* The process is over; which one said why does not matter any more. */
static _Noreturn void end_process(void)
{
    if (lab_debugging) {
        print_failure(stdout, &lab_page->failure);
        fflush(stdout);
        if (lab_when_debugged != NULL)
            lab_when_debugged();
        raise(SIGTRAP);
    }
    /* ThreadSanitizer's _exit would report the threads that nobody joined. */
    syscall(SYS_exit_group, 1);
    _exit(1);
}

struct failure_text {
    const char *what, *expected, *actual;
};

void (*lab_before_failure)(void);

static _Noreturn void fail(struct lab_where where, struct failure_text text)
{
    struct lab_shared_failure *f = &lab_page->failure;
    if (lab_before_failure != NULL)
        lab_before_failure();
    if (__atomic_exchange_n(&f->claimed, 1, __ATOMIC_ACQ_REL) == 0) {
        f->test = lab_page->current;
        f->line = where.line;
        snprintf(f->file, sizeof f->file, "%s", where.file);
        snprintf(f->what, sizeof f->what, "%s", text.what);
        snprintf(f->expected, sizeof f->expected, "%s", text.expected);
        snprintf(f->actual, sizeof f->actual, "%s", text.actual);
        __atomic_store_n(&f->ready, 1, __ATOMIC_RELEASE);
    }
    end_process();
}

/* The message of a macro: its printf arguments as one string. */
#define FORMAT_MESSAGE(message, format)                    \
    do {                                                   \
        va_list args_;                                     \
        va_start(args_, format);                           \
        vsnprintf(message, sizeof message, format, args_); \
        va_end(args_);                                     \
    } while (0)

void lab_fail_at(struct lab_where where, const char *format, ...)
{
    char message[LAB_TEXT_BYTES / 4];
    FORMAT_MESSAGE(message, format);
    fail(where, (struct failure_text){message, "", ""});
}

void lab_differ_at(struct lab_where where, const char *what,
                   const char *expected, const char *actual)
{
    fail(where, (struct failure_text){what, expected, actual});
}

void lab_check_failed(struct lab_where where, const char *format, ...)
{
    char message[LAB_TEXT_BYTES / 8], sentence[LAB_TEXT_BYTES / 4];
    FORMAT_MESSAGE(message, format);
    snprintf(sentence, sizeof sentence, "not so: %s", message);
    fail(where, (struct failure_text){sentence, "", ""});
}

void lab_until_failed(struct lab_where where, const char *format, ...)
{
    char message[LAB_TEXT_BYTES / 8], sentence[LAB_TEXT_BYTES / 4];
    FORMAT_MESSAGE(message, format);
    snprintf(sentence, sizeof sentence, "not so after %s: %s",
             lab_patience_text(), message);
    fail(where, (struct failure_text){sentence, "", ""});
}

/* ---- Integers ---- */

void lab_equal_at(struct lab_where where, intmax_t actual, intmax_t expected,
                  const char *format, ...)
{
    char message[LAB_TEXT_BYTES / 4];
    if (actual == expected)
        return;
    FORMAT_MESSAGE(message, format);
    fail(where, (struct failure_text){message, lab_number(expected),
                                      lab_number(actual)});
}

void lab_same_number_at(struct lab_where where, intmax_t actual,
                        intmax_t expected, const char *format, ...)
{
    char message[LAB_TEXT_BYTES / 4], is[32], should[32];
    if (actual == expected)
        return;
    FORMAT_MESSAGE(message, format);
    snprintf(is, sizeof is, "%jd", actual);
    snprintf(should, sizeof should, "%jd", expected);
    fail(where, (struct failure_text){message, should, is});
}

void lab_bound_at(struct lab_where where, intmax_t actual, int direction,
                  intmax_t limit, const char *format, ...)
{
    char message[LAB_TEXT_BYTES / 4], should[64];
    if (direction < 0 ? actual <= limit : actual >= limit)
        return;
    FORMAT_MESSAGE(message, format);
    snprintf(should, sizeof should, "at %s %s",
             direction < 0 ? "most" : "least", lab_number(limit));
    fail(where, (struct failure_text){message, should, lab_number(actual)});
}

/* ---- Text and bytes ---- */

/* Text in quotes, with escapes, cut at the size. */
static void quote(char *to, size_t size, const char *from)
{
    size_t n = 0;
    if (from == NULL) {
        snprintf(to, size, "NULL");
        return;
    }
    to[n++] = '"';
    for (; *from != '\0' && n + 8 < size; from++) {
        unsigned char c = (unsigned char)*from;
        if (c == '\n')
            n += (size_t)sprintf(to + n, "\\n");
        else if (c == '\r')
            n += (size_t)sprintf(to + n, "\\r");
        else if (c == '"' || c == '\\')
            n += (size_t)sprintf(to + n, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            n += (size_t)sprintf(to + n, "\\x%02x", c);
        else
            to[n++] = (char)c;
    }
    snprintf(to + n, size - n, *from != '\0' ? "…\"" : "\"");
}

void lab_same_text_at(struct lab_where where, const char *actual,
                      const char *expected, const char *format, ...)
{
    char message[LAB_TEXT_BYTES / 4], is[1024], should[1024];
    if (actual != NULL && expected != NULL && strcmp(actual, expected) == 0)
        return;
    FORMAT_MESSAGE(message, format);
    quote(is, sizeof is, actual);
    quote(should, sizeof should, expected);
    fail(where, (struct failure_text){message, should, is});
}

/* One row of hex and ASCII from offset on. */
static void show_bytes(char *to, size_t size, struct lab_bytes bytes,
                       size_t offset)
{
    const unsigned char *data = bytes.data;
    char text[SHOWN_BYTES + 1] = "";
    size_t n = 0, shown = 0;

    if (offset >= bytes.len) {
        snprintf(to, size, "nothing: it ends after %s",
                 lab_count((intmax_t)bytes.len, "byte"));
        return;
    }
    for (; shown < SHOWN_BYTES && offset + shown < bytes.len; shown++) {
        unsigned char c = data[offset + shown];
        n += (size_t)snprintf(to + n, size - n, "%02x ", c);
        text[shown] = isprint(c) ? (char)c : '.';
    }
    text[shown] = '\0';
    snprintf(to + n, size - n, " |%s|", text);
}

static size_t first_difference(struct lab_bytes a, struct lab_bytes b)
{
    const unsigned char *left = a.data, *right = b.data;
    size_t least = a.len < b.len ? a.len : b.len, i = 0;
    while (i < least && left[i] == right[i])
        i++;
    return i;
}

void lab_same_bytes_at(struct lab_where where, struct lab_bytes actual,
                       struct lab_bytes expected, const char *format, ...)
{
    char message[LAB_TEXT_BYTES / 8], is[256], should[256];
    char sentence[LAB_TEXT_BYTES / 4];
    if (actual.len == expected.len &&
        (actual.len == 0 ||
         memcmp(actual.data, expected.data, actual.len) == 0))
        return;
    FORMAT_MESSAGE(message, format);
    size_t at = first_difference(actual, expected);
    if (actual.len == expected.len)
        snprintf(
            sentence, sizeof sentence,
            "%s: of %s, number %s is the first that differs (counted from 0)",
            message, lab_count((intmax_t)expected.len, "byte"),
            lab_number((intmax_t)at));
    else
        snprintf(sentence, sizeof sentence,
                 "%s: %s of %s are there, and they differ from number %s on "
                 "(counted from 0)",
                 message, lab_number((intmax_t)actual.len),
                 lab_count((intmax_t)expected.len, "byte"),
                 lab_number((intmax_t)at));
    show_bytes(is, sizeof is, actual, at);
    show_bytes(should, sizeof should, expected, at);
    fail(where, (struct failure_text){sentence, should, is});
}

/* ---- Results of calls ---- */

const char *lab_errno_text(int error)
{
    static _Thread_local char text[128];
    int positive = error < 0 ? -error : error;
    const char *name = strerrorname_np(positive);
    if (name == NULL)
        snprintf(text, sizeof text, "%d, which is no errno", error);
    else
        snprintf(text, sizeof text, "%s (%s)", name, strerror(positive));
    return text;
}

/* "-ENOENT (No such file or directory)", or the number where it is none. */
static void show_result(char *to, size_t size, int result)
{
    if (result == -ENOSYS)
        snprintf(to, size, "-ENOSYS: this function is not written yet");
    else if (result < 0)
        snprintf(to, size, "-%s", lab_errno_text(result));
    else
        snprintf(to, size, "%d", result);
}

int lab_ok_at(struct lab_where where, int result, const char *call)
{
    char is[160], sentence[512];
    if (result >= 0)
        return result;
    show_result(is, sizeof is, result);
    snprintf(sentence, sizeof sentence, "%s", call);
    fail(where, (struct failure_text){sentence, "no error", is});
}

void lab_error_at(struct lab_where where, int result, int expected,
                  const char *call)
{
    char is[160], should[160], sentence[512];
    if (result == expected)
        return;
    show_result(is, sizeof is, result);
    show_result(should, sizeof should, expected);
    snprintf(sentence, sizeof sentence, "%s", call);
    fail(where, (struct failure_text){sentence, should, is});
}

long lab_sys_at(struct lab_where where, long result, const char *call)
{
    char is[160], sentence[512];
    if (result != -1)
        return result;
    snprintf(is, sizeof is, "-1, %s", lab_errno_text(errno));
    snprintf(sentence, sizeof sentence, "the test's own call failed: %s", call);
    fail(where, (struct failure_text){sentence, "no error", is});
}

void lab_cannot_run_at(const char *why, const char *command)
{
    snprintf(lab_page->not_run_why, sizeof lab_page->not_run_why, "%s", why);
    snprintf(lab_page->not_run_command, sizeof lab_page->not_run_command, "%s",
             command);
    if (lab_page->current >= 0)
        lab_page->tests[lab_page->current].state = LAB_TEST_NOT_RUN;
    _exit((int)lab_page->exit_code);
}

/* ---- The transcript ---- */

void lab_note(const char *format, ...)
{
    char line[NOTE_BYTES_MAX + 1];
    FORMAT_MESSAGE(line, format);
    size_t len = strlen(line);
    for (size_t i = 0; i < len; i++)
        if (line[i] == '\n')
            line[i] = ' ';
    line[len++] = '\n';
    uint32_t at = __atomic_fetch_add(&lab_page->transcript_len, (uint32_t)len,
                                     __ATOMIC_RELAXED);
    if (at + len <= LAB_TRANSCRIPT_BYTES)
        memcpy(lab_page->transcript + at, line, len);
    if (lab_debugging)
        printf("  %.*s", (int)len, line); /* no '\0' ends it */
}

/* ---- Waiting ---- */

int lab_patience_ms = LAB_PATIENCE_MS;

const char *lab_patience_text(void)
{
    static _Thread_local char text[80];
    snprintf(text, sizeof text, "%g s, the test's limit against hanging",
             lab_patience_ms / 1000.0);
    return text;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

void lab_patience_start(struct lab_patience *patience)
{
    patience->until_ms = now_ms() + lab_patience_ms;
    patience->pause_ns = 50000;
}

bool lab_patience_left(struct lab_patience *patience)
{
    /* Somebody else of this test has failed: that is the reason to tell. */
    if (__atomic_load_n(&lab_page->failure.ready, __ATOMIC_ACQUIRE))
        end_process();
    if (now_ms() >= patience->until_ms)
        return false;
    struct timespec pause = {0, patience->pause_ns};
    nanosleep(&pause, NULL);
    if (patience->pause_ns < 5000000)
        patience->pause_ns *= 2;
    return true;
}

/* ---- The plain report of a bare run ---- */

static void print_transcript(void)
{
    const char *text = lab_page->transcript;
    size_t len = lab_page->transcript_len;
    int number = 1;
    if (len > LAB_TRANSCRIPT_BYTES)
        len = LAB_TRANSCRIPT_BYTES;
    for (const char *end; len > 0; len -= (size_t)(end - text), text = end) {
        const char *newline = memchr(text, '\n', len);
        if (newline == NULL)
            return;
        end = newline + 1;
        printf("  %3d  %.*s\n", number++, (int)(newline - text), text);
    }
}

static int count_not_run(void)
{
    int count = 0;
    for (uint32_t i = 0; i < lab_page->registered; i++)
        count += lab_page->tests[i].state == LAB_TEST_NOT_RUN;
    return count;
}

void lab_print_result(const char *step, bool passed)
{
    const struct lab_shared_failure *f = &lab_page->failure;
    int tests = (int)lab_page->registered, not_run = count_not_run();
    int current = f->claimed ? f->test : lab_page->current;

    if (passed) {
        printf("%-16s %d passed", step, tests - not_run);
        if (not_run > 0)
            printf(", %d not run: %s", not_run, lab_page->not_run_why);
        putchar('\n');
        return;
    }
    printf("%-16s FAILED", step);
    if (current >= 0)
        printf("  %s", lab_page->tests[current].name);
    putchar('\n');
    print_transcript();
    if (f->ready)
        print_failure(stdout, f);
    else
        printf("  %s\n", lab_page->early_end);
    printf("    again: --step %s --seed %" PRIu64 "\n", step, lab_page->seed);
}
