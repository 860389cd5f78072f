/*
 * grade.c: the command `grade [WEEK[.STEP]]`.
 */
#include "commands.h"
#include "course.h"
#include "files.h"
#include "grading.h"
#include "target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int check_program(const char *program, char **absolute)
{
    *absolute = NULL;
    if (program == NULL)
        return 0;
    *absolute = realpath(program, NULL);
    if (*absolute == NULL || access(*absolute, X_OK) != 0) {
        complain("--program=%s: %s", program, strerror(errno));
        return -EINVAL;
    }
    return 0;
}

/* Where the report goes, in the asked format; live text needs nothing more. */
static int write_report(const struct options *options,
                        const struct week_outcome *outcome)
{
    FILE *out = stdout;
    if (options->format == REPORT_TEXT && options->output == NULL)
        return 0;
    char *text = NULL;
    size_t len = 0;
    if (options->output != NULL)
        out = open_memstream(&text, &len);
    report_write(options->format, out, outcome);
    if (options->output == NULL)
        return fflush(out) == 0 ? 0 : -errno;
    fclose(out);
    int err = file_write_atomic(options->output, text, len);
    if (err < 0)
        complain("--output %s: %s", options->output, strerror(-err));
    free(text);
    return err;
}

/* Why nothing was graded; it has been told. */
static int status_of(int err)
{
    switch (err) {
    case -EINVAL: /* the member's files, or a choice */
    case -ENOSPC: /* their disk is full, or not for writing */
    case -EDQUOT:
    case -EROFS:
    case -EACCES:
    case -EPERM:
        return EXIT_USAGE;
    case -ENOENT: /* no compiler here */
        return EXIT_CANNOT;
    default:
        return EXIT_GRADER;
    }
}

static int grade_week(const struct options *options, struct target *target)
{
    struct workspace *workspace = &target->workspace;
    const struct week *week = &target->week;
    char *program;
    if (check_program(options->program, &program) < 0)
        return EXIT_USAGE;
    bool text = options->format == REPORT_TEXT && options->output == NULL;
    struct grading_request request = {
        .workspace = workspace,
        .week = week,
        .only = target->step,
        .all = options->all,
        .seed = options->seed,
        .program = program,
        .use = options->use,
        .live = text ? stdout : NULL,
        .save = program == NULL,
    };
    struct week_outcome outcome;
    workspace_mend(workspace, week);
    workspace_last_week_set(workspace, week->name);
    int err = grading_run(&request, &outcome);
    int status = err == 0 ? week_outcome_status(&outcome) : status_of(err);
    if (err == 0 && write_report(options, &outcome) < 0)
        status = EXIT_USAGE;
    week_outcome_release(&outcome);
    free(program);
    return status;
}

int command_grade(const struct options *options)
{
    struct target target;
    int status = target_find_started(
        options, options->word_count > 0 ? options->words[0] : NULL, &target);
    if (status == 0)
        status = grade_week(options, &target);
    target_release(&target);
    return status;
}
