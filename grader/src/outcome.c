/*
 * outcome.c: what came out of a step and of a week, summed up.
 */
#include "outcome.h"

#include "course.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *verdict_name(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_NONE:
        return "not reached";
    case VERDICT_PASSED:
        return "passed";
    case VERDICT_FAILED:
        return "failed";
    case VERDICT_CANNOT_RUN:
        return "cannot run";
    case VERDICT_BLOCKED:
        return "blocked";
    case VERDICT_BROKEN:
        return "broken";
    }
    return "unknown";
}

static bool any_step(const struct week_outcome *outcome, enum verdict verdict,
                     bool stretch_too)
{
    for (unsigned i = 0; i < outcome->week->manifest.step_count; i++)
        if (outcome->steps[i].verdict == verdict &&
            (stretch_too || !outcome->week->manifest.steps[i].stretch))
            return true;
    return false;
}

/*
 * A stretch step counts only where it alone was asked for. A step that nobody
 * reached is no pass, but only where the whole week was asked for.
 */
int week_outcome_status(const struct week_outcome *outcome)
{
    bool asked = !outcome->whole_week;

    if (any_step(outcome, VERDICT_BROKEN, true))
        return EXIT_GRADER;
    if (outcome->build_error || any_step(outcome, VERDICT_FAILED, asked) ||
        any_step(outcome, VERDICT_BLOCKED, asked))
        return EXIT_FAILS;
    if (any_step(outcome, VERDICT_CANNOT_RUN, asked))
        return EXIT_CANNOT;
    if (outcome->whole_week && !week_outcome_passed(outcome))
        return EXIT_FAILS;
    return EXIT_PASSES;
}

bool week_outcome_passed(const struct week_outcome *outcome)
{
    const struct manifest *manifest = &outcome->week->manifest;

    for (unsigned i = 0; i < manifest->step_count; i++)
        if (!manifest->steps[i].stretch &&
            outcome->steps[i].verdict != VERDICT_PASSED)
            return false;
    return !outcome->build_error;
}

void outcome_release(struct outcome *outcome)
{
    char *owned[] = {
        outcome->test,      outcome->what,    outcome->expected,
        outcome->actual,    outcome->file,    outcome->transcript,
        outcome->sanitizer, outcome->output,  outcome->blame,
        outcome->why,       outcome->command,
    };

    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        free(owned[i]);
    *outcome = (struct outcome){.step = outcome->step};
}

void week_outcome_release(struct week_outcome *outcome)
{
    unsigned steps = outcome->week ? outcome->week->manifest.step_count : 0;

    for (unsigned i = 0; outcome->steps && i < steps; i++)
        outcome_release(&outcome->steps[i]);
    for (unsigned i = 0; i < outcome->note_count; i++)
        free(outcome->notes[i]);
    free(outcome->steps);
    free(outcome->notes);
    free(outcome->built_on);
    free(outcome->build_error);
    free(outcome->build_words);
    free(outcome->replay_options);
    *outcome = (struct week_outcome){0};
}

void week_outcome_note(struct week_outcome *outcome, const char *format, ...)
{
    size_t count = outcome->note_count + 1;
    char **notes = realloc(outcome->notes, count * sizeof *notes);
    char *note;
    va_list values;

    va_start(values, format);
    if (!notes || vasprintf(&note, format, values) < 0)
        abort(); /* no memory for one line: nothing can be reported either */
    va_end(values);
    outcome->notes = notes;
    for (unsigned i = 0; i < outcome->note_count; i++)
        if (strcmp(notes[i], note) == 0) {
            free(note);
            return;
        }
    notes[outcome->note_count++] = note;
}
