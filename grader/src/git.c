/*
 * git.c: see git.h.
 */
#include "git.h"

#include "files.h"
#include "process.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ARGUMENTS_MAX 16

/*
 * A hook or an alias that runs grade leaves GIT_DIR and its like in the
 * environment: they would point git at another repository. And a course that
 * root unpacked may be read by its users (safe.directory); nothing that we ask
 * runs a program of that repository's choice. Warnings are no answer: only
 * standard output is.
 */
static const char script[] =
    "unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX\n"
    "exec git -c 'safe.directory=*' \"$@\" 2>/dev/null";

static int run(const char *dir, const char *const arguments[],
               struct process_result *result)
{
    const char *argv[ARGUMENTS_MAX + 5] = {"sh", "-c", script, "git"};

    for (size_t i = 0; arguments[i] && i < ARGUMENTS_MAX; i++)
        argv[4 + i] = arguments[i];

    struct process_request request = {
        .argv = argv,
        .dir = dir,
        .env = (const char *const[]){"LC_ALL=C", "GIT_TERMINAL_PROMPT=0", NULL},
        .keep_fd = -1,
    };
    return process_run(&request, result);
}

bool git_run(const char *dir, const char *const arguments[])
{
    struct process_result result;
    bool succeeded =
        run(dir, arguments, &result) == 0 && process_succeeded(&result);

    process_result_release(&result);
    return succeeded;
}

char *git_line(const char *dir, const char *const arguments[])
{
    struct process_result result;
    char *line = NULL;

    if (run(dir, arguments, &result) == 0 && process_succeeded(&result)) {
        size_t len = strcspn(result.output, "\n");
        if (len > 0)
            line = text_format("%.*s", (int)len, result.output);
    }
    process_result_release(&result);
    return line;
}

bool git_is_top(const char *dir)
{
    const char *const ask[] = {"rev-parse", "--show-toplevel", NULL};
    char *top = git_line(dir, ask);
    struct stat a, b;
    bool same = top && stat(top, &a) == 0 && stat(dir, &b) == 0 &&
                a.st_dev == b.st_dev && a.st_ino == b.st_ino;

    free(top);
    return same;
}
