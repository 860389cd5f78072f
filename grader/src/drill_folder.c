/*
 * drill_folder.c: the folder of a drill: the solution with one bug, and links
 * to what lies beside it in the week.
 */
#include "drill.h"

#include "course.h"
#include "files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_yours(const struct manifest *manifest, const char *name)
{
    for (unsigned i = 0; i < manifest->yours_count; i++)
        if (strcmp(manifest->yours[i], name) == 0)
            return true;
    return false;
}

/* Links to the contract, the given code and the tests, so that an editor finds
 * them. */
static int lay_links(const struct workspace *workspace, const struct week *week,
                     const char *dir)
{
    char **names;
    int count = dir_list(week->dir, &names), err = 0;

    for (int i = 0; err >= 0 && i < count; i++) {
        char *path = path_join(dir, names[i]);
        char *below = text_format("weeks/%s/%s", week->name, names[i]);
        char *goal = workspace_link_target(workspace, 2, below);

        if (names[i][0] != '.' && strcmp(names[i], "week.yaml") != 0 &&
            !is_yours(&week->manifest, names[i]))
            err = link_update(goal, path);
        free(goal);
        free(below);
        free(path);
    }
    if (count >= 0)
        names_free(names, count);
    return count < 0 ? count : err < 0 ? err : 0;
}

/* A git of the member's does not keep drills. */
static int lay_ignore(const struct workspace *workspace)
{
    static const char text[] = "# Written by grade: drills are not kept.\n*\n";
    char *path = text_format("%s/drill/.gitignore", workspace->dir);
    int err = file_update(path, text, strlen(text));

    free(path);
    return err < 0 ? err : 0;
}

int drill_lay(const struct workspace *workspace, const struct week *week,
              const struct bug *bug, const char *dir)
{
    char *words = NULL;
    int err = dir_remove(dir);

    if (err == -ENOENT)
        err = 0;
    if (err == 0)
        err = dir_make(dir);
    if (err == 0)
        err = lay_ignore(workspace);
    if (err == 0)
        err = bug_apply(bug, week, dir, &words);
    if (err == 0)
        err = lay_links(workspace, week, dir);
    if (err == 1) {
        complain("%s does not apply any more: %s", bug->path, words);
        err = -EINVAL;
    } else if (err < 0) {
        complain("%s: %s", dir, strerror(-err));
    }
    free(words);
    return err;
}
