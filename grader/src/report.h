/*
 * report.h: outcomes as text and as files.
 *
 * A report is drawn in two ways: live (a line as each step ends; text only)
 * and whole (every format). report_NAME.c draws one format each.
 */
#ifndef REPORT_H
#define REPORT_H

#include "outcome.h"

#include <stdio.h>

enum report_format {
    REPORT_TEXT,
    REPORT_JSON,
    REPORT_JUNIT,
    REPORT_TAP,
    REPORT_GITHUB,
};

/* "text", "json", …; -EINVAL if it is none of them. */
int report_format_parse(const char *name, enum report_format *format);

/* The whole report on `out`, which is a terminal or not (colour). */
void report_write(enum report_format format, FILE *out,
                  const struct week_outcome *outcome);

/*
 * Live text: heading, a line a step as it ends, what failed under the first
 * failing one, and a closing line. The line of a running step is drawn only
 * where `out` is a terminal. report_text_step is for every step with a
 * verdict, blocked ones too; first_failed is set before it is called for that
 * one. report_text_end draws the steps that were not reached, and the notes.
 */
void report_text_begin(FILE *out, const struct week_outcome *outcome);
void report_text_running(FILE *out, const struct step *step);
void report_text_step(FILE *out, const struct week_outcome *outcome,
                      const struct outcome *step);
void report_text_end(FILE *out, const struct week_outcome *outcome);

/*
 * WEEK/report.json: verdicts and three hashes, the same from run to run.
 * Written atomically; a damaged one is told and replaced (it holds nothing
 * that grading does not bring back).
 */
int report_save(const char *week_dir, const struct week_outcome *outcome);

/*
 * How this member calls the grader from the current folder: "work/grade",
 * "../grade", …; every text that names a command begins with it. Owned by the
 * caller; release with free().
 *   workspace   the workspace's folder, or NULL where there is none
 */
char *report_way_in(const char *workspace);

/* A path as one would type it here: relative where that is shorter. Owned by
 * the caller; release with free(). */
char *report_path(const char *path);

/* A saved report, as `grade list`, `status` and `update` need it. */
struct saved_report {
    bool exists, damaged;
    bool passed; /* every core step passed */
    unsigned passed_steps, core_steps;
    char files_hash[65], contract_hash[65], tests_hash[65];
    enum verdict verdicts[STEPS_MAX]; /* by step order of the manifest */
};
/* Returns 0 also where there is none (exists = false). */
int report_load(const char *week_dir, const struct week *week,
                struct saved_report *saved);

/* The three hashes of a week as it is now. */
int report_hashes(const char *week_dir, const struct week *week, char files[65],
                  char contract[65], char tests[65]);

#endif
