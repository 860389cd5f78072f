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

#include <check.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define REGISTRY_MAX 256
#define WATCHED_FDS 64 /* descriptors that a test must leave open */

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

/* A closed descriptor of the runner's would lose libcheck's messages. */
static void check_open_fds(const bool open_fds[WATCHED_FDS])
{
    for (int fd = 0; fd < WATCHED_FDS; fd++)
        if (open_fds[fd] && fcntl(fd, F_GETFD) == -1)
            lab_fail("descriptor %d was closed: it was open before the code "
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

/* Only the process that began the test may end it: a forked one that returns
 * out of the member's code would otherwise write the token too. */
static void end_test(int index, pid_t began)
{
    if (getpid() != began)
        lab_fail("a process that the code forked returned into the test; a "
                 "child ends with _exit");
    lab_page->tests[index].state = LAB_TEST_BODY_DONE;
    lab_page->tests[index].token = LAB_TOKEN_OF(lab_page->token, index);
    lab_page->current = -1;
    exit((int)lab_page->exit_code);
}

START_TEST(lab_run_one)
{
    bool open_fds[WATCHED_FDS];
    pid_t began = getpid();

    if (lab_page->failure.claimed) {
        lab_page->tests[_i].state = LAB_TEST_NOT_RUN;
        _exit((int)lab_page->exit_code);
    }
    begin_test(_i);
    note_open_fds(open_fds);
    run_body(&registry[chosen[_i]]);
    check_open_fds(open_fds);
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
    int count = srunner_ntests_run(runner);
    for (int i = 0; i < count; i++)
        if (tr_rtype(results[i]) != CK_PASS && !lab_page->early_end[0])
            snprintf(lab_page->early_end, sizeof lab_page->early_end, "%s",
                     tr_msg(results[i]));
    free(results);
}

/* Run the chosen tests, each in its own process. True if all passed. */
static bool run_step(const char *step)
{
    Suite *suite = suite_create("week");
    TCase *tcase = tcase_create(step);
    tcase_set_timeout(tcase, 0); /* the grader limits the step as a whole */
    tcase_add_loop_exit_test(tcase, lab_run_one, (int)lab_page->exit_code, 0,
                             chosen_count);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_SILENT);
    lab_page->finished = (uint32_t)srunner_ntests_run(runner);
    keep_early_end(runner);
    bool passed = srunner_ntests_failed(runner) == 0 &&
                  lab_page->finished == lab_page->registered &&
                  lab_page->registered > 0 && !lab_page->failure.claimed;
    srunner_free(runner);
    return passed;
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
            return 0;
        }
        bool passed = run_step(registry[i].step);
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

int lab_main(int argc, char **argv)
{
    struct arguments a;
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
    return run_step(a.step) ? (int)lab_page->exit_code : 1;
}
