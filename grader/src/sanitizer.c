/*
 * sanitizer.c: see sanitizer.h.
 *
 * A report is lines. Kept are its headline, the line before each stack ("READ
 * of size 4 …", "freed by thread T1 here:"), and of each stack the frames in
 * the member's files, as "function  file.c:42". Everything else (module
 * tables, shadow bytes, advice) is dropped.
 */
#include "sanitizer.h"

#include "files.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_BYTES_MAX 3000

struct cut {
    const struct manifest *manifest;
    FILE *out;
    char *headline;
    char heading[300]; /* the last line before a stack */
    bool heading_shown, stack_shown;
    char fallback[300]; /* the first frame of a stack with none of ours */
};

static bool is_ours(const struct manifest *m, const char *file)
{
    for (unsigned i = 0; i < m->yours_count; i++)
        if (strcmp(m->yours[i], file) == 0)
            return true;
    return false;
}

/* "==42==ERROR: AddressSanitizer: heap-use-after-free on address 0x…" */
static const char *after_marker(const char *line)
{
    static const char *const markers[] = {
        "ERROR: ", "WARNING: ", "runtime error: "};
    for (size_t i = 0; i < sizeof markers / sizeof *markers; i++) {
        const char *at = strstr(line, markers[i]);
        if (at != NULL)
            return i == 2 ? at : at + strlen(markers[i]);
    }
    return NULL;
}

static void keep_headline(struct cut *cut, const char *line)
{
    const char *text = after_marker(line);
    if (text == NULL || cut->headline != NULL)
        return;
    size_t len = strlen(text);
    const char *address = strstr(text, " on address");
    const char *unknown = strstr(text, " on unknown address");
    const char *pid = strstr(text, " (pid=");
    if (address != NULL)
        len = (size_t)(address - text);
    if (unknown != NULL && (size_t)(unknown - text) < len)
        len = (size_t)(unknown - text);
    if (pid != NULL && (size_t)(pid - text) < len)
        len = (size_t)(pid - text);
    bool undefined = strncmp(text, "runtime error", 13) == 0;
    cut->headline = text_format(
        "%s%.*s", undefined ? "UndefinedBehaviorSanitizer: " : "", (int)len,
        undefined ? text + strlen("runtime error: ") : text);
    if (undefined)
        cut->headline[strlen("UndefinedBehaviorSanitizer: ") + len -
                      strlen("runtime error: ")] = '\0';
}

/* The parts of "    #0 0x55… in free_all /x/echo.c:42:7"; false if it is no
 * frame with a source line. TSan writes "#0 name file:line (module+0x…)". */
static bool parse_frame(const char *line, char function[128], char file[128],
                        int *number)
{
    char rest[512];
    int index;
    if (sscanf(line, " #%d %511[^\n]", &index, rest) != 2)
        return false;
    char *name = rest;
    if (strncmp(name, "0x", 2) == 0) {
        char *in = strstr(name, " in ");
        if (in == NULL)
            return false;
        name = in + 4;
    }
    char *module = strstr(name, " (");
    if (module != NULL)
        *module = '\0';
    char *space = strrchr(name, ' ');
    char *colon = space != NULL ? strchr(space, ':') : NULL;
    if (colon == NULL || !isdigit((unsigned char)colon[1]))
        return false;
    *space = '\0';
    *colon = '\0';
    char *slash = strrchr(space + 1, '/');
    snprintf(function, 128, "%.127s", name);
    snprintf(file, 128, "%.127s", slash != NULL ? slash + 1 : space + 1);
    *number = atoi(colon + 1);
    return true;
}

static void show_heading(struct cut *cut)
{
    if (!cut->heading_shown && cut->heading[0] != '\0')
        fprintf(cut->out, "%s\n", cut->heading);
    cut->heading_shown = true;
}

/* A stack without a frame of ours still says where: by its first frame. */
static void end_stack(struct cut *cut)
{
    if (!cut->stack_shown && cut->fallback[0] != '\0') {
        show_heading(cut);
        fputs(cut->fallback, cut->out);
    }
    cut->fallback[0] = '\0';
    cut->stack_shown = false;
}

static void keep_frame(struct cut *cut, const char *line)
{
    char function[128], file[128], text[300];
    int number;
    if (!parse_frame(line, function, file, &number))
        return;
    snprintf(text, sizeof text, "    %-24s %s:%d\n", function, file, number);
    if (!is_ours(cut->manifest, file)) {
        if (cut->fallback[0] == '\0')
            strcpy(cut->fallback, text);
        return;
    }
    show_heading(cut);
    fputs(text, cut->out);
    cut->stack_shown = true;
}

static const char *without_pid(const char *line)
{
    const char *end;
    while (isspace((unsigned char)*line))
        line++;
    if (strncmp(line, "==", 2) == 0 && (end = strstr(line + 2, "==")) != NULL)
        line = end + 2;
    return line;
}

static void keep_line(struct cut *cut, const char *line)
{
    const char *start = line + strspn(line, " ");
    if (start[0] == '#' && isdigit((unsigned char)start[1])) {
        keep_frame(cut, line);
        return;
    }
    end_stack(cut);
    keep_headline(cut, line);
    snprintf(cut->heading, sizeof cut->heading, "%.290s", without_pid(line));
    cut->heading_shown = false;
}

static char *cut_report(const char *text, const struct manifest *manifest,
                        char **headline)
{
    char *kept = NULL, *copy = text_format("%s", text), *rest = copy, *line;
    size_t len = 0;
    struct cut cut = {.manifest = manifest, .out = open_memstream(&kept, &len)};
    while ((line = strsep(&rest, "\n")) != NULL) {
        if (strncmp(line, "SUMMARY:", 8) == 0)
            break;
        keep_line(&cut, line);
    }
    end_stack(&cut);
    fclose(cut.out);
    free(copy);
    if (len > KEPT_BYTES_MAX)
        strcpy(kept + KEPT_BYTES_MAX, "\n…\n");
    *headline = cut.headline != NULL ? cut.headline
                                     : text_format("a sanitizer's report");
    return kept;
}

char *sanitizer_report(const char *dir, const struct manifest *manifest,
                       char **headline)
{
    char **names, *report = NULL;
    int count = dir_list(dir, &names);
    *headline = NULL;
    for (int i = 0; i < count && report == NULL; i++) {
        char *path = path_join(dir, names[i]);
        size_t len;
        char *text = file_read(path, &len);
        if (text != NULL && len > 0)
            report = cut_report(text, manifest, headline);
        free(text);
        free(path);
    }
    if (count >= 0)
        names_free(names, count);
    return report;
}
