/* bugs.c: see bugs.h. */
#include "bugs.h"

#include "course.h"
#include "files.h"
#include "process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The rest of the line that begins with this key, before the diff; or NULL. */
static char *head_value(const char *text, const char *key)
{
    for (const char *line = text; *line != '\0';) {
        size_t end = strcspn(line, "\n");
        if (strncmp(line, "diff ", 5) == 0)
            return NULL;
        if (strncmp(line, key, strlen(key)) == 0) {
            const char *value = line + strlen(key);
            value += strspn(value, " ");
            return text_format("%.*s", (int)(line + end - value), value);
        }
        line += end + (line[end] == '\n');
    }
    return NULL;
}

static int read_head(struct bug *bug, const struct week *week)
{
    char *text = file_read(bug->path, NULL);
    if (text == NULL) {
        complain("%s: %s", bug->path, strerror(errno));
        return -EINVAL;
    }
    char *step_name = head_value(text, "Step:");
    bug->mistake = head_value(text, "Bug:");
    bug->seen = head_value(text, "Seen:");
    free(text);
    const struct step *step =
        step_name != NULL ? week_step(week, step_name) : NULL;
    int err = 0;
    if (step == NULL || bug->mistake == NULL || bug->seen == NULL) {
        complain("%s: its head needs the lines Step: (a step of week.yaml), "
                 "Bug: and Seen:",
                 bug->path);
        err = -EINVAL;
    } else if (atoi(bug->name) != step->number) {
        complain("%s: the name says step %d, the head says %s, which is step "
                 "%d",
                 bug->path, atoi(bug->name), step_name, step->number);
        err = -EINVAL;
    } else {
        bug->step = step->number;
    }
    free(step_name);
    return err;
}

static int by_step(const void *a, const void *b)
{
    const struct bug *left = a, *right = b;
    if (left->step != right->step)
        return left->step - right->step;
    return strcmp(left->name, right->name);
}

static bool is_patch(const char *name)
{
    size_t len = strlen(name);
    return len > 6 && strcmp(name + len - 6, ".patch") == 0;
}

int bugs_load(const struct week *week, struct bug **bugs)
{
    char *dir = path_join(week->solution, "bugs"), **names = NULL;
    int entries = dir_list(dir, &names), count = 0, err = 0;
    *bugs = calloc(entries > 0 ? (size_t)entries : 1, sizeof **bugs);
    for (int i = 0; err == 0 && i < entries; i++) {
        if (!is_patch(names[i]))
            continue;
        struct bug *bug = &(*bugs)[count++];
        bug->path = path_join(dir, names[i]);
        bug->name = text_format("%.*s", (int)(strlen(names[i]) - 6), names[i]);
        err = read_head(bug, week);
    }
    if (entries >= 0)
        names_free(names, entries);
    free(dir);
    if (err < 0) {
        bugs_release(*bugs, count);
        *bugs = NULL;
        return err;
    }
    qsort(*bugs, (size_t)count, sizeof **bugs, by_step);
    return count;
}

void bugs_release(struct bug *bugs, int count)
{
    for (int i = 0; i < count; i++) {
        free(bugs[i].name);
        free(bugs[i].path);
        free(bugs[i].mistake);
        free(bugs[i].seen);
    }
    free(bugs);
}

int bug_copy_solution(const struct week *week, const char *dir)
{
    int err = dir_make(dir);
    for (unsigned i = 0; err == 0 && i < week->manifest.yours_count; i++) {
        char *from = path_join(week->solution, week->manifest.yours[i]);
        char *to = path_join(dir, week->manifest.yours[i]);
        size_t len;
        char *text = file_read(from, &len);
        err = text == NULL ? -errno : file_update(to, text, len);
        err = err > 0 ? 0 : err;
        free(text);
        free(from);
        free(to);
    }
    return err;
}

int bug_apply(const struct bug *bug, const struct week *week, const char *dir,
              char **words)
{
    *words = NULL;
    int err = bug_copy_solution(week, dir);
    if (err < 0)
        return err;
    /* Outside of any repository: plainly, to the files of this folder. */
    char *ceiling = text_format("GIT_CEILING_DIRECTORIES=%s", dir);
    char *slash = strrchr(ceiling, '/');
    *slash = '\0';
    const char *argv[] = {"git", "apply", "--whitespace=nowarn", bug->path,
                          NULL};
    const char *env[] = {ceiling, NULL};
    struct process_request request = {
        .argv = argv, .dir = dir, .env = env, .keep_fd = -1};
    struct process_result result;
    err = process_run(&request, &result);
    if (err == 0) {
        err = process_succeeded(&result) ? 0 : 1;
        if (err == 1)
            *words = text_format("%s", result.output);
        process_result_release(&result);
    }
    free(ceiling);
    return err;
}
