/*
 * report_words.c: the phrases that more than one format uses.
 */
#include "clean.h"
#include "files.h"
#include "report_formats.h"

#include <stdlib.h>
#include <string.h>

char *report_one_line(const struct outcome *step)
{
    const char *what = step->what  ? step->what
                       : step->why ? step->why
                                   : verdict_name(step->verdict);
    char *line, *clean;

    if (step->expected && step->actual)
        line = text_format("%s (expected %s, is %s)", what, step->expected,
                           step->actual);
    else
        line = text_format("%s", what);
    clean = text_clean_line(line, false);
    free(line);
    return clean;
}

char *report_skipped(const struct outcome *step)
{
    char *why, *text;

    if (step->verdict == VERDICT_BLOCKED)
        return text_format("blocked by step %d", step->blocked_by);
    if (step->verdict != VERDICT_CANNOT_RUN || !step->why)
        return text_format("%s", verdict_name(step->verdict));
    why = text_clean_line(step->why, false);
    text = text_format("%s: %s", verdict_name(step->verdict), why);
    free(why);
    return text;
}

bool report_lists(const struct week_outcome *outcome,
                  const struct outcome *step)
{
    return outcome->whole_week || step->verdict != VERDICT_NONE;
}

char *report_fence(const char *text)
{
    size_t longest = 2, run;

    for (; *text; text += run ? run : 1) {
        run = strspn(text, "`");
        if (run > longest)
            longest = run;
    }
    char *fence = text_format("%*s", (int)longest + 1, "");
    memset(fence, '`', longest + 1);
    return fence;
}

char *report_replay(const struct week_outcome *outcome,
                    const struct outcome *step)
{
    char *way_in = report_way_in(outcome->workspace);
    char *line =
        text_format("%s %02d.%d --seed %llu%s", way_in, outcome->week->number,
                    step->step->number, (unsigned long long)step->seed,
                    outcome->replay_options ? outcome->replay_options : "");

    free(way_in);
    return line;
}
