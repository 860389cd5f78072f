/*
 * debug.c: `grade debug [WEEK[.STEP]]`, a step under gdb.
 *
 * The step is graded once, to know which of its tests fails and to see it fail
 * with this seed; then gdb gets the same program, not sandboxed and without a
 * time limit, and stops at that test. What gdb is told stands in a file,
 * WORKSPACE/.grade/debug.gdb, so that a member can read it and go on by hand.
 *
 * In a week of kind riscv it is the kernel that is looked at: the test program
 * runs without a gdb of its own and starts gdb-multiarch on the machine that
 * fails (grader/harness/qemu_debug.c).
 */
#include "build.h"
#include "clean.h"
#include "commands.h"
#include "course.h"
#include "files.h"
#include "grading.h"
#include "memory.h"
#include "pen.h"
#include "process.h"
#include "request.h"
#include "target.h"

#include "../harness/gdb_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 16

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

static void command_line_release(struct command_line *line)
{
    for (unsigned i = 0; i < line->word_count; i++)
        free(line->words[i]);
    for (unsigned i = 0; i < line->variable_count; i++)
        free(line->variables[i]);
}

/* ---- What gdb is told ---- */

static bool is_kernel(const struct week *week)
{
    return week->manifest.kind == KIND_RISCV;
}

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

static const char script_format[] =
    "# Written by `grade debug`.\n"
    "set breakpoint pending on\n"
    "set pagination off\n"
    "handle SIGPIPE nostop noprint pass\n"
    "\n"
    "# A test may run your code in a process of its own. gdb keeps hold of\n"
    "# both, so that a breakpoint counts in either. When the other one has\n"
    "# ended, `go` goes on with the test.\n"
    "set detach-on-fork off\n"
    "set schedule-multiple on\n"
    "define go\n"
    "    inferior 1\n"
    "    continue\n"
    "end\n"
    "document go\n"
    "Go on with the test, after a process that it started has ended.\n"
    "end\n"
    "\n" GDB_UP_TO_THE_COURSE "\n"
    "# Where a check is not met: what it says, and the line of yours or of "
    "the\n"
    "# test's that led there. The process ends when it goes on.\n"
    "break lab_expect.c:end_process\n"
    "commands\n"
    "    silent\n"
    "    set variable lab_debugging = 0\n"
    "    printf \"  %%s\\n\", lab_page->failure.what\n"
    "    if lab_page->failure.expected[0] || lab_page->failure.actual[0]\n"
    "        printf \"    expected  %%s\\n\", lab_page->failure.expected\n"
    "        printf \"    is        %%s\\n\", lab_page->failure.actual\n"
    "    end\n"
    "    python up_to_the_course()\n"
    "    frame\n"
    "end\n"
    "\n"
    "# A sanitizer's report ends in SIGABRT.\n"
    "catch signal SIGABRT\n"
    "commands\n"
    "    silent\n"
    "    python up_to_the_course()\n"
    "    frame\n"
    "end\n"
    "\n"
    "# Nobody hurries: the test waits as long as you look.\n"
    "tbreak main\n"
    "commands\n"
    "    silent\n"
    "    set variable lab_patience_ms = 1000000000\n"
    "    %s\n"
    "end\n"
    "%s%s%s"
    "run\n";

/* test: the one to stop at; NULL: stop at main. Returns the path, owned by the
 * caller; or NULL after telling why it can't be written. */
static char *write_script(const char *state, const char *test)
{
    char *path = path_join(state, "debug.gdb");
    char *text = text_format(script_format, test ? "continue" : "frame",
                             test ? "break " : "", test ? test : "",
                             test ? "_body\n" : "");
    int err = file_update(path, text, strlen(text));

    free(text);
    if (err >= 0)
        return path;
    complain("%s: %s", path, strerror(-err));
    free(path);
    return NULL;
}

static void add_gdb(struct command_line *line, char *script)
{
    add_word(line, text_format("gdb"));
    add_word(line, text_format("-q"));
    add_word(line, text_format("-x"));
    add_word(line, script);
    add_word(line, text_format("--args"));
}

static void add_test_program(struct command_line *line,
                             const struct build *build,
                             const struct outcome *step)
{
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
        complain("there is no gdb here; `%s/grader/install host` brings it",
                 course_dir());
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

    if (!is_kernel(request->week)) {
        char *script = write_script(request->workspace->state, step->test);
        if (!script)
            return EXIT_GRADER;
        add_gdb(&line, script);
    }
    add_variables(&line, request);
    add_test_program(&line, build, step);
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        status = run_gdb(&line, dir);
    else
        print_line(&line, dir);
    command_line_release(&line);
    return status;
}

/* ---- Finding what to debug ---- */

/* What is going to be looked at, for a reader at a terminal. */
static void say_what(const struct week *week, const struct outcome *step)
{
    unsigned long long seed = step->seed;
    char *words, *text;
    struct pen pen;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return;
    if (step->test) {
        words = text_in_words(step->test);
        text = text_format("The test \"%s\" fails with --seed %llu. gdb stops "
                           "where it begins%s; `continue` goes on to the "
                           "failure.%s",
                           words, seed, is_kernel(week) ? " in the kernel" : "",
                           is_kernel(week)
                               ? ""
                               : " When a process that the test started has "
                                 "ended, `go` goes on with the test.");
        free(words);
    } else {
        text = text_format(
            "The step %s with --seed %llu. gdb stops at %s.",
            step->verdict == VERDICT_PASSED ? "passes" : "fails", seed,
            is_kernel(week) ? "the first machine that fails" : "main");
    }
    pen_init(&pen, stdout);
    pen_sentence(&pen, INK_PLAIN, 0, text);
    free(text);
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
static int debug_graded(struct grading_request *request,
                        struct week_outcome *outcome)
{
    const struct outcome *step = &outcome->steps[request->only->number - 1];
    char *dir = workspace_week_dir(request->workspace, request->week);
    struct build build = {0};
    int status = EXIT_GRADER;

    if (outcome->build_error || step->verdict == VERDICT_CANNOT_RUN ||
        step->verdict == VERDICT_BROKEN) {
        report_write(REPORT_TEXT, stdout, outcome);
        status = week_outcome_status(outcome);
    } else if (prepare(&build, request, dir) == 0) {
        say_what(request->week, step);
        status = debug_built(request, &build, step, dir);
    }
    build_release(&build);
    free(dir);
    return status;
}

/* Grade, and go on with what came out. */
static int grade_then(struct grading_request *request,
                      int (*next)(struct grading_request *request,
                                  struct week_outcome *outcome))
{
    struct week_outcome outcome = {0};
    int status = EXIT_USAGE;
    int err = grading_run(request, &outcome);

    if (process_interrupted())
        process_end_by_signal();
    if (err == 0)
        status = next(request, &outcome);
    else if (err != -EINVAL)
        status = EXIT_GRADER;
    week_outcome_release(&outcome);
    return status;
}

/* Take the first step that fails. */
static int choose_failing(struct grading_request *request,
                          struct week_outcome *outcome)
{
    if (outcome->build_error) {
        report_write(REPORT_TEXT, stdout, outcome);
        return week_outcome_status(outcome);
    }
    if (outcome->first_failed == 0) {
        char *way_in = report_way_in(request->workspace->dir);
        complain("no step of %s fails; name one, as in `%s debug %02d.1`",
                 request->week->name, way_in, request->week->number);
        free(way_in);
        return EXIT_USAGE;
    }
    request->only = &request->week->manifest.steps[outcome->first_failed - 1];
    return EXIT_PASSES;
}

static int debug(const struct options *options, struct target *target)
{
    struct grading_request request;
    int status = EXIT_PASSES;

    if (request_init(&request, options, target) < 0)
        return EXIT_USAGE;
    request.no_blame = true;
    if (!request.only)
        status = grade_then(&request, choose_failing);
    if (status == EXIT_PASSES && request.only) {
        if (request.seed == 0)
            request.seed = memory_get(target->workspace.dir, MEMORY_SEEDS,
                                      &target->week, request.only);
        status = grade_then(&request, debug_graded);
    }
    request_release(&request);
    return status;
}

/* As grader/harness/qemu_debug.c looks for it. */
static bool has_kernel_gdb(void)
{
    return getenv("LAB_GDB") || process_exists("gdb-multiarch") ||
           process_exists("riscv64-unknown-elf-gdb") ||
           process_exists("riscv64-elf-gdb");
}

int command_debug(const struct options *options)
{
    struct target target;
    int status = target_find_started(
        options, options->word_count > 0 ? options->words[0] : NULL, &target);

    if (status == 0 && target.week.manifest.kind == KIND_BPF) {
        complain("%s: weeks of kind bpf have no debugger yet; only host and "
                 "riscv weeks do",
                 target.week.name);
        status = EXIT_CANNOT;
    } else if (status == 0 && is_kernel(&target.week) && !has_kernel_gdb()) {
        complain("there is no gdb-multiarch here; `%s/grader/install riscv` "
                 "brings it",
                 course_dir());
        status = EXIT_CANNOT;
    } else if (status == 0) {
        status = debug(options, &target);
    }
    target_release(&target);
    return status;
}
