/*
 * bench_own.c: see bench_own.h.
 */
#include "bench_own.h"

#include "course.h"
#include "files.h"
#include "process.h"
#include "suggest.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* For loading, filling and tearing down, on a machine that is busy. */
#define EXTRA_MS 60000

/* ---- Scenes ---- */

static int read_scene(struct bench_scene *scene, const char *line, size_t len)
{
    char name[64], unit[32], better[8];
    int title = 0;
    char *text = text_format("%.*s", (int)len, line);
    bool good =
        sscanf(text, "%63s %31s %7s %n", name, unit, better, &title) == 3 &&
        text[title] &&
        (strcmp(better, "less") == 0 || strcmp(better, "more") == 0);

    if (good)
        *scene = (struct bench_scene){
            .name = text_format("%s", name),
            .unit = text_format("%s", unit),
            .title = text_format("%s", text + title),
            .less = strcmp(better, "less") == 0,
        };
    free(text);
    return good ? 0 : -EBADMSG;
}

int bench_own_read_scenes(struct bench *bench, const char *lines)
{
    int err = 0;

    while (*lines && err == 0) {
        size_t len = strcspn(lines, "\n");
        err =
            bench->run_count == BENCH_SCENES_MAX
                ? -EBADMSG
                : read_scene(&bench->runs[bench->run_count].scene, lines, len);
        bench->run_count += err == 0;
        lines += len + (lines[len] == '\n');
    }
    return err == 0 && bench->run_count == 0 ? -EBADMSG : err;
}

static void drop_scene(struct bench *bench, unsigned run)
{
    free(bench->runs[run].scene.name);
    free(bench->runs[run].scene.unit);
    free(bench->runs[run].scene.title);
    memmove(&bench->runs[run], &bench->runs[run + 1],
            (bench->run_count - run - 1) * sizeof bench->runs[0]);
    bench->runs[--bench->run_count] = (struct bench_run){0};
}

/* Is this one of the words between commas? */
static bool is_among(const char *name, const char *words)
{
    size_t len = strlen(name);

    for (const char *at = words; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, len) == 0 && (!at[len] || at[len] == ','))
            return true;
    }
    return false;
}

static int tell_no_scene(const struct bench *bench, const char *word)
{
    const char *known[BENCH_SCENES_MAX + 1] = {NULL};

    for (unsigned r = 0; r < bench->run_count; r++)
        known[r] = bench->runs[r].scene.name;
    char *suggestion = did_you_mean(word, known);
    complain("--scene=%s: %s has no such scene%s", word, bench->week->name,
             suggestion);
    free(suggestion);
    return -EINVAL;
}

static int choose(struct bench *bench, const char *wanted)
{
    for (const char *at = wanted; *at;) {
        size_t len = strcspn(at, ",");
        char *word = text_format("%.*s", (int)len, at);
        bool found = false;
        for (unsigned r = 0; r < bench->run_count; r++)
            found |= strcmp(bench->runs[r].scene.name, word) == 0;
        int err = found ? 0 : tell_no_scene(bench, word);
        free(word);
        if (err < 0)
            return err;
        at += len + (at[len] == ',');
    }
    for (unsigned r = bench->run_count; r-- > 0;)
        if (!is_among(bench->runs[r].scene.name, wanted))
            drop_scene(bench, r);
    return 0;
}

int bench_own_scenes(struct bench *bench, const char *wanted)
{
    const char *argv[] = {bench->programs[bench->reference].command, "--scenes",
                          NULL};
    struct process_request request = {
        .argv = argv, .keep_fd = -1, .timeout_ms = EXTRA_MS};
    struct process_result result = {0};
    int err = process_run(&request, &result);

    if (err == 0)
        err = process_succeeded(&result)
                  ? bench_own_read_scenes(bench, result.output)
                  : -EIO;
    if (err < 0) {
        complain("%s --scenes says no scenes:\n%s", argv[0],
                 result.output ? result.output : strerror(-err));
        err = -EIO;
    }
    process_result_release(&result);
    return err == 0 && wanted ? choose(bench, wanted) : err;
}

/* ---- A turn ---- */

static json_t *read_last_line(const char *output)
{
    size_t len = strlen(output);

    while (len > 0 && output[len - 1] == '\n')
        len--;
    size_t begin = len;
    while (begin > 0 && output[begin - 1] != '\n')
        begin--;
    json_t *json =
        json_loadb(output + begin, len - begin, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}

static double figure(const json_t *json, const char *key)
{
    return json_number_value(json_object_get(json, key));
}

static char *words_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text ? text_format("%s", text) : NULL;
}

struct turn bench_own_read_turn(const char *output, struct bench_cannot *cannot,
                                char **failure)
{
    struct turn turn = {.fate = TURN_FAILED};
    json_t *json = read_last_line(output);

    *failure = NULL;
    *cannot = (struct bench_cannot){0};
    if (json && json_is_number(json_object_get(json, "value"))) {
        turn.rate = figure(json, "value");
        turn.stolen = figure(json, "stolen");
        turn.held_up = figure(json, "held_up");
        turn.fate = turn_judge(&turn);
    } else if (json && json_object_size(json) == 0) {
        cannot->apart = true;
    } else if (json && json_is_string(json_object_get(json, "cannot"))) {
        cannot->why = words_of(json, "cannot");
        cannot->command = words_of(json, "command");
    } else {
        *failure =
            text_format("%.200s", *output ? output : "it ended without a word");
    }
    json_decref(json);
    return turn;
}

struct turn bench_own_turn(const struct bench *bench, struct bench_run *run,
                           unsigned program)
{
    const struct bench_program *p = &bench->programs[program];
    char *scene = text_format("--scene=%s", run->scene.name);
    char *seconds = text_format("--seconds=%.3f", bench->seconds);
    char *subject = p->subject ? text_format("--subject=%s", p->subject) : NULL;
    const char *argv[] = {p->command, scene, seconds, subject, NULL};
    struct process_request request = {
        .argv = argv,
        .keep_fd = -1,
        .timeout_ms = (int)(bench->seconds * 1000) + EXTRA_MS};
    struct process_result result = {0};
    struct turn turn = {.fate = TURN_FAILED};
    int err = process_run(&request, &result);

    if (err == 0 && process_succeeded(&result))
        turn = bench_own_read_turn(result.output, &run->cannot[program],
                                   &run->failure[program]);
    else if (!process_interrupted())
        run->failure[program] = text_format(
            "%.200s", err < 0            ? strerror(-err)
                      : result.timed_out ? "it never ended"
                      : *result.output   ? result.output
                                         : "it failed without a word");
    process_result_release(&result);
    free(scene);
    free(seconds);
    free(subject);
    return turn;
}
