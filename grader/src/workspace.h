/*
 * workspace.h: the member's folder (work/), a git repository of their own.
 *
 *     work/
 *       grade            link to COURSE/grader/grade, the way in
 *       workspace.json   marks the folder; course url and commit; `use` choices
 *       06-wal/
 *         wal.c          the member's: a copy of the starter, then theirs
 *         report.json    the last verdicts; committed by the member
 *         README.md …    links into weeks/06-wal, ignored by git
 *         Makefile       link to COURSE/starter/week.mk, likewise
 *       .grade/          builds, logs, seeds, times; ignored by git
 *
 *  1. A file that the member changed is never written.
 *  2. Links are mended; what replaced a link by hand is left and told.
 */
#ifndef WORKSPACE_H
#define WORKSPACE_H

#include "manifest.h"

#include <stdbool.h>

struct workspace {
    char *dir;   /* absolute */
    char *state; /* DIR/.grade */
};

/* Whose module a later week builds on. */
enum origin { ORIGIN_MINE, ORIGIN_REFERENCE, ORIGIN_DIR };

/*
 * Find the workspace: `given` (--workspace) if not NULL, else the environment
 * variable GRADE_WORKSPACE (WORKSPACE/grade sets it), else the one around the
 * current folder (workspace.json), else COURSE/work. Does not create it.
 * Returns 0 (it exists), -ENOENT with w->dir set to where it would be, or
 * another -errno after telling what is wrong. Release with
 * workspace_release().
 */
int workspace_find(struct workspace *w, const char *given);
void workspace_release(struct workspace *w);

/*
 * How the grader is called from here: "work/grade", or "build/grade" as long as
 * there is no workspace; every text that names a command begins with it.
 *   given   as of workspace_find()
 * Owned by the caller; release with free().
 */
char *workspace_way_in(const char *given);

/* Tell that `start` of this week makes it. */
void complain_no_workspace(const char *given, int week);

/* Create it from starter/member, with git init, if it is not there; mend
 * work/grade. Returns 0, or -errno after telling. */
int workspace_create(struct workspace *w);

/* `grade start`: lay the week into the workspace (see the head), and commit the
 * starter there, if it can be. Prints what it did, a line each. Returns 0 or
 * -errno after telling. */
int workspace_start(struct workspace *w, const struct week *week);

/* The same without a word and without copies of the starter: only mend links.
 * Tells edited copies of given files on standard error. Returns 0; -ENOENT
 * without a word where the week was not started; or -errno after telling. */
int workspace_mend(struct workspace *w, const struct week *week);

/* DIR/NN-name as a new string; release with free(). */
char *workspace_week_dir(const struct workspace *w, const struct week *week);

/*
 * Check the member's files of a week: each a regular file in the week's
 * folder, readable, not empty, text, at most FILE_BYTES_MAX. Tells the first
 * that is not ("work/01-tcp-echo/echo.c: is a folder; …; `grade start 01`
 * brings the starter"). Returns 0 or -EINVAL.
 */
int workspace_check_files(const struct workspace *w, const struct week *week);

/* Whose module of `week` later weeks build on: the saved choice; without one,
 * mine where the week passed, else the reference.
 *   dir   out: the folder for ORIGIN_DIR and ORIGIN_MINE, else NULL; free() */
enum origin workspace_use(const struct workspace *w, const char *week,
                          char **dir);
/* Save the choice: "mine", "reference", a folder; NULL takes it back.
 * 0 or -errno after telling. */
int workspace_use_set(struct workspace *w, const char *week,
                      const char *choice);

/* Was that a saved choice, or the default? */
bool workspace_use_is_chosen(const struct workspace *w, const char *week);

/* The folder of a week's sources that DIR means: DIR itself, or DIR/06-wal of
 * another member's workspace. Absolute, owned by the caller, release with
 * free(); NULL after telling that it lacks a file. */
char *workspace_module_dir(const struct week *week, const char *given);

/* Save which commit of the course this workspace goes with. 0 or -errno after
 * telling. */
int workspace_note_course(const struct workspace *w);

/* What a link `depth` folders below the workspace points to, for a path below
 * the course: relative where the workspace lies in the course, else absolute.
 * Release with free(). */
char *workspace_link_target(const struct workspace *w, unsigned depth,
                            const char *path);

/* The week last worked on, or NULL; release with free(). */
char *workspace_last_week(const struct workspace *w);
void workspace_last_week_set(struct workspace *w, const char *week);

#endif
