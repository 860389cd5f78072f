/* recent_test.c: the last lines of a log, compared with all of its lines. */
#include "steps.h"

#include "lab.h"
#include "memory.h"
#include "warm_up.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINES_PUSHED 400
#define LINE_BYTES 24

static struct warm_recent *new_recent(size_t capacity)
{
    struct warm_recent *r = NULL;

    lab_note("keep the last %zu lines", capacity);
    lab_ok(warm_recent_new(&r, capacity));
    return r;
}

/* Push a line from a buffer that is used again at once: the line is copied. */
static void push(struct warm_recent *r, const char *text)
{
    char line[LINE_BYTES + 1];

    snprintf(line, sizeof line, "%s", text);
    lab_ok(warm_recent_push(r, line));
    memset(line, '#', strlen(line));
}

/* What is kept are the last of these `count` lines, and the width is theirs. */
static void expect_last(const struct warm_recent *r, size_t capacity,
                        char lines[][LINE_BYTES + 1], size_t count)
{
    size_t kept = count < capacity ? count : capacity;
    size_t width = 0;

    lab_equal(warm_recent_count(r), kept, "lines kept after %zu", count);
    for (size_t i = 0; i < kept; i++) {
        const char *line = lines[count - kept + i];
        lab_same_text(warm_recent_line(r, i), line, "kept line %zu", i);
        width = strlen(line) > width ? strlen(line) : width;
    }
    lab_equal(warm_recent_width(r), width, "length of the longest line kept");
}

/* Lines come out as they went in, the oldest first, also after many rounds. */
STEP_TEST(the_last_lines_are_kept)
{
    struct warm_recent *r = new_recent(2);

    lab_equal(warm_recent_width(r), 0, "length of the longest of no lines");
    for (int i = 0; i < 3; i++) {
        push(r, "GET /a");
        push(r, "GET /b");
    }
    lab_same_text(warm_recent_line(r, 0), "GET /a", "the oldest line");
    lab_same_text(warm_recent_line(r, 1), "GET /b", "the newest line");
    warm_recent_free(r);
    warm_recent_free(NULL);
}

/* When the longest line goes, the next longest of those kept is it. */
STEP_TEST(the_longest_line_may_go)
{
    struct warm_recent *r = new_recent(2);

    lab_note("push a line of 5, one of 16 and one of 6 bytes: the first goes");
    push(r, "GET /");
    push(r, "GET /favicon.ico");
    push(r, "POST /");
    lab_equal(warm_recent_width(r), 16, "length of the longest line kept");
    lab_note("push one of 5 bytes: the longest goes");
    push(r, "GET /");
    lab_equal(warm_recent_width(r), 6, "length of the longest line kept");
    warm_recent_free(r);
}

/* Lines of random lengths in rings of every size, compared after each push. */
STEP_TEST(every_push_keeps_the_right_lines)
{
    static char lines[LINES_PUSHED][LINE_BYTES + 1];
    struct lab_random random;

    lab_random_init(&random, 2);
    for (size_t i = 0; i < LINES_PUSHED; i++)
        memset(lines[i], 'a' + (int)(i % 26),
               lab_random_below(&random, LINE_BYTES + 1));
    for (size_t capacity = 1; capacity <= 9; capacity++) {
        struct warm_recent *r = new_recent(capacity);
        for (size_t i = 0; i < LINES_PUSHED; i++) {
            push(r, lines[i]);
            expect_last(r, capacity, lines, i + 1);
        }
        warm_recent_free(r);
    }
}

/* Without memory there is no ring, and *out is as it was. Returns whether an
 * allocation failed at all. */
static bool new_without_memory(unsigned long k)
{
    struct warm_recent *r = NULL;

    lab_note("allocation %lu of warm_recent_new() fails", k);
    memory_fail(k);
    int result = warm_recent_new(&r, 2);
    bool failed = memory_failed();
    if (result < 0) {
        lab_error_at(LAB_HERE, result, -ENOMEM, "warm_recent_new(&r, 2)");
        lab_check(r == NULL, "*out is as it was after an error");
    }
    warm_recent_free(r);
    return failed;
}

/* Without memory a push changes nothing. Returns whether an allocation failed
 * at all. */
static bool push_without_memory(unsigned long k)
{
    struct warm_recent *r = new_recent(2);

    push(r, "GET /favicon.ico");
    push(r, "POST /");
    lab_note("push a third line, and allocation %lu of that fails", k);
    memory_fail(k);
    int result = warm_recent_push(r, "GET /");
    bool failed = memory_failed();
    if (result < 0) {
        lab_error_at(LAB_HERE, result, -ENOMEM,
                     "warm_recent_push(r, \"GET /\")");
        lab_equal(warm_recent_count(r), 2, "lines kept after the error");
        lab_same_text(warm_recent_line(r, 0), "GET /favicon.ico",
                      "the oldest line after the error");
        lab_same_text(warm_recent_line(r, 1), "POST /",
                      "the newest line after the error");
        lab_equal(warm_recent_width(r), 16,
                  "length of the longest line kept after the error");
    } else {
        lab_same_text(warm_recent_line(r, 1), "GET /", "the newest line");
    }
    warm_recent_free(r);
    return failed;
}

/* Where an allocation fails, that is told, and nothing has changed. */
STEP_TEST(without_memory_nothing_changes)
{
    for (unsigned long k = 1; new_without_memory(k); k++)
        continue;
    for (unsigned long k = 1; push_without_memory(k); k++)
        continue;
}

void add_recent_tests(void)
{
    lab_test(the_last_lines_are_kept);
    lab_test(the_longest_line_may_go);
    lab_test(every_push_keeps_the_right_lines);
    lab_test(without_memory_nothing_changes);
}
