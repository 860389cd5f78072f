/*
 * course.h: the checkout of the course, and the exit statuses.
 */
#ifndef COURSE_H
#define COURSE_H

#include "manifest.h"

/* Exit status of every command: the first that holds, from the top. */
enum {
    EXIT_GRADER = 4, /* the grader's own fault */
    EXIT_USAGE = 2,  /* wrong usage, manifest or workspace */
    EXIT_FAILS = 1,  /* a step fails */
    EXIT_CANNOT = 3, /* a step can't run here */
    EXIT_PASSES = 0, /* every core step passes */
};

/* The checkout that this program was built in, from /proc/self/exe;
 * the environment variable GRADE_COURSE overrides it (the grader's own tests
 * use made-up courses). Owned by the module. NULL after telling why. */
const char *course_dir(void);

/* All weeks, sorted by number, as folder names. Count or -errno; release
 * with names_free(). */
int course_weeks(char ***names);

/*
 * Which week "6", "06", "06-wal", "wal", "weeks/06-wal", "work/06-wal" or
 * "." means, and which step "06.3" or "06.half-close" adds.
 *   step   out: the step as text, release with free(); NULL if none was named
 * Returns the week's folder name, release with free(); or NULL after telling
 * which weeks there are.
 */
char *course_resolve(const char *text, char **step);

/* Print "grade: " and one line to standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
