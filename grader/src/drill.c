/*
 * drill.c: `grade drill [WEEK]`, an incident against the clock.
 *
 *     no drill ──grade drill 06──> open ──grade drill 06──> still there
 *                                   │ ^                         │
 *                                   │ └─────────────────────────┘
 *                                   ├──every core step passes──> solved, told
 *                                   └──--anyway──> told
 *
 * An open drill is a folder, WORKSPACE/drill/06-wal, with the files to read and
 * mend, links to what lies beside them in the week, and a note of which bug it
 * is and since when, in WORKSPACE/.grade/drill/06-wal.json. A drill that is
 * over leaves its folder; the next one of that week replaces it.
 */
#include "drill.h"

#include "clean.h"
#include "commands.h"
#include "course.h"
#include "files.h"
#include "grading.h"
#include "needs.h"
#include "pen.h"
#include "process.h"
#include "report_formats.h"
#include "request.h"
#include "target.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

struct drill {
    const struct options *options;
    struct target target;
    struct bug *bugs;
    int bug_count;
    const struct bug *bug; /* the one of the open drill; NULL: none is open */
    long long started;     /* seconds since the epoch */
    char *dir;             /* WORKSPACE/drill/06-wal */
    char *note;            /* WORKSPACE/.grade/drill/06-wal.json */
    struct pen pen;
};

/* ---- Small parts ---- */

int drill_pick(int count, uint64_t seed)
{
    /* Neighbouring seeds pick apart (the finalizer of splitmix64). */
    seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9u;
    seed = (seed ^ (seed >> 27)) * 0x94d049bb133111ebu;
    return (int)((seed ^ (seed >> 31)) % (uint64_t)count);
}

char *drill_clock(long long seconds)
{
    if (seconds < 0)
        seconds = 0; /* the machine's clock was set back */
    if (seconds < 3600)
        return text_format("%lld:%02lld", seconds / 60, seconds % 60);
    return text_format("%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60,
                       seconds % 60);
}

char *drill_story(const char *patch)
{
    const char *begin = strstr(patch, "\n\n");
    const char *end =
        strncmp(patch, "diff ", 5) == 0 ? patch : strstr(patch, "\ndiff ");

    if (!begin || !end || begin >= end)
        return text_format("%s", "");
    begin += 2;
    while (end > begin && (end[-1] == '\n' || end[-1] == ' '))
        end--;
    return text_format("%.*s", (int)(end > begin ? end - begin : 0), begin);
}

static char *elapsed(const struct drill *d)
{
    return drill_clock((long long)time(NULL) - d->started);
}

/* ---- The note of the open drill ---- */

static int write_note(const struct drill *d)
{
    char *dir = path_join(d->target.workspace.state, "drill");
    json_t *json = json_pack("{ss sI}", "bug", d->bug->name, "started",
                             (json_int_t)d->started);
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    int err = text ? dir_make(dir) : -ENOMEM;

    if (err == 0)
        err = file_write_atomic(d->note, text, strlen(text));
    free(text);
    json_decref(json);
    free(dir);
    return err;
}

/* Find the open drill. A note whose bug is gone from the course, or whose
 * folder is, is none. */
static void read_note(struct drill *d)
{
    char *text = file_read(d->note, NULL);
    json_t *json = text ? json_loads(text, 0, NULL) : NULL;
    const char *name = json_string_value(json_object_get(json, "bug"));

    d->started = json_integer_value(json_object_get(json, "started"));
    for (int i = 0; name && path_is_dir(d->dir) && i < d->bug_count; i++)
        if (strcmp(d->bugs[i].name, name) == 0)
            d->bug = &d->bugs[i];
    json_decref(json);
    free(text);
}

static void close_drill(struct drill *d)
{
    unlink(d->note);
    d->bug = NULL;
}

/* ---- What is told ---- */

static void write_row(struct drill *d, const char *word, const char *text)
{
    pen_write(&d->pen, INK_FAINT, "  %-9s", word);
    pen_sentence(&d->pen, INK_PLAIN, 11, text);
}

static void write_heading(struct drill *d)
{
    pen_write(&d->pen, INK_FAINT, "\n  Drill %02d  ", d->target.week.number);
    pen_write(&d->pen, INK_STRONG, "%s\n\n", d->target.week.manifest.title);
}

static void write_files(struct drill *d)
{
    const struct manifest *manifest = &d->target.week.manifest;
    char *near = report_path(d->dir);
    char *names = text_format("%s", "");

    for (unsigned i = 0; i < manifest->yours_count; i++) {
        char *longer = text_format("%s %s", names, manifest->yours[i]);

        free(names);
        names = longer;
    }
    write_row(d, "in", near);
    write_row(d, "files", names);
    free(names);
    free(near);
}

static void tell_incident(struct drill *d)
{
    char *way_in = report_way_in(d->target.workspace.dir);
    int week = d->target.week.number;

    write_heading(d);
    write_row(d, "seen", d->bug->seen);
    write_files(d);
    pen_write(&d->pen, INK_PLAIN,
              "\n  The solution, with one mistake in it. Find it and mend it "
              "there.\n\n");
    pen_write(&d->pen, INK_PLAIN, "  %s drill %02d", way_in, week);
    pen_write(&d->pen, INK_FAINT, "            looks whether it is gone\n");
    pen_write(&d->pen, INK_PLAIN, "  %s drill %02d --anyway", way_in, week);
    pen_write(&d->pen, INK_FAINT, "   gives up, and tells\n\n");
    free(way_in);
}

/* What it was: in words, and as the patch that brought it. */
static void tell_bug(struct drill *d)
{
    char *patch = file_read(d->bug->path, NULL);
    char *story = drill_story(patch ? patch : "");
    const char *diff = patch ? strstr(patch, "\n--- ") : NULL;

    write_row(d, "step", d->target.week.manifest.steps[d->bug->step - 1].title);
    write_row(d, "seen", d->bug->seen);
    write_row(d, "mistake", d->bug->mistake);
    if (*story)
        write_row(d, "", story);
    if (diff) {
        pen_write(&d->pen, INK_FAINT, "\n  how it came in:\n\n");
        pen_lines(&d->pen, INK_PLAIN, 2, diff + 1);
    }
    fputc('\n', d->pen.out);
    free(story);
    free(patch);
}

/* ---- Looking whether it is gone ---- */

/* The solution passes every step that can run here, the stretch steps too. */
static const struct outcome *first_failed(const struct week_outcome *outcome)
{
    for (unsigned i = 0; i < outcome->week->manifest.step_count; i++)
        if (outcome->steps[i].verdict != VERDICT_PASSED &&
            outcome->steps[i].verdict != VERDICT_CANNOT_RUN)
            return &outcome->steps[i];
    return NULL;
}

static int tell_solved(struct drill *d)
{
    char *clock = elapsed(d);

    write_heading(d);
    pen_write(&d->pen, INK_GOOD, "  Solved in %s.\n\n", clock);
    tell_bug(d);
    close_drill(d);
    free(clock);
    return EXIT_PASSES;
}

/* The step that the bug fails may not be named: it would tell too much. */
static int tell_open(struct drill *d, const struct week_outcome *outcome,
                     const struct outcome *failed)
{
    char *clock = elapsed(d);
    bool bug_is_there =
        outcome->steps[d->bug->step - 1].verdict != VERDICT_PASSED;

    write_heading(d);
    if (bug_is_there) {
        pen_write(&d->pen, INK_BAD, "  Not yet, after %s.\n\n", clock);
        write_row(d, "seen", d->bug->seen);
    } else {
        char *why = report_one_line(failed);

        pen_write(&d->pen, INK_BAD,
                  "  That is gone, but step %d %s fails now, after %s.\n\n",
                  failed->step->number, failed->step->name, clock);
        write_row(d, "why", why);
        free(why);
    }
    fputc('\n', d->pen.out);
    free(clock);
    return EXIT_FAILS;
}

/* Grade the folder of the drill as if it were the member's. */
static int grade_folder(struct drill *d, struct week_outcome *outcome)
{
    struct grading_request request;
    int err;

    if (request_init(&request, d->options, &d->target) < 0)
        return -EINVAL;
    request.only = NULL;
    request.seed = 0;
    request.all = true;
    request.no_blame = true;
    request.from = d->dir;
    if (d->pen.rubber)
        pen_write(&d->pen, INK_FAINT, "  looking");
    fflush(stdout);
    err = grading_run(&request, outcome);
    pen_rub_out(&d->pen);
    request_release(&request);
    if (process_interrupted())
        process_end_by_signal();
    return err;
}

static int look(struct drill *d)
{
    struct week_outcome outcome = {0};
    const struct outcome *failed;
    int err = grade_folder(d, &outcome);
    int status;

    if (err < 0) {
        status = err == -EINVAL || err == -ENOENT ? EXIT_USAGE : EXIT_GRADER;
    } else if (outcome.build_error) {
        report_write(REPORT_TEXT, stdout, &outcome);
        status = EXIT_FAILS;
    } else if ((failed = first_failed(&outcome)) != NULL) {
        status = tell_open(d, &outcome, failed);
    } else {
        status = tell_solved(d);
    }
    week_outcome_release(&outcome);
    return status;
}

static int give_up(struct drill *d)
{
    char *clock = elapsed(d);

    write_heading(d);
    pen_write(&d->pen, INK_ODD, "  Given up after %s.\n\n", clock);
    tell_bug(d);
    close_drill(d);
    free(clock);
    return EXIT_PASSES;
}

/* ---- Beginning ---- */

static uint64_t seed_of(const struct options *options)
{
    uint64_t seed = options->seed;

    if (seed == 0 && getrandom(&seed, sizeof seed, 0) != sizeof seed)
        seed = (uint64_t)time(NULL);
    return seed;
}

/* What is needed to see the bug is here. */
static bool can_run(const struct drill *d, const struct bug *bug)
{
    const struct step *step = &d->target.week.manifest.steps[bug->step - 1];

    for (unsigned i = 0; i < NEEDS; i++)
        if (step->needs & (1u << i) &&
            !need_probe((enum need)(1u << i), NULL, NULL))
            return false;
    return true;
}

static const struct bug *pick(const struct drill *d)
{
    int count = 0, picked;

    for (int i = 0; i < d->bug_count; i++)
        count += can_run(d, &d->bugs[i]);
    if (count == 0)
        return NULL;
    picked = drill_pick(count, seed_of(d->options));
    for (int i = 0; i < d->bug_count; i++)
        if (can_run(d, &d->bugs[i]) && picked-- == 0)
            return &d->bugs[i];
    return NULL;
}

static int begin(struct drill *d)
{
    int err;

    d->bug = pick(d);
    if (!d->bug && !path_is_dir(d->target.week.solution)) {
        complain("solutions/%s is not in this course, and a drill is its code "
                 "with a bug in it",
                 d->target.week.name);
        return EXIT_USAGE;
    }
    if (!d->bug) {
        complain("%s has no known bug that this machine can show",
                 d->target.week.name);
        return EXIT_CANNOT;
    }
    d->started = (long long)time(NULL);
    if (drill_lay(&d->target.workspace, &d->target.week, d->bug, d->dir) < 0)
        return EXIT_GRADER;
    err = write_note(d);
    if (err < 0) {
        complain("%s: %s", d->note, strerror(-err));
        return EXIT_GRADER;
    }
    tell_incident(d);
    return EXIT_PASSES;
}

static int drill(struct drill *d)
{
    const struct workspace *workspace = &d->target.workspace;

    d->bug_count = bugs_load(&d->target.week, &d->bugs);
    if (d->bug_count < 0)
        return EXIT_USAGE;
    d->dir = text_format("%s/drill/%s", workspace->dir, d->target.week.name);
    d->note =
        text_format("%s/drill/%s.json", workspace->state, d->target.week.name);
    pen_init(&d->pen, stdout);
    read_note(d);
    if (!d->bug && d->options->anyway) {
        complain("no drill of %s is open", d->target.week.name);
        return EXIT_USAGE;
    }
    if (!d->bug)
        return begin(d);
    return d->options->anyway ? give_up(d) : look(d);
}

int command_drill(const struct options *options)
{
    struct drill d = {.options = options};
    int status = target_find(
        options, options->word_count > 0 ? options->words[0] : NULL, &d.target);
    char *way_in;

    if (status == 0 && !d.target.has_workspace) {
        way_in = workspace_way_in(d.target.workspace.dir);
        complain("there is no workspace at %s yet; `%s start %02d` makes it",
                 d.target.workspace.dir, way_in, d.target.week.number);
        free(way_in);
        status = EXIT_USAGE;
    } else if (status == 0) {
        status = drill(&d);
    }
    if (d.bugs)
        bugs_release(d.bugs, d.bug_count);
    free(d.dir);
    free(d.note);
    target_release(&d.target);
    return status;
}
