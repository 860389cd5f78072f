/*
 * lab_internal.h: what lab.c and lab_expect.c share; not for tests.
 */
#ifndef LAB_INTERNAL_H
#define LAB_INTERNAL_H

#include "lab.h"
#include "lab_shared.h"

/* The page of this run; valid inside lab_main. */
extern struct lab_shared *lab_page;

/* --debug: a failure stops in the debugger instead of ending a process. */
extern bool lab_debugging;

/* Then, where gdb holds not this process but a machine of its: what is done
 * after the failure was printed. Does not return. NULL: nobody. */
extern void (*lab_when_debugged)(void);

/* LAB_PATIENCE_MS; the harness's own tests shorten it. */
extern int lab_patience_ms;

/* "10 s, the test's limit against hanging": what a report says of a wait that
 * was given up. Borrowed until the same thread's next call. */
const char *lab_patience_text(void);

/* The plain report of a bare run. */
void lab_print_result(const char *step, bool passed);

/* Has a sanitizer written a report in this run? Also in a process that the test
 * looks at no more. */
bool lab_has_reports(void);

/* Is it one of the programs that lab_program() finds, and not another that
 * `--program=` put in its place? */
bool lab_is_program(const char *path);

/* Called before the test's own process writes a failure down: another may be
 * about to tell the cause of it, and its words go first. NULL: nobody. */
extern void (*lab_before_failure)(void);

/* Under which name a member's own make builds as this was built. */
#if defined(__SANITIZE_ADDRESS__)
#define LAB_SANITIZER "address"
#elif defined(__SANITIZE_THREAD__)
#define LAB_SANITIZER "thread"
#else
#define LAB_SANITIZER "none"
#endif

/* Remove the folder that lab_tmp made, if it made one. */
void lab_tmp_remove(void);

#endif
