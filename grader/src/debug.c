/*
 * debug.c: `grade debug WEEK.STEP`, a step under gdb.
 *
 * The step is graded once, to know which of its tests fails and to see it fail
 * with this seed; then gdb gets the same program, not sandboxed and without a
 * time limit, and stops at that test.
 */
#include "build.h"
#include "clean.h"
#include "commands.h"
#include "course.h"
#include "files.h"
#include "grading.h"
#include "memory.h"
#include "process.h"
#include "request.h"
#include "target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 32

/* A command line, and what is added to its environment. */
struct command_line {
    char *words[WORDS_MAX + 1];
    char *variables[4];
    unsigned word_count, variable_count;
};

static void add_word(struct command_line *line, char *word)
{
    line->words[line->word_count++] = word; /* taken */
}

static void add_gdb(struct command_line *line, const char *command)
{
    add_word(line, text_format("-ex"));
    add_word(line, text_format("%s", command));
}

static void command_line_release(struct command_line *line)
{
    for (unsigned i = 0; i < line->word_count; i++)
        free(line->words[i]);
    for (unsigned i = 0; i < line->variable_count; i++)
        free(line->variables[i]);
}

/* ---- What gdb is told ---- */

/*
 * A sanitizer's report stops in gdb, where the stack still stands. Leaks can't
 * be looked for there: the debugger takes the place of the tracer.
 */
static void add_variables(struct command_line *line,
                          const struct grading_request *request)
{
    const char *program = request->week->manifest.program;

    line->variables[line->variable_count++] =
        text_format("ASAN_OPTIONS=abort_on_error=1:detect_leaks=0");
    line->variables[line->variable_count++] =
        text_format("UBSAN_OPTIONS=abort_on_error=1:print_stacktrace=1");
    line->variables[line->variable_count++] =
        text_format("TSAN_OPTIONS=halt_on_error=1:abort_on_error=1");
    if (request->program && program)
        line->variables[line->variable_count++] =
            text_format("LAB_PROGRAM_%s=%s", program, request->program);
}

/* A server of the member's may run in a process that the test forks; gdb keeps
 * hold of both, so that a breakpoint counts wherever it is hit. */
static void add_gdb_settings(struct command_line *line, const char *test)
{
    char *stop =
        test ? text_format("break %s_body", test) : text_format("break main");

    add_word(line, text_format("gdb"));
    add_word(line, text_format("-q"));
    add_gdb(line, "set breakpoint pending on");
    add_gdb(line, "set detach-on-fork off");
    add_gdb(line, "set schedule-multiple on");
    add_gdb(line, "handle SIGPIPE nostop noprint pass");
    add_gdb(line, stop);
    add_gdb(line, "run");
    free(stop);
}

static void add_test_program(struct command_line *line,
                             const struct build *build,
                             const struct outcome *step)
{
    add_word(line, text_format("--args"));
    add_word(line, text_format("%s/%s/test", build->dir,
                               sanitizer_name(step->step->sanitizer)));
    add_word(line, text_format("--debug"));
    add_word(line, text_format("--step"));
    add_word(line, text_format("%s", step->step->name));
    if (step->test) {
        add_word(line, text_format("--test"));
        add_word(line, text_format("%s", step->test));
    }
    add_word(line, text_format("--seed"));
    add_word(line, text_format("%llu", (unsigned long long)step->seed));
}

/* ---- Running it ---- */

static void print_line(const struct command_line *line, const char *dir)
{
    char *quoted = text_for_shell(dir);

    printf("cd %s && env", quoted);
    free(quoted);
    for (unsigned i = 0; i < line->variable_count; i++) {
        quoted = text_for_shell(line->variables[i]);
        printf(" %s", quoted);
        free(quoted);
    }
    for (unsigned i = 0; i < line->word_count; i++) {
        quoted = text_for_shell(line->words[i]);
        printf(" %s", quoted);
        free(quoted);
    }
    putchar('\n');
}

static int run_gdb(const struct command_line *line, const char *dir)
{
    const char *env[5] = {NULL};
    struct process_request request = {
        .argv = (const char *const *)line->words,
        .dir = dir,
        .env = env,
        .keep_fd = -1,
        .inherit_output = true,
        .inherit_input = true,
    };
    struct process_result result;
    int err;

    for (unsigned i = 0; i < line->variable_count; i++)
        env[i] = line->variables[i];
    fflush(NULL);
    err = process_run(&request, &result);
    if (err == -ENOENT) {
        complain("there is no gdb here; `sudo apt-get install gdb` brings it");
        return EXIT_CANNOT;
    }
    if (err < 0) {
        complain("gdb: %s", strerror(-err));
        return EXIT_GRADER;
    }
    process_result_release(&result);
    return EXIT_PASSES;
}

/* The step is built; dir is the member's folder of the week. */
static int debug_built(const struct grading_request *request,
                       const struct build *build, const struct outcome *step,
                       const char *dir)
{
    struct command_line line = {0};
    int status = EXIT_PASSES;

    add_variables(&line, request);
    add_gdb_settings(&line, step->test);
    add_test_program(&line, build, step);
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        status = run_gdb(&line, dir);
    else
        print_line(&line, dir);
    command_line_release(&line);
    return status;
}

/* ---- Finding what to debug ---- */

/* One line of what is going to be looked at; for a reader at a terminal. */
static void say_what(const struct outcome *step)
{
    char *words = step->test ? text_in_words(step->test) : NULL;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return;
    if (words)
        printf("The test \"%s\" fails with --seed %llu. gdb stops where it "
               "begins; `continue` runs to the failure.\n",
               words, (unsigned long long)step->seed);
    else if (step->verdict == VERDICT_PASSED)
        printf("The step passes with --seed %llu. gdb stops at main.\n",
               (unsigned long long)step->seed);
    free(words);
}

static int prepare(struct build *build, const struct grading_request *request,
                   const char *dir)
{
    char *build_dir = text_format("%s/build/%s/mine", request->workspace->state,
                                  request->week->name);
    struct build_request build_request = {
        .week = request->week,
        .from = dir,
        .dir = build_dir,
        .state = request->workspace->state,
        .workspace = request->workspace,
        .use = request->use,
    };
    int err = build_prepare(build, &build_request);

    free(build_dir);
    return err;
}

/* Grading has built the step; ask the same folder for its paths. */
static int debug_graded(const struct grading_request *request,
                        const struct week_outcome *outcome)
{
    const struct outcome *step = &outcome->steps[request->only->number - 1];
    char *dir = workspace_week_dir(request->workspace, request->week);
    struct build build = {0};
    int status = EXIT_GRADER;

    if (outcome->compile_error || step->verdict == VERDICT_CANNOT_RUN ||
        step->verdict == VERDICT_BROKEN) {
        report_write(REPORT_TEXT, stdout, outcome);
        status = week_outcome_status(outcome);
    } else if (prepare(&build, request, dir) == 0) {
        say_what(step);
        status = debug_built(request, &build, step, dir);
    }
    build_release(&build);
    free(dir);
    return status;
}

static int debug(const struct options *options, struct target *target)
{
    struct grading_request request;
    struct week_outcome outcome = {0};
    int status = EXIT_USAGE, err;

    if (request_init(&request, options, target) < 0)
        return EXIT_USAGE;
    request.no_blame = true;
    if (request.seed == 0)
        request.seed = memory_get(target->workspace.dir, MEMORY_SEEDS,
                                  &target->week, target->step);
    err = grading_run(&request, &outcome);
    if (process_interrupted())
        process_end_by_signal();
    if (err == 0)
        status = debug_graded(&request, &outcome);
    else if (err != -EINVAL)
        status = EXIT_GRADER;
    week_outcome_release(&outcome);
    request_release(&request);
    return status;
}

int command_debug(const struct options *options)
{
    struct target target;
    int status = target_find_started(
        options, options->word_count > 0 ? options->words[0] : NULL, &target);

    if (status == 0 && target.week.manifest.kind != KIND_HOST) {
        complain("%s: weeks of kind %s have no debugger yet; only host weeks "
                 "do",
                 target.week.name, kind_name(target.week.manifest.kind));
        status = EXIT_CANNOT;
    } else if (status == 0 && !target.step) {
        complain("which step? `grade debug %02d.1` takes the first",
                 target.week.number);
        status = EXIT_USAGE;
    } else if (status == 0) {
        status = debug(options, &target);
    }
    target_release(&target);
    return status;
}
