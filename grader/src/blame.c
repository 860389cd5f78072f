/*
 * blame.c: see blame.h. The step runs with the same seed each time, so that
 * the modules are all that differs.
 */
#include "blame.h"

#include "course.h"
#include "files.h"

#include <stdlib.h>
#include <string.h>

static bool is_suspect(const struct used_week *used)
{
    return used->origin != ORIGIN_REFERENCE;
}

static const char *whose(const struct used_week *used)
{
    return used->origin == ORIGIN_MINE ? "your" : used->from;
}

/* Does the step pass with these choices in front of the request's own? */
static bool passes_with(const struct grading_request *request,
                        const struct build *failed_build,
                        const struct outcome *failed, const char *const *use)
{
    char *dir = text_format("%s/build/%s/blame", request->workspace->state,
                            request->week->name);
    struct build_request again = {
        .week = request->week,
        .from = failed_build->from,
        .dir = dir,
        .test_dir = failed_build->test_dir,
        .state = request->workspace->state,
        .workspace = request->workspace,
        .use = use,
    };
    struct build build;
    struct outcome outcome = {0};
    char *words = NULL;
    int err = build_prepare(&build, &again);
    if (err == 0)
        err = build_make(&build, failed->step->sanitizer, &words);
    if (err == 0) {
        struct run_request run = {
            .build = &build,
            .step = failed->step,
            .seed = failed->seed,
            .program = request->program,
        };
        run_step(&run, &outcome);
    }
    bool passed = err == 0 && outcome.verdict == VERDICT_PASSED;
    outcome_release(&outcome);
    build_release(&build);
    free(words);
    free(dir);
    return passed;
}

/* Choices "NAME=reference" for one suspect, or for all (only = NULL), after
 * those that the member gave. */
static bool passes_without(const struct grading_request *request,
                           const struct build *build,
                           const struct outcome *failed,
                           const struct used_week *only)
{
    const char *use[2 * USES_MAX + 1] = {NULL};
    char *made[USES_MAX];
    int count = 0, made_count = 0;
    for (; request->use != NULL && request->use[count] != NULL &&
           count < USES_MAX;
         count++)
        use[count] = request->use[count];
    for (unsigned i = 0; i < build->use_count; i++) {
        const struct used_week *used = &build->uses[i];
        if (!is_suspect(used) || (only != NULL && used != only))
            continue;
        made[made_count] = text_format("%s=reference", used->name);
        use[count++] = made[made_count++];
    }
    bool passed = passes_with(request, build, failed, use);
    while (made_count > 0)
        free(made[--made_count]);
    return passed;
}

/* The step of the guilty week that fails as well, or the news that none
 * does. */
static char *nearest_step(const struct grading_request *request,
                          const struct used_week *guilty)
{
    struct week week;
    struct week_outcome outcome;
    char *text = NULL;
    if (week_load(&week, course_dir(), guilty->name) < 0)
        return text_format("see %s", guilty->name);
    struct grading_request inner = {
        .workspace = request->workspace,
        .week = &week,
        .from = guilty->from,
        .use = request->use,
        .no_blame = true,
    };
    if (grading_run(&inner, &outcome) == 0 && outcome.first_failed > 0) {
        const struct step *step = outcome.steps[outcome.first_failed - 1].step;
        text = text_format("the nearest step is %d of %s, %s, which fails too",
                           step->number, week.name, step->name);
    } else {
        text = text_format("its own steps pass, so no test of %s shows it yet",
                           week.name);
    }
    week_outcome_release(&outcome);
    week_release(&week);
    return text;
}

static const struct used_week *guilty_one(const struct grading_request *request,
                                          const struct build *build,
                                          const struct outcome *failed)
{
    const struct used_week *last = NULL;
    int suspects = 0;
    for (unsigned i = 0; i < build->use_count; i++)
        if (is_suspect(&build->uses[i])) {
            last = &build->uses[i];
            suspects++;
        }
    if (suspects == 1)
        return last;
    for (unsigned i = 0; i < build->use_count; i++)
        if (is_suspect(&build->uses[i]) &&
            passes_without(request, build, failed, &build->uses[i]))
            return &build->uses[i];
    return NULL;
}

char *blame_find(const struct grading_request *request,
                 const struct build *build, const struct outcome *failed)
{
    bool suspects = false;
    for (unsigned i = 0; i < build->use_count; i++)
        suspects = suspects || is_suspect(&build->uses[i]);
    if (!suspects || !passes_without(request, build, failed, NULL))
        return NULL;
    const struct used_week *guilty = guilty_one(request, build, failed);
    if (guilty == NULL)
        return text_format("passes with the reference's modules; no single one "
                           "of those that you use makes the difference");
    char *nearest = nearest_step(request, guilty);
    char *text = text_format("fails with %s %s, passes with the reference's; "
                             "%s",
                             whose(guilty), guilty->name, nearest);
    free(nearest);
    return text;
}
