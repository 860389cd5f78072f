/*
 * grade.c: the command `grade [WEEK[.STEP]]`.
 */
#include "commands.h"
#include "course.h"
#include "files.h"
#include "grading.h"
#include "workspace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The week that was named, or the one last worked on. */
static char *asked_week(const struct options *options,
                        const struct workspace *workspace, char **step)
{
    *step = NULL;
    if (options->word_count > 0)
        return course_resolve(options->words[0], step);
    char *week = workspace_last_week(workspace);
    if (week == NULL)
        complain("which week? `grade 01` grades week 01, `grade list` names "
                 "all");
    return week;
}

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

static int grade_week(const struct options *options,
                      struct workspace *workspace, const struct week *week,
                      const char *step_text)
{
    const struct step *only = NULL;
    char *program;
    if (step_text != NULL && (only = week_step(week, step_text)) == NULL) {
        complain("%s has no step %s; it has %u", week->name, step_text,
                 week->manifest.step_count);
        return EXIT_USAGE;
    }
    if (check_program(options->program, &program) < 0)
        return EXIT_USAGE;
    bool text = options->format == REPORT_TEXT && options->output == NULL;
    struct grading_request request = {
        .workspace = workspace,
        .week = week,
        .only = only,
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
    if (err == 0)
        err = write_report(options, &outcome);
    int status = err == 0         ? week_outcome_status(&outcome)
                 : err == -EINVAL ? EXIT_USAGE
                                  : EXIT_GRADER;
    week_outcome_release(&outcome);
    free(program);
    return status;
}

int command_grade(const struct options *options)
{
    struct workspace workspace;
    struct week week;
    char *step = NULL, *name = NULL;
    int status = EXIT_USAGE;

    int err = workspace_find(&workspace, options->workspace);
    if (err == -ENOENT)
        complain("there is no workspace at %s yet; `grade start 01` makes it",
                 workspace.dir);
    if (err < 0)
        goto out;
    name = asked_week(options, &workspace, &step);
    if (name == NULL || week_load(&week, course_dir(), name) < 0)
        goto out;
    status = grade_week(options, &workspace, &week, step);
    week_release(&week);
out:
    workspace_release(&workspace);
    free(step);
    free(name);
    return status;
}
