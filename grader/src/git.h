/*
 * git.h: the few questions that are put to git. It may be missing, and may
 * refuse (a folder of another user's): both are answers here, not errors.
 */
#ifndef GIT_H
#define GIT_H

#include <stdbool.h>

/*
 * Run `git ARGUMENT…` in a folder, without a word on the terminal.
 *   arguments   NULL-ended
 * Returns true if it ended with status 0.
 */
bool git_run(const char *dir, const char *const arguments[]);

/* The first line that `git ARGUMENT…` prints there, owned by the caller,
 * release with free(); NULL where it fails or prints nothing. */
char *git_line(const char *dir, const char *const arguments[]);

/*
 * Commit these files as they are, and nothing else that is staged, where git
 * knows whose name to write. No hook runs, and nobody is asked for anything.
 *   files   NULL-ended, relative to dir; "." is all of it
 * Returns true if there is a commit more.
 */
bool git_commit(const char *dir, const char *message,
                const char *const files[]);

/* Is the folder itself the top of a git repository (not only inside one)? */
bool git_is_top(const char *dir);

#endif
