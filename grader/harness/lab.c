/*
 * lab.c: the registry of tests, one test's life, and the runner's main.
 *
 * The runner (lab_main) maps the shared page, registers the tests of the asked
 * step there and lets libcheck fork a process for each. In that process
 * lab_run_one() runs set-up, body and tear-down, writes the test's token and
 * exits with the code drawn for this run. libcheck accepts no other exit
 * status, the grader no missing token: an early exit(0) satisfies neither.
 *
 * Invariants
 *  1. The first failure of a run is kept, whichever process or thread met it.
 *  2. After it, no further test body runs.
 *  3. The runner itself never runs the member's code.
 */
#include "fault.h"
#include "lab_internal.h"
#include "proc.h"

#include <check.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#define REGISTRY_MAX 256
#define WATCHED_FDS 64   /* descriptors that a test must leave open */
#define CHILDREN_MS 1000 /* what a forgotten child gets at a test's end */

struct registered {
    const char *step;
    const struct lab_test *test;
    void (*set_up)(void);
    void (*tear_down)(void);
};

static struct registered registry[REGISTRY_MAX];
static int registry_count;
static const char *building_step;
static void (*building_set_up)(void);
static void (*building_tear_down)(void);

/* What the current step runs: indexes into registry, as in shared->tests. */
static int chosen[LAB_TESTS_MAX];
static int chosen_count;

struct lab_shared *lab_page;
bool lab_debugging;

/* ---- Registry ---- */

void lab_step(const char *name)
{
    building_step = name;
    building_set_up = NULL;
    building_tear_down = NULL;
}

void lab_fixture(void (*set_up)(void), void (*tear_down)(void))
{
    building_set_up = set_up;
    building_tear_down = tear_down;
}

void lab_test_add(const struct lab_test *test)
{
    if (building_step == NULL || registry_count == REGISTRY_MAX) {
        fprintf(stderr, "lab: %s: no step begun, or too many tests\n",
                test->name);
        exit(2);
    }
    registry[registry_count++] = (struct registered){
        building_step, test, building_set_up, building_tear_down};
}

/* ---- One test, in its own process ---- */

static void note_open_fds(bool open_fds[WATCHED_FDS])
{
    for (int fd = 0; fd < WATCHED_FDS; fd++)
        open_fds[fd] = fcntl(fd, F_GETFD) != -1;
}

static struct lab_where place_of(int index)
{
    const struct lab_test *test = registry[chosen[index]].test;
    return (struct lab_where){test->file, test->line};
}

/* A closed descriptor of the runner's would lose libcheck's messages. */
static void check_open_fds(int index, const bool open_fds[WATCHED_FDS])
{
    for (int fd = 0; fd < WATCHED_FDS; fd++)
        if (open_fds[fd] && fcntl(fd, F_GETFD) == -1)
            lab_fail_at(place_of(index),
                        "descriptor %d was closed: it was open before the code "
                        "ran, so it is not the code's to close",
                        fd);
}

static void run_body(const struct registered *r)
{
    if (r->set_up != NULL)
        r->set_up();
    r->test->body();
    if (r->tear_down != NULL)
        r->tear_down();
}

static void begin_test(int index)
{
    lab_page->current = index;
    lab_page->transcript_len = 0;
    lab_page->tests[index].state = LAB_TEST_STARTED;
    fault_begin();
}

/* What a test forked and did not wait for may be about to fail: it gets a
 * moment to come to its end. Nothing has to be left, so this is rarely met. */
static void await_children(void)
{
    struct lab_patience patience;
    pid_t pid;
    lab_patience_start(&patience);
    patience.until_ms -= lab_patience_ms - CHILDREN_MS;
    do
        pid = waitpid(-1, NULL, WNOHANG);
    while (pid > 0 || (pid == 0 && lab_patience_left(&patience)));
}

/* Only the process that began the test may end it: a forked one that returns
 * out of the member's code would otherwise write the token too. */
static _Noreturn void end_test(int index, pid_t began)
{
    if (getpid() != began) {
        lab_page->current = index; /* the other one may have come here before */
        lab_fail_at(place_of(index),
                    "a process that the code forked returned into the test; a "
                    "child ends with _exit");
    }
    proc_kill_all();
    await_children();
    lab_page->tests[index].state = LAB_TEST_BODY_DONE;
    lab_page->tests[index].token = LAB_TOKEN_OF(lab_page->token, index);
    lab_page->current = -1;
    exit((int)lab_page->exit_code);
}

START_TEST(lab_run_one)
{
    bool open_fds[WATCHED_FDS];
    pid_t began = getpid();

    begin_test(_i);
    note_open_fds(open_fds);
    run_body(&registry[chosen[_i]]);
    check_open_fds(_i, open_fds);
    end_test(_i, began);
}
END_TEST

/* ---- The runner ---- */

static void draw(void *data, size_t len)
{
    if (getrandom(data, len, 0) != (ssize_t)len) {
        perror("lab: getrandom");
        exit(2);
    }
}

/* A page of our own, for a run without the grader. */
static void make_page(uint64_t seed)
{
    lab_page = mmap(NULL, sizeof *lab_page, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (lab_page == MAP_FAILED) {
        perror("lab: mmap");
        exit(2);
    }
    lab_page->magic = LAB_SHARED_MAGIC;
    draw(&lab_page->token, sizeof lab_page->token);
    lab_page->exit_code = 100 + (uint32_t)(lab_page->token % 27);
    lab_page->seed = seed;
    lab_page->current = -1;
}

/* The grader's page; the descriptor is not left to the tested code. */
static bool map_page(void)
{
    const char *fd_text = getenv(LAB_SHARED_FD);
    if (fd_text == NULL)
        return false;
    int fd = atoi(fd_text);
    lab_page =
        mmap(NULL, sizeof *lab_page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (lab_page == MAP_FAILED || lab_page->magic != LAB_SHARED_MAGIC) {
        fprintf(stderr, "lab: %s=%s is not the grader's page\n", LAB_SHARED_FD,
                fd_text);
        exit(2);
    }
    close(fd);
    unsetenv(LAB_SHARED_FD);
    return true;
}

static void copy_name(char *to, const char *from)
{
    snprintf(to, LAB_NAME_BYTES, "%s", from);
}

/* Put the tests of a step on the page. test_name NULL: all of them. */
static void choose(const char *step, const char *test_name)
{
    chosen_count = 0;
    for (int i = 0; i < registry_count; i++) {
        const struct lab_test *test = registry[i].test;
        if (strcmp(registry[i].step, step) != 0 ||
            (test_name != NULL && strcmp(test->name, test_name) != 0))
            continue;
        if (chosen_count == LAB_TESTS_MAX) {
            fprintf(stderr, "lab: step %s has over %d tests\n", step,
                    LAB_TESTS_MAX);
            exit(2);
        }
        struct lab_shared_test *record = &lab_page->tests[chosen_count];
        memset(record, 0, sizeof *record);
        copy_name(record->name, test->name);
        copy_name(record->file, test->file);
        record->line = test->line;
        chosen[chosen_count++] = i;
    }
    lab_page->registered = (uint32_t)chosen_count;
}

/* libcheck's words for a process that ended without a failed expectation. */
static void keep_early_end(SRunner *runner)
{
    TestResult **results = srunner_results(runner);
    if (srunner_ntests_run(runner) == 1 && tr_rtype(results[0]) != CK_PASS)
        snprintf(lab_page->early_end, sizeof lab_page->early_end, "%s",
                 tr_msg(results[0]));
    free(results);
}

/* It came to its end, or could not run: no process has left it by guessing the
 * exit code. */
static bool came_to_its_end(int index)
{
    const struct lab_shared_test *test = &lab_page->tests[index];
    return test->state == LAB_TEST_NOT_RUN ||
           test->token == LAB_TOKEN_OF(lab_page->token, index);
}

/* Run one test in its own process. */
static bool run_test(int index)
{
    Suite *suite = suite_create("week");
    TCase *tcase = tcase_create(lab_page->tests[index].name);
    tcase_set_timeout(tcase, 0); /* the grader limits the step as a whole */
    tcase_add_loop_exit_test(tcase, lab_run_one, (int)lab_page->exit_code,
                             index, index + 1);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_SILENT);
    lab_page->finished += (uint32_t)srunner_ntests_run(runner);
    keep_early_end(runner);
    bool passed = srunner_ntests_run(runner) == 1 &&
                  srunner_ntests_failed(runner) == 0 &&
                  came_to_its_end(index) && !lab_page->failure.claimed &&
                  !lab_has_reports();
    srunner_free(runner);
    return passed;
}

/* Run the chosen tests up to the first that fails. True if all passed. */
static bool run_step(void)
{
    for (int i = 0; i < chosen_count; i++)
        if (!run_test(i)) {
            lab_page->failed_test = i + 1;
            return false;
        }
    return chosen_count > 0;
}

/* Without libcheck and without a fork: what gdb wants to see. */
static void run_in_debugger(void)
{
    lab_debugging = true;
    for (int i = 0; i < chosen_count; i++) {
        begin_test(i);
        printf("test %s\n", lab_page->tests[i].name);
        run_body(&registry[chosen[i]]);
    }
    puts("every test of the step has returned");
}

struct arguments {
    const char *step, *test;
    uint64_t seed;
    bool list, debug;
};

static bool parse(struct arguments *a, int argc, char **argv)
{
    static const struct option options[] = {
        {"step", required_argument, NULL, 's'},
        {"test", required_argument, NULL, 't'},
        {"seed", required_argument, NULL, 'n'},
        {"list", no_argument, NULL, 'l'},
        {"debug", no_argument, NULL, 'd'},
        {0},
    };
    int c;
    *a = (struct arguments){0};
    draw(&a->seed, sizeof a->seed);
    a->seed = a->seed % 1000000 + 1; /* short enough to be typed again */
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 's')
            a->step = optarg;
        else if (c == 't')
            a->test = optarg;
        else if (c == 'n')
            a->seed = strtoull(optarg, NULL, 0);
        else if (c == 'l')
            a->list = true;
        else if (c == 'd')
            a->debug = true;
        else
            return false;
    }
    return optind == argc;
}

/* Is registry[i] the first test of its step? */
static bool begins_step(int i)
{
    return i == 0 || strcmp(registry[i].step, registry[i - 1].step) != 0;
}

static void list_steps(void)
{
    for (int i = 0; i < registry_count; i++)
        if (begins_step(i))
            puts(registry[i].step);
}

/* Run without the grader: each asked step, with a report in plain text. */
static int run_bare(const struct arguments *a)
{
    int failed = 0, run = 0;
    for (int i = 0; i < registry_count; i++) {
        if (!begins_step(i) ||
            (a->step != NULL && strcmp(registry[i].step, a->step) != 0))
            continue;
        make_page(a->seed);
        choose(registry[i].step, a->test);
        lab_tmp(); /* made here, so that this process removes it */
        if (a->debug) {
            run_in_debugger();
            lab_tmp_remove();
            return 0;
        }
        bool passed = run_step();
        lab_print_result(registry[i].step, passed);
        failed += !passed;
        run++;
        munmap(lab_page, sizeof *lab_page);
    }
    lab_tmp_remove();
    if (run == 0)
        fprintf(stderr, "lab: no such step; --list names them\n");
    return run == 0 ? 2 : failed > 0;
}

/* Variables of libcheck's, which pick tests and write files, are not ours. */
static void forget_check_variables(void)
{
    static const char *const names[] = {
        "CK_RUN_SUITE",         "CK_RUN_CASE",      "CK_INCLUDE_TAGS",
        "CK_EXCLUDE_TAGS",      "CK_LOG_FILE_NAME", "CK_XML_LOG_FILE_NAME",
        "CK_TAP_LOG_FILE_NAME",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

int lab_main(int argc, char **argv)
{
    struct arguments a;
    forget_check_variables();
    /* A failure ends the process at once: what was printed is out by then. */
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!parse(&a, argc, argv)) {
        fprintf(stderr,
                "usage: %s [--step NAME] [--test NAME] [--seed N] "
                "[--list] [--debug]\n",
                argv[0]);
        return 2;
    }
    if (a.list) {
        list_steps();
        return 0;
    }
    if (!map_page())
        return run_bare(&a);
    choose(a.step != NULL ? a.step : "", a.test);
    return run_step() ? (int)lab_page->exit_code : 1;
}
