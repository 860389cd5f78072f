/*
 * watch.c: `grade watch [WEEK]`, grade again at each save.
 *
 *     ┌─> grade the week, or first the step in hand ─> wait ──q──> end
 *     │                                                 │ save, n
 *     └─────────────────────────────────────────────────┘
 *
 * The step in hand is the first that failed. At a save it is graded alone; only
 * when it does not fail any more the week is, so that the answer to a change
 * comes as soon as it can. While it fails, the core steps before it are graded
 * after it, and the first that fails is told in a line.
 */
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
#include "watcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct watch {
    const struct options *options;
    struct target target;
    struct grading_request request;
    struct watcher watcher;
    struct pen pen;
    const struct step *in_hand; /* NULL: none fails */
    int status;
};

/* ---- Grading ---- */

/* What comes next is drawn on an empty screen, where there is one. */
static void clear_screen(struct watch *w)
{
    if (w->pen.rubber && w->watcher.terminal >= 0)
        fputs("\033[H\033[2J", w->pen.out);
}

static const struct step *first_failed(const struct watch *w,
                                       const struct week_outcome *outcome)
{
    if (outcome->first_failed == 0)
        return NULL;
    return &w->target.week.manifest.steps[outcome->first_failed - 1];
}

/* Grade as the request says. False if the grader could not; it has told why. */
static bool grade(struct watch *w, struct week_outcome *outcome)
{
    int err = grading_run(&w->request, outcome);

    if (process_interrupted())
        process_end_by_signal();
    w->status = err == 0         ? week_outcome_status(outcome)
                : err == -EINVAL ? EXIT_USAGE
                                 : EXIT_GRADER;
    return err == 0;
}

static void grade_week(struct watch *w)
{
    struct week_outcome outcome = {0};

    w->request.only = NULL;
    w->request.live = stdout;
    w->request.save = !w->request.program;
    if (grade(w, &outcome) && !outcome.build_error)
        w->in_hand = first_failed(w, &outcome);
    week_outcome_release(&outcome);
}

/* The step in hand alone. True if it is out of the way. */
static bool grade_in_hand(struct watch *w)
{
    struct week_outcome outcome = {0};
    bool passes = false;

    w->request.only = w->in_hand;
    w->request.live = NULL;
    w->request.save = false;
    report_text_running(stdout, w->in_hand);
    if (grade(w, &outcome)) {
        passes = w->status == EXIT_PASSES || w->status == EXIT_CANNOT;
        pen_rub_out(&w->pen);
        if (!passes)
            report_write(REPORT_TEXT, stdout, &outcome);
    }
    week_outcome_release(&outcome);
    return passes;
}

/* Which core step before the one in hand fails too, if one does. */
static void tell_earlier(struct watch *w)
{
    struct week_outcome outcome = {0};
    const struct step *failed = NULL;
    int status = w->status;
    char *way_in, *text;

    w->request.only = NULL;
    w->request.before = w->in_hand;
    pen_write(&w->pen, INK_FAINT, "%s",
              w->pen.rubber ? "  the steps before it" : "");
    fflush(stdout);
    if (grade(w, &outcome)) {
        pen_rub_out(&w->pen);
        failed = first_failed(w, &outcome);
    }
    if (failed) {
        way_in = report_way_in(w->target.workspace.dir);
        text = text_format("Step %d, %s, fails too: `%s %02d.%d`.",
                           failed->number, failed->name, way_in,
                           w->target.week.number, failed->number);
        pen_write(&w->pen, INK_BAD, "  %s  ", pen_mark_bad(&w->pen));
        pen_sentence(&w->pen, INK_BAD, 5, text);
        pen_write(&w->pen, INK_PLAIN, "\n");
        free(text);
        free(way_in);
    }
    w->request.before = NULL;
    w->status = status;
    week_outcome_release(&outcome);
}

static void grade_again(struct watch *w)
{
    clear_screen(w);
    if (w->in_hand && !grade_in_hand(w)) {
        if (w->in_hand->number > 1 && w->status == EXIT_FAILS)
            tell_earlier(w);
        return;
    }
    w->in_hand = NULL;
    grade_week(w);
}

/* ---- Keys ---- */

/* The number of the next step that fails after the one in hand, and of the
 * first one after the last; 0 if none does. */
static unsigned next_failed(const struct watch *w,
                            const struct week_outcome *outcome)
{
    unsigned count = w->target.week.manifest.step_count;
    unsigned in_hand = w->in_hand ? (unsigned)w->in_hand->number : 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned number = (in_hand + i) % count + 1;

        if (outcome->steps[number - 1].verdict == VERDICT_FAILED)
            return number;
    }
    return 0;
}

/* n: leave the step in hand, and take the next one that fails. */
static void go_on(struct watch *w)
{
    struct week_outcome outcome = {0};

    clear_screen(w);
    pen_write(&w->pen, INK_FAINT, "%s", w->pen.rubber ? "  all steps" : "");
    fflush(stdout);
    w->request.only = NULL;
    w->request.live = NULL;
    w->request.save = false;
    w->request.all = true;
    if (grade(w, &outcome)) {
        pen_rub_out(&w->pen);
        outcome.first_failed = next_failed(w, &outcome);
        outcome.all = w->options->all; /* told in full: the next one alone */
        report_write(REPORT_TEXT, stdout, &outcome);
        if (!outcome.build_error)
            w->in_hand = first_failed(w, &outcome);
    }
    w->request.all = w->options->all;
    week_outcome_release(&outcome);
}

/* Another command, for the step in hand. */
static void command_in_hand(struct watch *w,
                            int (*command)(const struct options *options))
{
    struct options options = *w->options;
    char *word;

    if (!w->in_hand) {
        pen_write(&w->pen, INK_PLAIN, "  no step fails\n\n");
        return;
    }
    word = text_format("%02d.%d", w->target.week.number, w->in_hand->number);
    options.words = &word;
    options.word_count = 1;
    command(&options);
    free(word);
}

static void press(struct watch *w, char key)
{
    switch (key) {
    case 'n':
        go_on(w);
        break;
    case 'h':
        command_in_hand(w, command_hint);
        break;
    case 'd':
        command_in_hand(w, command_debug);
        break;
    case '\n':
    case ' ':
        grade_again(w);
        break;
    default:
        break;
    }
}

/* ---- Waiting ---- */

static void write_keys(struct watch *w)
{
    static const char *const keys[][2] = {
        {"n", "next failing step"},
        {"h", "hint"},
        {"d", "debug"},
        {"q", "quit"},
    };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        pen_write(&w->pen, INK_STRONG, "   %s", keys[i][0]);
        pen_write(&w->pen, INK_FAINT, " %s", keys[i][1]);
    }
}

static void say_waiting(struct watch *w)
{
    const char *name = w->target.week.name;

    pen_write(&w->pen, INK_FAINT, "  watching %s", name);
    if (w->watcher.terminal >= 0)
        write_keys(w);
    if (!w->pen.rubber || w->watcher.terminal < 0)
        fputc('\n', w->pen.out);
    fflush(w->pen.out);
}

/* Until q, a signal, or the end of the folder. */
static void watch(struct watch *w)
{
    enum watcher_event event;
    char key = 0;

    grade_week(w);
    do {
        say_waiting(w);
        event = watcher_next(&w->watcher, &key);
        if (w->watcher.terminal >= 0)
            pen_rub_out(&w->pen);
        if (event == WATCHER_SAVED)
            grade_again(w);
        else if (event == WATCHER_KEY)
            press(w, key);
    } while (event == WATCHER_SAVED || event == WATCHER_BACK ||
             (event == WATCHER_KEY && key != 'q'));
    if (event == WATCHER_ENDED)
        process_end_by_signal();
    if (event == WATCHER_GONE) {
        complain("%s is gone from the workspace", w->target.week.name);
        w->status = EXIT_USAGE;
    }
}

int command_watch(const struct options *options)
{
    struct watch w = {.options = options};
    char *dir = NULL;
    int err;

    pen_init(&w.pen, stdout);
    w.status = target_find_started(
        options, options->word_count > 0 ? options->words[0] : NULL, &w.target);
    if (w.status != 0)
        goto out;
    w.status = EXIT_USAGE;
    if (request_init(&w.request, options, &w.target) < 0)
        goto out;
    dir = workspace_week_dir(&w.target.workspace, &w.target.week);
    err = watcher_open(&w.watcher, dir, &w.target.week.manifest, STDIN_FILENO);
    if (err < 0) {
        complain("%s can't be watched: %s", dir, strerror(-err));
        goto out;
    }
    workspace_mend(&w.target.workspace, &w.target.week);
    workspace_last_week_set(&w.target.workspace, w.target.week.name);
    watch(&w);
    watcher_close(&w.watcher);
out:
    free(dir);
    request_release(&w.request);
    target_release(&w.target);
    return w.status;
}
