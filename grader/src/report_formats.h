/*
 * report_formats.h: the five formats behind report_write(), and what they
 * share.
 */
#ifndef REPORT_FORMATS_H
#define REPORT_FORMATS_H

#include "pen.h"
#include "report.h"

void report_text(FILE *out, const struct week_outcome *outcome);
void report_json(FILE *out, const struct week_outcome *outcome);
void report_junit(FILE *out, const struct week_outcome *outcome);
void report_tap(FILE *out, const struct week_outcome *outcome);
void report_github(FILE *out, const struct week_outcome *outcome);

/* What there is to say below the line of a step that failed, cannot run, or
 * is the grader's own fault (report_detail.c). */
void report_detail(struct pen *pen, const struct week_outcome *outcome,
                   const struct outcome *step);

/* The same as plain UTF-8 text, for the formats that carry it inside. Owned by
 * the caller; free(). */
char *report_detail_text(const struct week_outcome *outcome,
                         const struct outcome *step);

/* One plain line that says what is wrong with a step: "bytes that came back
 * (expected "a", is "b")". Owned by the caller; free(). */
char *report_one_line(const struct outcome *step);

/* Why a step was skipped: "blocked by step 1", "not reached", "cannot run: …".
 * Owned by the caller; free(). */
char *report_skipped(const struct outcome *step);

/* Whether a report lists this step: all of a week's, or the one asked for. */
bool report_lists(const struct week_outcome *outcome,
                  const struct outcome *step);

/* A Markdown fence that no run of backticks in the text closes. Owned by the
 * caller; free(). */
char *report_fence(const char *text);

/* "work/grade 01.3 --seed 4711": owned by the caller; free(). */
char *report_replay(const struct week_outcome *outcome,
                    const struct outcome *step);

#endif
