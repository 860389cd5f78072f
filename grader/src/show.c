/*
 * show.c: `grade show WEEK [FILE]`, the solution beside the member's code.
 *
 * diff(1) draws it: the member's lines on the left, the solution's on the
 * right, a mark between where they differ. On a terminal it goes through the
 * pager.
 */
#include "commands.h"
#include "course.h"
#include "files.h"
#include "pen.h"
#include "process.h"
#include "progress.h"
#include "target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define COLUMNS_MIN 60
#define COLUMNS_FOR_CODE 165 /* two times 80, and the marks between */
#define COLUMNS_WITHOUT_TERMINAL COLUMNS_FOR_CODE
#define OUTPUT_BYTES_MAX (16u << 20)

static int columns(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return COLUMNS_WITHOUT_TERMINAL;
    return size.ws_col < COLUMNS_MIN ? COLUMNS_MIN : size.ws_col;
}

/* diff's words, owned by the caller; NULL after telling. */
static char *side_by_side(const char *mine, const char *solution, int width)
{
    char *wide = text_format("--width=%d", width);
    const char *argv[] = {"diff",
                          "--side-by-side",
                          "--expand-tabs",
                          "--tabsize=4",
                          wide,
                          "--",
                          mine,
                          solution,
                          NULL};
    struct process_request request = {
        .argv = argv, .keep_fd = -1, .output_bytes_max = OUTPUT_BYTES_MAX};
    struct process_result result;
    int err = process_run(&request, &result);
    char *text = NULL;

    if (err < 0) {
        complain("diff: %s", strerror(-err));
    } else if (!WIFEXITED(result.status) || WEXITSTATUS(result.status) > 1) {
        complain("diff: %s", result.output); /* 1: they differ */
    } else {
        text = result.output;
        result.output = NULL;
    }
    if (err == 0)
        process_result_release(&result);
    free(wide);
    return text;
}

/* Of a path that is too long the end tells more. */
static void write_path(FILE *out, const char *path, int room)
{
    int len = (int)strlen(path);

    if (len <= room)
        fprintf(out, "%-*s", room, path);
    else
        fprintf(out, "...%s", path + len - room + 3);
}

/* Head and both columns of one file. */
static int draw_file(FILE *out, const struct target *target, const char *name,
                     int width)
{
    char *dir = workspace_week_dir(&target->workspace, &target->week);
    char *mine = path_join(dir, name);
    char *solution = path_join(target->week.solution, name);
    char *mine_near = report_path(mine);
    char *solution_near = report_path(solution);
    char *text = side_by_side(mine, solution, width);
    int right = (width + 4) / 2; /* where diff begins the right column */

    if (text) {
        write_path(out, mine_near, right - 4);
        fputs("    ", out);
        write_path(out, solution_near, width - right);
        fputc('\n', out);
        for (int i = 0; i < width - 1; i++)
            fputc('-', out);
        fprintf(out, "\n%s\n", text);
    }
    free(text);
    free(solution_near);
    free(mine_near);
    free(solution);
    free(mine);
    free(dir);
    return text ? 0 : -EIO;
}

/* The shell takes the pager's own words ("less -S") apart. */
static int page(const char *path)
{
    const char *pager = getenv("PAGER");
    const char *script = "eval \"$1\" <\"$2\"";
    const char *argv[] = {"sh",
                          "-c",
                          script,
                          "pager",
                          pager && *pager          ? pager
                          : process_exists("less") ? "less -FRX"
                                                   : "cat",
                          path,
                          NULL};
    struct process_request request = {.argv = argv,
                                      .keep_fd = -1,
                                      .inherit_output = true,
                                      .inherit_input = true};
    struct process_result result;
    int err = process_run(&request, &result);

    if (err == 0)
        process_result_release(&result);
    return err;
}

/* Through a file of ours: a pager wants the terminal as its own. */
static int deliver(const struct workspace *w, const char *text, size_t len)
{
    char *path = path_join(w->state, "show.txt");
    int err = 0;

    if (!isatty(STDOUT_FILENO)) {
        fwrite(text, 1, len, stdout);
    } else {
        err = file_write_atomic(path, text, len);
        if (err == 0)
            err = page(path);
        unlink(path);
    }
    if (err < 0)
        complain("the solution cannot be shown: %s", strerror(-err));
    free(path);
    return err;
}

static bool is_yours(const struct manifest *m, const char *name)
{
    for (unsigned i = 0; i < m->yours_count; i++)
        if (strcmp(m->yours[i], name) == 0)
            return true;
    return false;
}

static int show(const struct target *target, const char *only)
{
    const struct manifest *m = &target->week.manifest;
    int width = columns();
    char *text = NULL;
    size_t len = 0;
    FILE *out;
    int err = 0;

    if (only && !is_yours(m, only)) {
        complain("'%s' is no file that you write in %s", only,
                 target->week.name);
        return EXIT_USAGE;
    }
    out = open_memstream(&text, &len);
    if (width < COLUMNS_FOR_CODE)
        fprintf(out,
                "Lines are cut at %d columns; in a terminal of %d they are "
                "whole.\n\n",
                (width - 4) / 2, COLUMNS_FOR_CODE);
    for (unsigned i = 0; i < m->yours_count && err == 0; i++)
        if (!only || strcmp(only, m->yours[i]) == 0)
            err = draw_file(out, target, m->yours[i], width);
    fclose(out);
    if (err == 0)
        err = deliver(&target->workspace, text, len);
    free(text);
    return err < 0 ? EXIT_GRADER : EXIT_PASSES;
}

/* The solution is for after the work. */
static bool may_see(struct target *target, bool anyway)
{
    struct progress p = {.week = target->week}; /* borrowed */

    progress_of_week(&target->workspace, &p);
    if (anyway || progress_passed(&p))
        return true;
    complain(
        "%s does not pass yet (%u of %u core steps): the solution is shown "
        "when it does, or with --anyway",
        target->week.name, p.saved.passed_steps, p.saved.core_steps);
    return false;
}

int command_show(const struct options *options)
{
    struct target target;
    int status = target_find_started(options, options->words[0], &target);

    if (status == 0 && !path_is_dir(target.week.solution)) {
        complain("this course has no solution of %s", target.week.name);
        status = EXIT_USAGE;
    } else if (status == 0 &&
               workspace_check_files(&target.workspace, &target.week) < 0) {
        status = EXIT_USAGE;
    } else if (status == 0 && !may_see(&target, options->anyway)) {
        status = EXIT_FAILS;
    } else if (status == 0) {
        status =
            show(&target, options->word_count > 1 ? options->words[1] : NULL);
    }
    target_release(&target);
    return status;
}
