/*
 * manifest.c: see manifest.h.
 *
 * libcyaml reads week.yaml after the schema below. It tells what is wrong by a
 * log: one message, then from the inside to the outside where it was
 *
 *     Load: Unexpected key: minute
 *     Load: Backtrace:
 *       in mapping (line: 4, column: 11)
 *       in sequence entry '1' (line: 4, column: 5)
 *       in mapping field 'steps' (line: 4, column: 3)
 *
 * which we keep (struct complaint) and tell as one line in the words of the
 * manifest. What a schema cannot say is checked in manifest_check.c.
 */
#include "manifest.h"

#include "files.h"
#include "manifest_check.h"
#include "suggest.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_DEFAULT 10
#define FILES_DEFAULT 256
#define TEXT_BYTES_MAX 2000
#define BACKTRACE_MAX 8
#define PEERS_MAX 5

/* ---- The schema ---- */

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define OPTIONAL_LIST (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define OPTIONAL_WORD (CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT)

static const cyaml_strval_t kinds[] = {
    {"host", KIND_HOST},
    {"bpf", KIND_BPF},
    {"riscv", KIND_RISCV},
};

static const cyaml_strval_t sanitizers[] = {
    {"address", SANITIZER_ADDRESS},
    {"thread", SANITIZER_THREAD},
    {"none", SANITIZER_NONE},
};

static const cyaml_strval_t needs[] = {
    {"io_uring", NEED_IO_URING}, {"xdp", NEED_XDP}, {"netns", NEED_NETNS},
    {"tun", NEED_TUN},           {"kvm", NEED_KVM}, {"qemu-riscv64", NEED_QEMU},
};

static const cyaml_strval_t loads[] = {
    {"echo", LOAD_ECHO},
    {"own", LOAD_OWN},
};

/* libcyaml takes any word but "false" and "no" for true; so an enum. */
static const cyaml_strval_t truths[] = {
    {"true", true},
    {"false", false},
    {"yes", true},
    {"no", false},
};

static const cyaml_schema_value_t text_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_BYTES_MAX),
};

static const cyaml_schema_field_t reading_fields[] = {
    CYAML_FIELD_STRING_PTR("text", CYAML_FLAG_POINTER, struct reading, text, 1,
                           TEXT_BYTES_MAX),
    CYAML_FIELD_STRING_PTR("url", OPTIONAL_LIST, struct reading, url, 1,
                           TEXT_BYTES_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t reading_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct reading, reading_fields),
};

static const cyaml_schema_field_t peer_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct bench_peer, name,
                           1, TEXT_BYTES_MAX),
    CYAML_FIELD_STRING_PTR("run", CYAML_FLAG_POINTER, struct bench_peer, run, 1,
                           TEXT_BYTES_MAX),
    CYAML_FIELD_SEQUENCE("libs", OPTIONAL_LIST, struct bench_peer, libs,
                         &text_schema, 0, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t peer_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct bench_peer, peer_fields),
};

static const cyaml_schema_field_t bench_fields[] = {
    CYAML_FIELD_ENUM("load", CYAML_FLAG_STRICT, struct bench_plan, load, loads,
                     COUNT_OF(loads)),
    CYAML_FIELD_STRING_PTR("run", OPTIONAL_LIST, struct bench_plan, run, 1,
                           TEXT_BYTES_MAX),
    CYAML_FIELD_ENUM("plain", OPTIONAL_WORD, struct bench_plan, plain, truths,
                     COUNT_OF(truths)),
    CYAML_FIELD_SEQUENCE("peers", OPTIONAL_LIST, struct bench_plan, peers,
                         &peer_schema, 0, PEERS_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t step_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct step, name, 1,
                           TEXT_BYTES_MAX),
    CYAML_FIELD_STRING_PTR("title", CYAML_FLAG_POINTER, struct step, title, 1,
                           TEXT_BYTES_MAX),
    CYAML_FIELD_INT("minutes", CYAML_FLAG_DEFAULT, struct step, minutes),
    CYAML_FIELD_SEQUENCE("after", OPTIONAL_LIST, struct step, after,
                         &text_schema, 0, STEPS_MAX),
    CYAML_FIELD_ENUM("stretch", OPTIONAL_WORD, struct step, stretch, truths,
                     COUNT_OF(truths)),
    CYAML_FIELD_INT("seconds", CYAML_FLAG_OPTIONAL, struct step, seconds),
    CYAML_FIELD_FLAGS("needs", OPTIONAL_WORD, struct step, needs, needs,
                      COUNT_OF(needs)),
    CYAML_FIELD_INT("files", CYAML_FLAG_OPTIONAL, struct step, files),
    CYAML_FIELD_ENUM("sanitizer", OPTIONAL_WORD, struct step, sanitizer,
                     sanitizers, COUNT_OF(sanitizers)),
    CYAML_FIELD_SEQUENCE_COUNT("hints", OPTIONAL_LIST, struct step, hints,
                               hint_count, &text_schema, 0, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t step_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct step, step_fields),
};

/* A list of words: `uses` in the manifest, uses and uses_count in C. */
#define WORDS(key, flags, min)                                                 \
    CYAML_FIELD_SEQUENCE(#key, flags, struct manifest, key, &text_schema, min, \
                         CYAML_UNLIMITED)

static const cyaml_schema_field_t manifest_fields[] = {
    CYAML_FIELD_STRING_PTR("title", CYAML_FLAG_POINTER, struct manifest, title,
                           1, TEXT_BYTES_MAX),
    CYAML_FIELD_STRING_PTR("track", CYAML_FLAG_POINTER, struct manifest, track,
                           1, TEXT_BYTES_MAX),
    CYAML_FIELD_ENUM("kind", OPTIONAL_WORD, struct manifest, kind, kinds,
                     COUNT_OF(kinds)),
    CYAML_FIELD_INT("sundays", CYAML_FLAG_OPTIONAL, struct manifest, sundays),
    CYAML_FIELD_INT("hours", CYAML_FLAG_DEFAULT, struct manifest, hours),
    WORDS(yours, CYAML_FLAG_POINTER, 1),
    WORDS(given, OPTIONAL_LIST, 0),
    CYAML_FIELD_STRING_PTR("program", OPTIONAL_LIST, struct manifest, program,
                           1, TEXT_BYTES_MAX),
    WORDS(uses, OPTIONAL_LIST, 0),
    WORDS(uses_programs, OPTIONAL_LIST, 0),
    WORDS(calls, OPTIONAL_LIST, 0),
    WORDS(libs, OPTIONAL_LIST, 0),
    CYAML_FIELD_MAPPING_PTR("bench", OPTIONAL_LIST, struct manifest, bench,
                            bench_fields),
    CYAML_FIELD_SEQUENCE("reading", OPTIONAL_LIST, struct manifest, reading,
                         &reading_schema, 0, CYAML_UNLIMITED),
    CYAML_FIELD_SEQUENCE_COUNT("steps", CYAML_FLAG_POINTER, struct manifest,
                               steps, step_count, &step_schema, 1, STEPS_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t manifest_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct manifest, manifest_fields),
};

/* ---- What libcyaml says ---- */

struct complaint {
    char message[256];               /* without "Load: " */
    char places[BACKTRACE_MAX][128]; /* from the inside to the outside */
    int place_count;
};

static void keep_log(cyaml_log_t level, void *context, const char *format,
                     va_list args)
{
    struct complaint *complaint = context;
    char line[256];

    (void)level;
    vsnprintf(line, sizeof(line), format, args);
    line[strcspn(line, "\n")] = '\0';
    if (strstr(line, "Backtrace:"))
        return;
    if (!complaint->message[0])
        snprintf(complaint->message, sizeof(complaint->message), "%s",
                 strncmp(line, "Load: ", 6) == 0 ? line + 6 : line);
    else if (complaint->place_count < BACKTRACE_MAX)
        snprintf(complaint->places[complaint->place_count++],
                 sizeof(complaint->places[0]), "%.127s", line);
}

/* The line of the innermost place whose description holds `kind`, else 0. */
static int line_in(const struct complaint *complaint, const char *kind)
{
    for (int i = 0; i < complaint->place_count; i++) {
        const char *at = strstr(complaint->places[i], "(line: ");
        if (at && strstr(complaint->places[i], kind))
            return atoi(at + strlen("(line: "));
    }
    return 0;
}

/* The key whose value is wrong: the innermost one. */
static void key_of(const struct complaint *complaint, char key[64])
{
    for (int i = 0; i < complaint->place_count; i++)
        if (sscanf(complaint->places[i], " in mapping field '%63[^']'", key) ==
            1)
            return;
    snprintf(key, 64, "manifest");
}

static bool is_inside(const struct complaint *complaint, const char *key)
{
    char place[64];

    snprintf(place, sizeof(place), "in mapping field '%s'", key);
    for (int i = 0; i < complaint->place_count; i++)
        if (strstr(complaint->places[i], place))
            return true;
    return false;
}

/* What follows the prefix, or NULL if the text begins in another way. */
static const char *after_prefix(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/* ---- The same in the words of the manifest ---- */

#define WORDS_MAX 32

static int tell_unknown_key(const struct week *week, const char *text,
                            const struct complaint *complaint, const char *key)
{
    const cyaml_schema_field_t *fields =
        is_inside(complaint, "steps")     ? step_fields
        : is_inside(complaint, "reading") ? reading_fields
        : is_inside(complaint, "peers")   ? peer_fields
        : is_inside(complaint, "bench")   ? bench_fields
                                          : manifest_fields;
    const char *known[WORDS_MAX] = {NULL};
    int line = line_in(complaint, "in mapping");
    char *suggestion;

    for (int i = 0; fields[i].key && i < WORDS_MAX - 1; i++)
        known[i] = fields[i].key;
    suggestion = did_you_mean(key, known);
    complain_at(week, "week.yaml", line_of(text, line, key, ""),
                "unknown key '%s'%s", key, suggestion);
    free(suggestion);
    return -EINVAL;
}

static int tell_unknown_word(const struct week *week, const char *key, int line,
                             const char *word)
{
    static const struct {
        const char *key;
        const cyaml_strval_t *words;
        size_t count;
    } sets[] = {
        {"kind", kinds, COUNT_OF(kinds)},
        {"sanitizer", sanitizers, COUNT_OF(sanitizers)},
        {"needs", needs, COUNT_OF(needs)},
        {"stretch", truths, 2}, /* yes and no go unmentioned */
        {"plain", truths, 2},
        {"load", loads, COUNT_OF(loads)},
    };
    const char *known[WORDS_MAX] = {NULL};
    char list[256] = "";
    char *suggestion;

    for (size_t i = 0; i < COUNT_OF(sets); i++)
        for (size_t k = 0; strcmp(sets[i].key, key) == 0 && k < sets[i].count;
             k++) {
            known[k] = sets[i].words[k].str;
            snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
                     k ? ", " : "", known[k]);
        }
    suggestion = did_you_mean(word, known);
    complain_at(week, "week.yaml", line, "'%s' cannot be '%s', only %s%s", key,
                word, list, suggestion);
    free(suggestion);
    return -EINVAL;
}

static int tell_wrong_shape(const struct week *week, const char *key, int line,
                            const char *wanted)
{
    if (after_prefix(wanted, "SEQUENCE") || after_prefix(wanted, "FLAGS"))
        return complain_at(week, "week.yaml", line,
                           "'%s' is a list: write [one, two]", key);
    if (after_prefix(wanted, "STRING"))
        return complain_at(week, "week.yaml", line,
                           "'%s' is text here: put it in quotes if it holds "
                           "': '",
                           key);
    if (after_prefix(wanted, "MAPPING"))
        return complain_at(week, "week.yaml", line,
                           "'%s' is made of keys and values here", key);
    return complain_at(week, "week.yaml", line, "'%s' is one word or number",
                       key);
}

static int tell(const struct week *week, const char *text,
                const struct complaint *complaint)
{
    const char *message = complaint->message;
    int line = line_in(complaint, "");
    const char *rest;
    char key[64];

    key_of(complaint, key);
    if ((rest = after_prefix(message, "Unexpected key: ")))
        return tell_unknown_key(week, text, complaint, rest);
    if ((rest = after_prefix(message, "Invalid ENUM value: ")) ||
        (rest = after_prefix(message, "Unknown flag: ")))
        return tell_unknown_word(week, key, line, rest);
    if ((rest = after_prefix(message, "Expecting ")))
        return tell_wrong_shape(week, key, line, rest);
    if ((rest = after_prefix(message, "Invalid INT value: ")))
        return complain_at(week, "week.yaml", line, "'%s' is a number, not %s",
                           key, rest);
    if ((rest = after_prefix(message, "Missing required mapping field: ")))
        return complain_at(week, "week.yaml", line_in(complaint, "sequence"),
                           "key '%s' is missing", rest);
    if ((rest = after_prefix(message, "Mapping field already seen: ")))
        return complain_at(week, "week.yaml", line_of(text, line + 1, rest, ""),
                           "key '%s' stands twice", rest);
    if (after_prefix(message, "Insufficient entries"))
        return complain_at(week, "week.yaml", line, "'%s' is empty", key);
    if ((rest = after_prefix(message, "Excessive entries (")))
        return complain_at(week, "week.yaml", line,
                           "'%s' has too many entries: %d are the limit", key,
                           atoi(rest));
    if (strcmp(message, "libyaml: mapping values are not allowed in this "
                        "context") == 0)
        return complain_at(week, "week.yaml", line,
                           "text with ': ' in it must stand in quotes");
    if ((rest = after_prefix(message, "libyaml: ")))
        return complain_at(week, "week.yaml", line, "this is no YAML: %s",
                           rest);
    return complain_at(week, "week.yaml", line, "%s", message);
}

/* ---- Loading ---- */

static cyaml_config_t config_with(struct complaint *complaint)
{
    return (cyaml_config_t){
        .log_fn = keep_log,
        .log_ctx = complaint,
        .log_level = CYAML_LOG_WARNING,
        .mem_fn = cyaml_mem,
    };
}

static int parse(struct week *week, const char *text, size_t len)
{
    struct complaint complaint = {0};
    cyaml_config_t config = config_with(&complaint);
    struct manifest *manifest = NULL;
    cyaml_err_t err;

    err = cyaml_load_data((const uint8_t *)text, len, &config, &manifest_schema,
                          (cyaml_data_t **)&manifest, NULL);
    if (err == CYAML_OK && manifest) {
        week->manifest = *manifest;
        free(manifest); /* the shell; what it holds is ours now */
        return 0;
    }
    if (err == CYAML_OK)
        return complain_at(week, "week.yaml", 1, "the manifest is empty");
    if (!complaint.message[0])
        snprintf(complaint.message, sizeof(complaint.message), "%s",
                 cyaml_strerror(err));
    return tell(week, text, &complaint);
}

static void set_defaults(struct manifest *manifest)
{
    if (manifest->sundays == 0)
        manifest->sundays = 1;
    for (unsigned i = 0; i < manifest->step_count; i++) {
        struct step *step = &manifest->steps[i];
        step->number = (int)i + 1;
        if (step->seconds == 0)
            step->seconds = SECONDS_DEFAULT;
        if (step->files == 0)
            step->files = FILES_DEFAULT;
    }
}

int week_load(struct week *week, const char *course, const char *name)
{
    size_t len;
    char *path, *text;
    int err;

    *week = (struct week){
        .name = text_format("%s", name),
        .dir = text_format("%s/weeks/%s", course, name),
        .solution = text_format("%s/solutions/%s", course, name),
        .number = atoi(name),
    };
    path = path_join(week->dir, "week.yaml");
    text = file_read(path, &len);
    free(path);
    if (!text)
        err = complain_at(week, "week.yaml", 0, "cannot be read: %s",
                          strerror(errno));
    else
        err = parse(week, text, len);
    if (err == 0) {
        set_defaults(&week->manifest);
        err = manifest_check(week, course, text);
    }
    free(text);
    if (err < 0)
        week_release(week);
    return err;
}

void week_release(struct week *week)
{
    struct complaint complaint = {0};
    cyaml_config_t config = config_with(&complaint);
    struct manifest *manifest = malloc(sizeof(*manifest));

    if (!manifest)
        abort();
    *manifest = week->manifest; /* cyaml_free wants the shell back */
    cyaml_free(&config, &manifest_schema, manifest, 0);
    free(week->name);
    free(week->dir);
    free(week->solution);
    *week = (struct week){0};
}

/* ---- Names ---- */

const struct step *week_step(const struct week *week,
                             const char *number_or_name)
{
    for (unsigned i = 0; i < week->manifest.step_count; i++) {
        const struct step *step = &week->manifest.steps[i];
        char number[16];
        snprintf(number, sizeof(number), "%d", step->number);
        if (strcmp(number_or_name, number) == 0 ||
            strcmp(number_or_name, step->name) == 0)
            return step;
    }
    return NULL;
}

static const char *word_for(const cyaml_strval_t words[], size_t count,
                            int64_t value)
{
    for (size_t i = 0; i < count; i++)
        if (words[i].val == value)
            return words[i].str;
    return "?";
}

const char *sanitizer_name(enum sanitizer sanitizer)
{
    return word_for(sanitizers, COUNT_OF(sanitizers), sanitizer);
}

const char *kind_name(enum week_kind kind)
{
    return word_for(kinds, COUNT_OF(kinds), kind);
}

const char *need_name(enum need need)
{
    return word_for(needs, COUNT_OF(needs), need);
}
