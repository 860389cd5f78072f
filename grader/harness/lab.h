/*
 * lab.h: what a week's test program is written with.
 *
 * A test program is one file, tests/NAME_test.c. Each of its tests is a claim:
 *
 *     // The greeting arrives whole, and then the connection ends.
 *     STEP_TEST(greeting_arrives_and_connection_ends)
 *     {
 *         lab_note("the client connects to 127.0.0.1:%d", port);
 *         lab_ok(echo_hello(listener));
 *         lab_same_text(line, "hello\n", "the client's first line");
 *     }
 *
 *     int main(int argc, char **argv)
 *     {
 *         lab_step("hello");
 *         lab_test(greeting_arrives_and_connection_ends);
 *         lab_step("listen");
 *         ...
 *         return lab_main(argc, argv);
 *     }
 *
 * Every test runs in a process of its own (libcheck forks it) and ends at its
 * first unmet expectation. What it noted up to there is its transcript, which
 * the report shows numbered; so note what the test does, in the words of the
 * handout, before doing it. Notes and failures are kept in memory shared with
 * the grader (lab_shared.h): a crash loses none of them.
 *
 * Threads: all of it may be called from any thread, and from any process that
 * a test forks; a failure there fails the test as well.
 *
 * Run bare (`make test` in a week's folder, or under gdb) the program prints
 * the same to its standard output. Its arguments are
 *     --step NAME   only that step        --test NAME   only that test
 *     --seed N      draw the same random values again
 *     --list        the names of the steps, a line each
 */
#ifndef LAB_H
#define LAB_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How long a test waits for something that must come, in milliseconds. It is
 * no measure of speed: it only ends a wait for what will never happen. */
#define LAB_PATIENCE_MS 10000

/* ---- Registry: which tests there are, in the order of the steps ---- */

struct lab_test {
    const char *name;
    void (*body)(void);
    const char *file;
    int line;
};

/* Define one test. An unregistered one is a compile error (unused). */
#define STEP_TEST(test_name)                                                \
    static void test_name##_body(void);                                     \
    static const struct lab_test test_name = {#test_name, test_name##_body, \
                                              __FILE__, __LINE__};          \
    static void test_name##_body(void)

/* Begin a step; its name is the manifest's. The tests after it belong to it. */
void lab_step(const char *name);

/*
 * From here to the next lab_step, run set_up before and tear_down after each
 * test, in the test's own process. Either may be NULL. tear_down does not run
 * after a failure: what a test leaves behind ends with its sandbox.
 */
void lab_fixture(void (*set_up)(void), void (*tear_down)(void));

#define lab_test(test_name) lab_test_add(&(test_name))
void lab_test_add(const struct lab_test *test);

/* Run what argv asks for. Returns the exit status of main. */
int lab_main(int argc, char **argv);

/* ---- The transcript ---- */

/* Add one numbered line: what the test does next. Long lines are cut. */
void lab_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Numbers as every report writes them, for notes and messages: "1,000", and
 * with what is counted "1 thread", "2 threads". Borrowed until the same
 * thread's eighth next call of either.
 */
const char *lab_number(intmax_t number);
const char *lab_count(intmax_t count, const char *noun);

/* ---- Expectations: each ends the test if it is not met ----
 *
 * The last arguments are a printf format and its values: what is expected, in
 * words, as a noun phrase ("bytes that came back", "the listener's port").
 */

/* Fail: say in one sentence what went wrong. */
#define lab_fail(...) lab_fail_at(LAB_HERE, __VA_ARGS__)

/*
 * The condition holds. The message says what should be, as a sentence; it is
 * all that the report shows, so say it in the handout's words. Where there are
 * two values to show, use one of the others.
 */
#define lab_check(condition, ...)                    \
    do {                                             \
        if (!(condition))                            \
            lab_check_failed(LAB_HERE, __VA_ARGS__); \
    } while (0)

/* Two integers are equal. Both are shown, as "1,000"; a number that counts
 * nothing (a port, a descriptor) is for lab_same_number. */
#define lab_equal(actual, expected, ...)                             \
    lab_equal_at(LAB_HERE, (intmax_t)(actual), (intmax_t)(expected), \
                 __VA_ARGS__)

/* The same, shown as "1000". */
#define lab_same_number(actual, expected, ...)                             \
    lab_same_number_at(LAB_HERE, (intmax_t)(actual), (intmax_t)(expected), \
                       __VA_ARGS__)

/* actual <= limit, actual >= limit. Both are shown. */
#define lab_at_most(actual, limit, ...)                               \
    lab_bound_at(LAB_HERE, (intmax_t)(actual), -1, (intmax_t)(limit), \
                 __VA_ARGS__)
#define lab_at_least(actual, limit, ...)                             \
    lab_bound_at(LAB_HERE, (intmax_t)(actual), 1, (intmax_t)(limit), \
                 __VA_ARGS__)

/* Two strings are equal; control characters are shown as escapes. */
#define lab_same_text(actual, expected, ...) \
    lab_same_text_at(LAB_HERE, (actual), (expected), __VA_ARGS__)

/* Two byte strings are equal; shown in hex around the first difference. */
#define lab_same_bytes(actual, actual_len, expected, expected_len, ...)     \
    lab_same_bytes_at(LAB_HERE, (struct lab_bytes){(actual), (actual_len)}, \
                      (struct lab_bytes){(expected), (expected_len)},       \
                      __VA_ARGS__)

/*
 * A call of the member's that returns 0, a count or a descriptor: it did not
 * return an error. Gives its value. -ENOSYS is reported as "not written yet".
 */
#define lab_ok(call) lab_ok_at(LAB_HERE, (call), #call)

/* A call of the member's returned exactly this -errno: lab_error(f(), -EPIPE)
 */
#define lab_error(call, expected) \
    lab_error_at(LAB_HERE, (call), expected, #call)

/* A system call of the test's own succeeded (is not -1). Gives its value. */
#define lab_sys(call) lab_sys_at(LAB_HERE, (call), #call)

/*
 * Wait until the condition holds, asking again and again, LAB_PATIENCE_MS at
 * most. For states that nothing announces (a count in /proc); where something
 * can be read, read it instead. The message is a sentence: what should become
 * true.
 */
#define lab_until(condition, ...)                        \
    do {                                                 \
        struct lab_patience lab_patience_;               \
        lab_patience_start(&lab_patience_);              \
        while (!(condition))                             \
            if (!lab_patience_left(&lab_patience_))      \
                lab_until_failed(LAB_HERE, __VA_ARGS__); \
    } while (0)

/*
 * End this test as not run: what is missing here, and the command that brings
 * it. It is neither passed nor failed; the report says so.
 */
#define lab_cannot_run(why, command) lab_cannot_run_at(why, command)

/* ---- Random values, the same again for the same seed ---- */

/* The seed of this run; shown with every failure. */
uint64_t lab_seed(void);

/* A stream of random numbers. Not for use by two threads at once. */
struct lab_random {
    uint64_t state;
};

/* Start a stream: the run's seed, the test's name and `stream` decide it. */
void lab_random_init(struct lab_random *random, uint64_t stream);
uint64_t lab_random_next(struct lab_random *random);
/* A number from 0 to bound - 1. Requires: bound > 0. */
uint64_t lab_random_below(struct lab_random *random, uint64_t bound);
void lab_random_fill(struct lab_random *random, void *data, size_t len);

/* ---- Where things are ---- */

/*
 * The path of a program that a week ends in: lab_program("echo"). What
 * `--program=` named stands in its place. Borrowed until the process ends.
 */
const char *lab_program(const char *name);

/* A private folder for files of the tests, writable, empty at the start of a
 * run. Borrowed until the process ends. */
const char *lab_tmp(void);

/* ---- Behind the macros ---- */

struct lab_where {
    const char *file;
    int line;
};
#define LAB_HERE ((struct lab_where){__FILE__, __LINE__})

struct lab_bytes {
    const void *data;
    size_t len;
};

struct lab_patience {
    int64_t until_ms;
    int64_t pause_ns;
};
void lab_patience_start(struct lab_patience *patience);
/* Pause a little; false when LAB_PATIENCE_MS have passed since the start. */
bool lab_patience_left(struct lab_patience *patience);

_Noreturn void lab_fail_at(struct lab_where where, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
_Noreturn void lab_check_failed(struct lab_where where, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
_Noreturn void lab_until_failed(struct lab_where where, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void lab_equal_at(struct lab_where where, intmax_t actual, intmax_t expected,
                  const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void lab_same_number_at(struct lab_where where, intmax_t actual,
                        intmax_t expected, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void lab_bound_at(struct lab_where where, intmax_t actual, int direction,
                  intmax_t limit, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void lab_same_text_at(struct lab_where where, const char *actual,
                      const char *expected, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void lab_same_bytes_at(struct lab_where where, struct lab_bytes actual,
                       struct lab_bytes expected, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int lab_ok_at(struct lab_where where, int result, const char *call);
void lab_error_at(struct lab_where where, int result, int expected,
                  const char *call);
long lab_sys_at(struct lab_where where, long result, const char *call);
_Noreturn void lab_cannot_run_at(const char *why, const char *command);

/*
 * The same expectations for harness code that checks on behalf of a test and
 * wants the test's line in the report: it takes a struct lab_where and fails
 * there with both values as text.
 */
_Noreturn void lab_differ_at(struct lab_where where, const char *what,
                             const char *expected, const char *actual);

/* "EADDRINUSE (Address already in use)" for EADDRINUSE or -EADDRINUSE.
 * Borrowed until the same thread's next call. */
const char *lab_errno_text(int error);

#endif
