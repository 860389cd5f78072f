/*
 * grading.c: see grading.h.
 *
 *     check files ─> stage ─> for each step: blocked? ─> build ─> run ─> judge
 *                                                │
 *                                 does not build: nothing further
 *
 * A sanitizer's programs are built when the first step that needs them comes,
 * so the first verdict does not wait for all of them.
 */
#include "grading.h"

#include "blame.h"
#include "build_words.h"
#include "clean.h"
#include "course.h"
#include "files.h"
#include "lock.h"
#include "memory.h"
#include "run.h"
#include "sandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

struct grading {
    const struct grading_request *request;
    struct week_outcome *outcome;
    struct build build;
    bool built[SANITIZERS];
    bool stopped; /* a core step failed, and --all was not given */
};

/* Short enough to be typed again. */
static uint64_t draw_seed(void)
{
    uint64_t random;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = 1;
    return random % 1000000 + 1;
}

static bool is_asked(const struct grading *g, const struct step *step)
{
    const struct step *only = g->request->only, *before = g->request->before;

    if (before != NULL && (step->stretch || step->number >= before->number))
        return false;
    return only == NULL || only == step;
}

/* The number of the failed step that this one waits for, or 0. */
static int blocked_by(const struct grading *g, const struct step *step)
{
    if (g->request->ignore_after || g->request->only != NULL)
        return 0;
    for (unsigned i = 0; i < step->after_count; i++) {
        const struct step *earlier =
            week_step(g->request->week, step->after[i]);
        enum verdict verdict = g->outcome->steps[earlier->number - 1].verdict;
        if (verdict == VERDICT_FAILED || verdict == VERDICT_BLOCKED)
            return earlier->number;
    }
    return 0;
}

/* 0 built, 1 does not build, or -errno. Warnings become a note. */
static int build_for(struct grading *g, const struct step *step)
{
    char *words;
    if (g->built[step->sanitizer])
        return 0;
    int err = build_make(&g->build, step->sanitizer, &words);
    if (err == 1) {
        g->outcome->build_error = build_words_tell(
            words, &g->request->week->manifest, &g->outcome->build_words);
        free(words);
        return 1;
    }
    g->built[step->sanitizer] = err == 0;
    if (words != NULL)
        week_outcome_note(g->outcome, "%s\n%s",
                          g->request->week->manifest.kind == KIND_HOST
                              ? "gcc warns:"
                              : "the compilers warn:",
                          words);
    free(words);
    return err;
}

static void judge(struct grading *g, const struct step *step)
{
    struct outcome *o = &g->outcome->steps[step->number - 1];
    struct run_request run = {
        .build = &g->build,
        .step = step,
        .seed = g->request->seed != 0 ? g->request->seed : draw_seed(),
        .program = g->request->program,
    };
    run_step(&run, o);
    if (o->verdict == VERDICT_FAILED && !g->request->no_blame)
        o->blame = blame_find(g->request, &g->build, o);
    if (o->verdict == VERDICT_FAILED && g->request->from == NULL)
        memory_set(g->request->workspace->dir, MEMORY_SEEDS, g->request->week,
                   step, o->seed);
    if (g->request->from == NULL && g->request->program == NULL)
        memory_set(g->request->workspace->dir, MEMORY_VERDICTS,
                   g->request->week, step, o->verdict);
    if ((o->verdict == VERDICT_FAILED || o->verdict == VERDICT_BROKEN) &&
        g->outcome->first_failed == 0)
        g->outcome->first_failed = (unsigned)step->number;
    if (o->verdict == VERDICT_FAILED && !step->stretch && !g->request->all)
        g->stopped = true;
    if (o->verdict == VERDICT_BROKEN)
        g->stopped = true;
}

/* 0, 1 where the code does not build, or -errno. */
static int grade_step(struct grading *g, const struct step *step)
{
    struct outcome *o = &g->outcome->steps[step->number - 1];
    int blocker = blocked_by(g, step), err = 0;
    if (blocker != 0) {
        o->verdict = VERDICT_BLOCKED;
        o->blocked_by = blocker;
    } else {
        err = build_for(g, step);
        if (err != 0)
            return err;
        if (g->request->live != NULL)
            report_text_running(g->request->live, step);
        judge(g, step);
    }
    if (process_interrupted())
        process_end_by_signal();
    if (g->request->live != NULL)
        report_text_step(g->request->live, g->outcome, o);
    return 0;
}

static int grade_steps(struct grading *g)
{
    const struct week *week = g->request->week;
    int err = 0;
    for (unsigned i = 0; i < week->manifest.step_count; i++) {
        const struct step *step = &week->manifest.steps[i];
        if (err != 0 || g->stopped)
            break;
        if (is_asked(g, step))
            err = grade_step(g, step);
    }
    return err;
}

/* Add " --NAME=VALUE" to a text that may be NULL. */
static char *add_option(char *text, const char *name, const char *value)
{
    char *quoted = text_for_shell(value);
    char *longer =
        text_format("%s --%s=%s", text != NULL ? text : "", name, quoted);
    free(quoted);
    free(text);
    return longer;
}

/* " --use=06=DIR --program=X": what the line that replays this must repeat;
 * NULL for nothing. */
static char *replay_options(const struct grading_request *request)
{
    char *text = NULL;
    for (unsigned i = 0; request->use != NULL && request->use[i] != NULL; i++)
        text = add_option(text, "use", request->use[i]);
    if (request->program != NULL)
        text = add_option(text, "program", request->program);
    return text;
}

static void begin(struct grading *g)
{
    const struct grading_request *request = g->request;
    const struct week *week = request->week;
    const char *why;
    *g->outcome = (struct week_outcome){
        .week = week,
        .workspace = request->workspace->dir,
        .whole_week = request->only == NULL,
        .all = request->all,
        .replay_options = replay_options(request),
        .steps = calloc(week->manifest.step_count + 1, sizeof(struct outcome)),
    };
    for (unsigned i = 0; i < week->manifest.step_count; i++)
        g->outcome->steps[i].step = &week->manifest.steps[i];
    if (!sandbox_has_namespaces(&why)) {
        char *way_in = report_way_in(request->workspace->dir);
        week_outcome_note(g->outcome,
                          "no namespaces here (%s): steps run beside your "
                          "other processes, and share network and files with "
                          "them; `%s doctor` tells how to enable them",
                          why, way_in);
        free(way_in);
    }
}

static int prepare(struct grading *g)
{
    const struct grading_request *request = g->request;
    char *from = request->from != NULL
                     ? text_format("%s", request->from)
                     : workspace_week_dir(request->workspace, request->week);
    char *dir = text_format("%s/build/%s/%s", request->workspace->state,
                            request->week->name,
                            request->from != NULL ? "elsewhere" : "mine");
    struct build_request build = {
        .week = request->week,
        .from = from,
        .dir = dir,
        .state = request->workspace->state,
        .workspace = request->workspace,
        .use = request->use,
    };
    int err = build_prepare(&g->build, &build);
    if (err == 0)
        g->outcome->built_on = build_used_text(&g->build);
    free(from);
    free(dir);
    return err;
}

static void save(const struct grading *g)
{
    const struct grading_request *request = g->request;
    if (!request->save || request->only != NULL || request->before != NULL ||
        request->from != NULL)
        return;
    char *dir = workspace_week_dir(request->workspace, request->week);
    int err = report_save(dir, g->outcome);
    if (err < 0)
        complain("%s/report.json: %s", dir, strerror(-err));
    free(dir);
}

/* One run in a workspace at a time (`grade watch` and `grade` beside it): two
 * would build in the same folders. */
static int lock_workspace(const struct workspace *workspace)
{
    char *path = path_join(workspace->state, "lock");
    dir_make(workspace->state);
    int fd = lock_wait(path, "another run is on in this workspace");
    free(path);
    return fd;
}

static int run(const struct grading_request *request,
               struct week_outcome *outcome)
{
    struct grading g = {.request = request, .outcome = outcome};
    begin(&g);
    if (request->from == NULL &&
        workspace_check_files(request->workspace, request->week) < 0)
        return -EINVAL;
    int err = prepare(&g);
    if (err == 0) {
        if (request->live != NULL)
            report_text_begin(request->live, outcome);
        err = grade_steps(&g);
        if (err >= 0) {
            err = 0;
            save(&g);
            if (request->live != NULL)
                report_text_end(request->live, outcome);
        }
    }
    build_release(&g.build);
    return err;
}

int grading_run(const struct grading_request *request,
                struct week_outcome *outcome)
{
    static int depth; /* blame grades another week within */
    int lock = depth++ == 0 ? lock_workspace(request->workspace) : -1;
    int err = run(request, outcome);
    if (lock >= 0)
        close(lock);
    depth--;
    return err;
}
