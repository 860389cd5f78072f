/*
 * git.c: see git.h.
 */
#include "git.h"

#include "files.h"
#include "process.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ARGUMENTS_MAX 32

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

/* git FIRST… -- FILE… */
static bool run_on(const char *dir, const char *const first[],
                   const char *const files[])
{
    const char *arguments[ARGUMENTS_MAX + 1] = {NULL};
    size_t used = 0;

    while (first[used] && used < ARGUMENTS_MAX) {
        arguments[used] = first[used];
        used++;
    }
    for (size_t i = 0; files[i]; i++) {
        if (used == ARGUMENTS_MAX)
            return false;
        arguments[used++] = files[i];
    }
    return git_run(dir, arguments);
}

bool git_commit(const char *dir, const char *message, const char *const files[])
{
    static const char *const ask_name[] = {"config", "user.name", NULL};
    static const char *const ask_mail[] = {"config", "user.email", NULL};
    static const char *const add[] = {"add", "--", NULL};
    /* No hooks and no signature: neither may ask for anything. */
    const char *const commit[] = {"-c",     "commit.gpgsign=false",
                                  "-c",     "core.hooksPath=/dev/null",
                                  "commit", "--quiet",
                                  "-m",     message,
                                  "--",     NULL};

    return git_run(dir, ask_name) && git_run(dir, ask_mail) &&
           run_on(dir, add, files) && run_on(dir, commit, files);
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
