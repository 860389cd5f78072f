/*
 * report.c: which format draws, how commands are named, and WEEK/report.json.
 *
 *     {
 *       "week": "01-tcp-echo",
 *       "passed": false,
 *       "steps": { "hello": "passed", "listen": "failed", ... },
 *       "hashes": { "files": "…", "contract": "…", "tests": "…" }
 *     }
 *
 *  1. The same code, contract and tests give the same bytes: no seed, no time,
 *     no path.
 *  2. steps holds every step of the manifest, in its order.
 *  3. It is a record for people, not a proof: nothing is decided by it that
 *     grading would not decide again.
 */
#include "report.h"

#include "clean.h"
#include "course.h"
#include "files.h"
#include "report_formats.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const format_names[] = {
    [REPORT_TEXT] = "text",     [REPORT_JSON] = "json",
    [REPORT_JUNIT] = "junit",   [REPORT_TAP] = "tap",
    [REPORT_GITHUB] = "github",
};

int report_format_parse(const char *name, enum report_format *format)
{
    for (size_t i = 0; i < sizeof format_names / sizeof *format_names; i++)
        if (strcmp(name, format_names[i]) == 0) {
            *format = (enum report_format)i;
            return 0;
        }
    return -EINVAL;
}

void report_write(enum report_format format, FILE *out,
                  const struct week_outcome *outcome)
{
    switch (format) {
    case REPORT_TEXT:
        report_text(out, outcome);
        break;
    case REPORT_JSON:
        report_json(out, outcome);
        break;
    case REPORT_JUNIT:
        report_junit(out, outcome);
        break;
    case REPORT_TAP:
        report_tap(out, outcome);
        break;
    case REPORT_GITHUB:
        report_github(out, outcome);
        break;
    }
    fflush(out);
}

/* ---- How commands and files are named ---- */

/* The length of the part that both absolute paths share, up to a slash. */
static size_t common_folders(const char *a, const char *b)
{
    size_t common = 0;

    for (size_t i = 0;; i++) {
        if ((a[i] == '/' || a[i] == '\0') && (b[i] == '/' || b[i] == '\0'))
            common = i;
        if (a[i] != b[i] || a[i] == '\0')
            return common;
    }
}

char *report_path(const char *path)
{
    char *here = getcwd(NULL, 0);
    char *near = NULL;

    if (here && path[0] == '/' && strcmp(here, "/") != 0) {
        size_t common = common_folders(here, path);
        const char *down = path + common + (path[common] == '/');
        char up[256] = "";

        for (const char *at = here + common; *at; at++)
            if (*at == '/' && strlen(up) < sizeof up - 4)
                strcat(up, "../");
        near = text_format("%s%s", up, *down ? down : ".");
    }
    free(here);
    if (near && strlen(near) < strlen(path))
        return near;
    free(near);
    return text_format("%s", path);
}

char *report_way_in(const char *workspace)
{
    char *whole, *near, *typed, *quoted;

    if (!workspace)
        return text_format("grade");
    whole = path_join(workspace, "grade");
    near = report_path(whole);
    typed = text_format("%s%s", strchr(near, '/') ? "" : "./", near);
    quoted = text_for_shell(typed);
    free(typed);
    free(near);
    free(whole);
    return quoted;
}

/* ---- The three hashes ---- */

static bool is_in(const char *name, char *const *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(name, list[i]) == 0)
            return true;
    return false;
}

/* The contract: headers, given code and main.c; what a member reads and links
 * but does not write. */
static bool is_contract(const char *name, const struct manifest *manifest)
{
    const char *dot = strrchr(name, '.');

    if (is_in(name, manifest->yours, manifest->yours_count))
        return false;
    return (dot && strcmp(dot, ".h") == 0) || strcmp(name, "main.c") == 0 ||
           is_in(name, manifest->given, manifest->given_count);
}

static int hash_contract(const struct week *week, char hash[65])
{
    char **names = NULL;
    int count = dir_list(week->dir, &names);
    size_t kept = 0;
    const char **contract;
    int err;

    if (count < 0)
        return count;
    contract = calloc((size_t)count + 1, sizeof *contract);
    for (int i = 0; contract && i < count; i++)
        if (is_contract(names[i], &week->manifest))
            contract[kept++] = names[i];
    err = contract ? files_hash(week->dir, contract, kept, hash) : -ENOMEM;
    free(contract);
    names_free(names, count);
    return err;
}

static int hash_tests(const struct week *week, char hash[65])
{
    char *dir = path_join(week->dir, "tests");
    char **names = NULL;
    int count = dir_list(dir, &names);
    int err = count;

    if (count >= 0) {
        err = files_hash(dir, (const char *const *)names, (size_t)count, hash);
        names_free(names, count);
    }
    free(dir);
    return err;
}

int report_hashes(const char *week_dir, const struct week *week, char files[65],
                  char contract[65], char tests[65])
{
    const struct manifest *manifest = &week->manifest;
    int err;

    err = files_hash(week_dir, (const char *const *)manifest->yours,
                     manifest->yours_count, files);
    if (err == 0)
        err = hash_contract(week, contract);
    if (err == 0)
        err = hash_tests(week, tests);
    return err;
}

/* ---- report.json ---- */

static json_t *json_of_steps(const struct week_outcome *outcome)
{
    json_t *steps = json_object();

    for (unsigned i = 0; i < outcome->week->manifest.step_count; i++)
        json_object_set_new(
            steps, outcome->week->manifest.steps[i].name,
            json_string(verdict_name(outcome->steps[i].verdict)));
    return steps;
}

static json_t *json_of_week(const struct week_outcome *outcome,
                            const char *files, const char *contract,
                            const char *tests)
{
    return json_pack("{ss sb so s{ss ss ss}}", "week", outcome->week->name,
                     "passed", week_outcome_passed(outcome), "steps",
                     json_of_steps(outcome), "hashes", "files", files,
                     "contract", contract, "tests", tests);
}

int report_save(const char *week_dir, const struct week_outcome *outcome)
{
    char files[65], contract[65], tests[65];
    char *path = path_join(week_dir, "report.json");
    struct saved_report old;
    json_t *json = NULL;
    char *dump = NULL, *text = NULL;
    int err;

    err = report_hashes(week_dir, outcome->week, files, contract, tests);
    if (err < 0)
        goto out;
    report_load(week_dir, outcome->week, &old);
    if (old.damaged)
        complain("%s was damaged; this run replaces it", path);
    err = -ENOMEM;
    json = json_of_week(outcome, files, contract, tests);
    dump = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    if (!dump)
        goto out;
    text = text_format("%s\n", dump);
    err = file_update(path, text, strlen(text));
out:
    json_decref(json);
    free(text);
    free(dump);
    free(path);
    return err < 0 ? err : 0;
}

static enum verdict verdict_of_name(const char *name)
{
    for (enum verdict v = VERDICT_NONE; v <= VERDICT_BROKEN; v++)
        if (strcmp(name, verdict_name(v)) == 0)
            return v;
    return VERDICT_NONE;
}

/* A hash that a damaged file lacks or holds too long makes it damaged. */
static bool read_hash(const json_t *hashes, const char *key, char hash[65])
{
    const char *text = json_string_value(json_object_get(hashes, key));

    if (!text || strlen(text) != 64)
        return false;
    memcpy(hash, text, 65);
    return true;
}

/* Fill *saved; false if the text is not what report_save writes. */
static bool read_saved(const json_t *json, const struct week *week,
                       struct saved_report *saved)
{
    const json_t *steps = json_object_get(json, "steps");
    const json_t *hashes = json_object_get(json, "hashes");
    const json_t *passed = json_object_get(json, "passed");

    if (!json_is_object(steps) || !json_is_boolean(passed) ||
        !read_hash(hashes, "files", saved->files_hash) ||
        !read_hash(hashes, "contract", saved->contract_hash) ||
        !read_hash(hashes, "tests", saved->tests_hash))
        return false;
    saved->passed = json_is_true(passed);
    for (unsigned i = 0; i < week->manifest.step_count; i++) {
        const struct step *step = &week->manifest.steps[i];
        const char *name =
            json_string_value(json_object_get(steps, step->name));

        saved->verdicts[i] = name ? verdict_of_name(name) : VERDICT_NONE;
        if (!step->stretch && saved->verdicts[i] == VERDICT_PASSED)
            saved->passed_steps++;
    }
    return true;
}

int report_load(const char *week_dir, const struct week *week,
                struct saved_report *saved)
{
    char *path = path_join(week_dir, "report.json");
    size_t len;
    char *text = file_read(path, &len);
    int err = text || errno == ENOENT ? 0 : -errno;
    json_t *json = text ? json_loadb(text, len, 0, NULL) : NULL;
    unsigned core_steps = 0;

    for (unsigned i = 0; i < week->manifest.step_count; i++)
        core_steps += !week->manifest.steps[i].stretch;
    *saved = (struct saved_report){.core_steps = core_steps};
    if (text && !read_saved(json, week, saved))
        *saved =
            (struct saved_report){.core_steps = core_steps, .damaged = true};
    saved->exists = text != NULL;
    json_decref(json);
    free(text);
    free(path);
    return err;
}
