/*
 * manifest_check.c: see manifest_check.h.
 *
 * libcyaml keeps no line numbers of values, so the line of an offender is
 * looked up in the text (line_of). A wrong guess costs a wrong line in a
 * message, nothing else.
 */
#include "manifest_check.h"

#include "files.h"
#include "suggest.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BYTES_MAX 64
#define HOURS_MAX 40
#define SECONDS_MAX 600
#define FILES_MAX 20000

/* ---- Telling ---- */

int complain_at(const struct week *week, const char *file, int line,
                const char *format, ...)
{
    va_list args;

    fprintf(stderr, "weeks/%s/%s:", week->name, file);
    if (line > 0)
        fprintf(stderr, "%d:", line);
    fputc(' ', stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return -EINVAL;
}

/* ---- Where something stands ---- */

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || strchr("_-.+", c) != NULL;
}

/* The word as a whole within [begin, end), or NULL. An empty word is found at
 * once. */
static const char *find_word(const char *begin, const char *end,
                             const char *word)
{
    size_t len = strlen(word);

    for (const char *at = begin; at + len <= end; at++) {
        if (strncmp(at, word, len) != 0)
            continue;
        if (len == 0)
            return at;
        if ((at == begin || !is_word_byte(at[-1])) &&
            (at + len == end || !is_word_byte(at[len])))
            return at;
    }
    return NULL;
}

/* Does `value` follow `key` on the line [at, end)? */
static bool has_pair(const char *at, const char *end, const char *key,
                     const char *value)
{
    const char *found = find_word(at, end, key);

    return found && find_word(found + strlen(key), end, value);
}

int line_of(const char *text, int from, const char *key, const char *value)
{
    int line = 1, key_line = 0, below = 0;

    for (const char *at = text; *at; line++) {
        const char *end = at + strcspn(at, "\n");
        if (line >= from && has_pair(at, end, key, value))
            return line;
        if (key_line && !below && find_word(at, end, value))
            below = line;
        if (line >= from && !key_line && find_word(at, end, key))
            key_line = line;
        at = *end ? end + 1 : end;
    }
    return below ? below : key_line ? key_line : from;
}

static int line_of_step(const char *text, const struct step *step)
{
    return line_of(text, line_of(text, 1, "steps", ""), "name", step->name);
}

/* ---- Files and other weeks ---- */

static bool exists_in(const char *dir, const char *name)
{
    char *path = path_join(dir, name);
    bool exists = path_exists(path);

    free(path);
    return exists;
}

static bool is_plain_name(const char *name)
{
    return name[0] != '.' && name[0] != '-' && !strchr(name, '/');
}

static bool is_listed(char **names, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static int check_file(const struct week *week, const char *text,
                      const char *key, const char *name)
{
    int line = line_of(text, 1, key, name);

    if (!is_plain_name(name))
        return complain_at(week, "week.yaml", line,
                           "'%s' is no plain file name: no folders, no dot in "
                           "front",
                           name);
    if (!exists_in(week->dir, name))
        return complain_at(week, "week.yaml", line,
                           "there is no file '%s' in weeks/%s", name,
                           week->name);
    return 0;
}

static int check_files(const struct week *week, const char *text)
{
    const struct manifest *m = &week->manifest;
    int err = 0;

    for (unsigned i = 0; i < m->yours_count && err == 0; i++)
        err = check_file(week, text, "yours", m->yours[i]);
    for (unsigned i = 0; i < m->given_count && err == 0; i++) {
        err = check_file(week, text, "given", m->given[i]);
        if (err == 0 && is_listed(m->yours, m->yours_count, m->given[i]))
            err = complain_at(week, "week.yaml",
                              line_of(text, 1, "given", m->given[i]),
                              "'%s' is in both yours and given", m->given[i]);
    }
    if (err == 0 && m->program && !is_plain_name(m->program))
        err = complain_at(week, "week.yaml",
                          line_of(text, 1, "program", m->program),
                          "'%s' is no plain program name", m->program);
    if (err == 0 && m->program && !exists_in(week->dir, "main.c"))
        err = complain_at(week, "week.yaml",
                          line_of(text, 1, "program", m->program),
                          "a program is built from main.c, which is not there");
    return err;
}

static int check_used(const struct week *week, const char *course,
                      const char *text, const char *key, const char *used)
{
    char *manifest = text_format("%s/weeks/%s/week.yaml", course, used);
    bool exists = is_plain_name(used) && path_exists(manifest);
    int line = line_of(text, 1, key, used);

    free(manifest);
    if (!exists)
        return complain_at(week, "week.yaml", line,
                           "%s: there is no week '%s'; write its folder's name",
                           key, used);
    if (atoi(used) >= week->number)
        return complain_at(week, "week.yaml", line,
                           "%s: '%s' is no earlier week", key, used);
    return 0;
}

static int check_uses(const struct week *week, const char *course,
                      const char *text)
{
    const struct manifest *m = &week->manifest;
    int err = 0;

    for (unsigned i = 0; i < m->uses_count && err == 0; i++)
        err = check_used(week, course, text, "uses", m->uses[i]);
    for (unsigned i = 0; i < m->uses_programs_count && err == 0; i++)
        err = check_used(week, course, text, "uses_programs",
                         m->uses_programs[i]);
    return err;
}

/* ---- The bench ---- */

/* A peer is a file of bench/, or the program of another week. */
static bool is_runnable(const struct week *week, const char *course,
                        const char *run)
{
    char *file = path_join("bench", run);
    char *manifest = text_format("weeks/%s/week.yaml", run);
    bool found = exists_in(week->dir, file) || exists_in(course, manifest);

    free(manifest);
    free(file);
    return found;
}

/* What measures: a server that clients drive, or a program of the week's. */
static int check_bench_program(const struct week *week, const char *text,
                               int from)
{
    const struct bench_plan *bench = week->manifest.bench;
    int line = bench->run ? line_of(text, from, "run", bench->run) : from;
    char *file;
    int err = 0;

    if (bench->load == LOAD_ECHO && bench->run)
        return complain_at(week, "week.yaml", line,
                           "bench: 'run' belongs to 'load: own'");
    if (bench->load == LOAD_ECHO && !week->manifest.program)
        return complain_at(week, "week.yaml", from,
                           "bench: the week has no program to be measured");
    if (bench->load == LOAD_ECHO)
        return 0;
    if (!bench->run)
        return complain_at(week, "week.yaml", from,
                           "bench: 'load: own' wants 'run', the file of "
                           "bench/ that measures");
    size_t len = strlen(bench->run);
    file = path_join("bench", bench->run);
    if (!is_plain_name(bench->run) || len < 3 ||
        strcmp(bench->run + len - 2, ".c") != 0)
        err = complain_at(week, "week.yaml", line, "'%s' is no C file's name",
                          bench->run);
    else if (!exists_in(week->dir, file))
        err =
            complain_at(week, "week.yaml", line,
                        "there is no file '%s' in weeks/%s", file, week->name);
    free(file);
    return err;
}

static int check_bench(const struct week *week, const char *course,
                       const char *text)
{
    const struct bench_plan *bench = week->manifest.bench;
    int from = line_of(text, 1, "bench", "");
    int err = bench ? check_bench_program(week, text, from) : 0;

    for (unsigned i = 0; bench && i < bench->peers_count && err == 0; i++) {
        const char *run = bench->peers[i].run;
        int line = line_of(text, from, "run", run);
        if (!is_plain_name(run))
            err = complain_at(week, "week.yaml", line,
                              "'%s' is no plain file name", run);
        else if (bench->load == LOAD_ECHO && !is_runnable(week, course, run))
            err = complain_at(week, "week.yaml", line,
                              "there is no file 'bench/%s' in weeks/%s, and no "
                              "week '%s'",
                              run, week->name, run);
    }
    return err;
}

/* ---- Numbers and steps ---- */

static int check_range(const struct week *week, int line, const char *key,
                       int value, int max)
{
    if (value >= 1 && value <= max)
        return 0;
    return complain_at(week, "week.yaml", line,
                       "'%s' is %d; it must be from 1 to %d", key, value, max);
}

static int check_step_name(const struct week *week, const char *text, int line,
                           const struct step *step)
{
    const char *name = step->name;

    if (strlen(name) >= WORD_BYTES_MAX ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name) ||
        !islower((unsigned char)name[0]))
        return complain_at(week, "week.yaml", line,
                           "step name '%s': only a-z, 0-9 and '-', a letter "
                           "first",
                           name);
    for (int i = 0; i < step->number - 1; i++)
        if (strcmp(week->manifest.steps[i].name, name) == 0)
            return complain_at(week, "week.yaml",
                               line_of(text, line + 1, "name", name),
                               "two steps are named '%s'", name);
    return 0;
}

static int check_after(const struct week *week, const char *text, int line,
                       const struct step *step)
{
    for (unsigned i = 0; i < step->after_count; i++) {
        const char *name = step->after[i];
        const struct step *earlier = week_step(week, name);
        int at = line_of(text, line, "after", name);
        if (!earlier || strcmp(earlier->name, name) != 0)
            return complain_at(week, "week.yaml", at,
                               "after: there is no step '%s'", name);
        if (earlier->number >= step->number)
            return complain_at(week, "week.yaml", at,
                               "after: step '%s' does not come before '%s'",
                               name, step->name);
        if (earlier->stretch && !step->stretch)
            return complain_at(week, "week.yaml", at,
                               "after: '%s' is a stretch step; a core step "
                               "cannot wait for it",
                               name);
    }
    return 0;
}

static int check_step(const struct week *week, const char *text,
                      const struct step *step)
{
    int line = line_of_step(text, step);
    int err;

    err = check_step_name(week, text, line, step);
    if (err == 0)
        err = check_range(week, line_of(text, line, "minutes", ""), "minutes",
                          step->minutes, HOURS_MAX * 60);
    if (err == 0)
        err = check_range(week, line_of(text, line, "seconds", ""), "seconds",
                          step->seconds, SECONDS_MAX);
    if (err == 0)
        err = check_range(week, line_of(text, line, "files", ""), "files",
                          step->files, FILES_MAX);
    return err < 0 ? err : check_after(week, text, line, step);
}

static int check_steps(const struct week *week, const char *text)
{
    const struct manifest *m = &week->manifest;
    int err;

    err = check_range(week, line_of(text, 1, "hours", ""), "hours", m->hours,
                      HOURS_MAX);
    if (err == 0)
        err = check_range(week, line_of(text, 1, "sundays", ""), "sundays",
                          m->sundays, 4);
    for (unsigned i = 0; i < m->step_count && err == 0; i++)
        err = check_step(week, text, &m->steps[i]);
    return err;
}

/* ---- Steps and their tests ---- */

/* Blank out [at, end) but its line ends. Returns end. */
static char *blank(char *at, char *end)
{
    for (; at < end; at++)
        if (*at != '\n')
            *at = ' ';
    return end;
}

/* Behind the string or character constant that begins here. */
static char *skip_quoted(char *at)
{
    char quote = *at++;

    while (*at && *at != quote && *at != '\n')
        at += at[0] == '\\' && at[1] ? 2 : 1;
    return *at ? at + 1 : at;
}

/* So that a lab_step( in a comment is not taken for a step. */
static void blank_comments(char *text)
{
    for (char *at = text; *at;) {
        if (strncmp(at, "//", 2) == 0) {
            at = blank(at, at + strcspn(at, "\n"));
        } else if (strncmp(at, "/*", 2) == 0) {
            char *end = strstr(at + 2, "*/");
            at = blank(at, end ? end + 2 : at + strlen(at));
        } else if (*at == '"' || *at == '\'') {
            at = skip_quoted(at);
        } else {
            at++;
        }
    }
}

/* Which steps were seen in a test so far. */
struct seen {
    const struct week *week;
    bool steps[STEPS_MAX];
};

static int see_step(struct seen *seen, const char *file, int line,
                    const char *name)
{
    const struct manifest *m = &seen->week->manifest;
    const char *known[STEPS_MAX + 1] = {NULL};
    char *suggestion;

    for (unsigned i = 0; i < m->step_count; i++) {
        if (strcmp(m->steps[i].name, name) == 0) {
            seen->steps[i] = true;
            return 0;
        }
        known[i] = m->steps[i].name;
    }
    suggestion = did_you_mean(name, known);
    complain_at(seen->week, file, line,
                "lab_step(\"%s\"): week.yaml has no such step%s", name,
                suggestion);
    free(suggestion);
    return -EINVAL;
}

/* Find each lab_step("NAME") of one test file. */
static int scan_test(struct seen *seen, const char *name)
{
    char *file = text_format("tests/%s", name);
    char *path = path_join(seen->week->dir, file);
    char *text = file_read(path, NULL);
    int line = 1, err = 0;

    if (text)
        blank_comments(text);
    for (char *at = text; at && *at && err == 0; at++) {
        char step[WORD_BYTES_MAX];
        line += *at == '\n';
        if (strncmp(at, "lab_step", 8) == 0 &&
            (at == text || !is_word_byte(at[-1])) &&
            sscanf(at, "lab_step ( \"%63[^\"]\"", step) == 1)
            err = see_step(seen, file, line, step);
    }
    free(text);
    free(path);
    free(file);
    return err;
}

static int check_tests(const struct week *week, const char *text)
{
    struct seen seen = {.week = week};
    char *dir = path_join(week->dir, "tests");
    char **names;
    int count, err = 0;

    count = dir_list(dir, &names);
    free(dir);
    for (int i = 0; i < count && err == 0; i++) {
        size_t len = strlen(names[i]);
        if (len > 2 && strcmp(names[i] + len - 2, ".c") == 0)
            err = scan_test(&seen, names[i]);
    }
    if (count >= 0)
        names_free(names, count);
    for (unsigned i = 0; i < week->manifest.step_count && err == 0; i++) {
        const struct step *step = &week->manifest.steps[i];
        if (!seen.steps[i])
            err = complain_at(week, "week.yaml", line_of_step(text, step),
                              "step '%s' has no lab_step(\"%s\") in tests/*.c",
                              step->name, step->name);
    }
    return err;
}

int manifest_check(const struct week *week, const char *course,
                   const char *text)
{
    int err;

    err = check_files(week, text);
    if (err == 0)
        err = check_uses(week, course, text);
    if (err == 0)
        err = check_bench(week, course, text);
    if (err == 0)
        err = check_steps(week, text);
    if (err == 0)
        err = check_tests(week, text);
    return err;
}
