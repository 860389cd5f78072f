/*
 * lab_shared.h: the page that grader, waiter and test program share.
 *
 * The grader makes it (memfd), draws exit_code and token, and hands it down as
 * the file descriptor named in LAB_SHARED_FD. The test program maps it, closes
 * the descriptor, and writes here what it did; the waiter writes how the test
 * program ended. The verdict is computed from this page by the grader alone:
 *
 *  1. A test has passed only if its process wrote its token (LAB_TOKEN_OF)
 *     after set-up, body and tear-down, and ended with exit_code.
 *  2. A step has passed only if every registered test has passed or was
 *     marked as not run, at least one has passed, nothing failed, the runner
 *     itself ended with exit_code, and no sanitizer left a report.
 *
 * The tested code runs in a process that maps this page too, so the rule
 * guards against accidents of every kind, not against a forger who reads this
 * header; whoever wants a pass that badly can also edit the report.
 *
 * Text here is for display only.
 */
#ifndef LAB_SHARED_H
#define LAB_SHARED_H

#include <assert.h>
#include <stdint.h>

#define LAB_SHARED_FD "LAB_SHARED_FD" /* environment: the page's descriptor */
#define LAB_PROGRAMS "LAB_PROGRAMS"   /* environment: folder of programs */
#define LAB_TMP "LAB_TMP"             /* environment: the tests' folder */
#define LAB_REPORTS "LAB_REPORTS"     /* environment: sanitizers write here */

#define LAB_SHARED_MAGIC 0x3162616cu /* "lab1" */
#define LAB_TESTS_MAX 48
#define LAB_NAME_BYTES 96
#define LAB_TEXT_BYTES 4096
#define LAB_TRANSCRIPT_BYTES 32768

#define LAB_TOKEN_OF(token, index) ((token) ^ ((uint64_t)(index) + 1))

enum lab_test_state {
    LAB_TEST_WAITING = 0, /* registered, not begun */
    LAB_TEST_STARTED = 1,
    LAB_TEST_BODY_DONE = 2, /* body and tear-down returned */
    LAB_TEST_NOT_RUN = 3,   /* lab_cannot_run */
};

struct lab_shared_test {
    char name[LAB_NAME_BYTES];
    char file[LAB_NAME_BYTES];
    int32_t line;
    uint32_t state; /* enum lab_test_state */
    uint64_t token; /* LAB_TOKEN_OF(token, index) when it passed */
};

/* How the waiter saw the test program end. */
enum lab_end {
    LAB_END_UNKNOWN = 0, /* the waiter itself was killed */
    LAB_END_EXITED = 1,
    LAB_END_SIGNALLED = 2,
    LAB_END_MEMORY = 3,     /* ended by the waiter: too much memory */
    LAB_END_NOT_EXECED = 4, /* the test program could not be started */
    LAB_END_TIMEOUT = 5     /* ended by the waiter: the step's limit */
};

/* One failed expectation, as text. The first failure of a run is kept. */
struct lab_shared_failure {
    uint32_t claimed; /* 0 until the first failure takes the place */
    uint32_t ready;   /* 1 when the texts below are complete */
    int32_t test;     /* index into tests, -1 outside a test */
    int32_t line;
    char file[LAB_NAME_BYTES];
    char what[LAB_TEXT_BYTES / 4]; /* the sentence */
    char expected[LAB_TEXT_BYTES]; /* empty where there are no two values */
    char actual[LAB_TEXT_BYTES];
};

struct lab_shared {
    /* written by the grader before the start */
    uint32_t magic;
    uint32_t exit_code; /* 2 to 127, not 66, not 77 */
    uint64_t token;
    uint64_t seed;

    /* written by the test program */
    uint32_t registered;
    uint32_t finished;   /* tests that libcheck reports as finished */
    int32_t current;     /* the test that runs, -1 between tests */
    int32_t failed_test; /* the first that failed, as index + 1; 0: none */
    struct lab_shared_test tests[LAB_TESTS_MAX];
    struct lab_shared_failure failure;
    char early_end[LAB_TEXT_BYTES / 4]; /* libcheck's words on a lost child */
    char not_run_why[LAB_TEXT_BYTES / 4];
    char not_run_command[LAB_TEXT_BYTES / 4];
    uint32_t transcript_len; /* bytes reserved, may exceed the array */
    char transcript[LAB_TRANSCRIPT_BYTES]; /* lines, each ended by '\n' */

    /* written by the waiter */
    uint32_t end;      /* enum lab_end */
    int32_t end_value; /* exit status, signal or errno, after `end` */
};

static_assert(sizeof(struct lab_shared) % 8 == 0, "shared page layout");

#endif
