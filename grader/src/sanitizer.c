/*
 * sanitizer.c: see sanitizer.h.
 *
 * A report is lines. Kept are its headline, the lines before each stack ("READ
 * of size 4 …", "freed by thread T1 here:"), those that point at a variable,
 * and of each stack the frames in the member's files, as "function  file.c:42".
 * Everything else (addresses of the crash, shadow bytes, advice) is dropped.
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
    char first[300];     /* the first frame of ours: " in serve (echo.c:42)" */
    char heading[800];   /* lines since the last stack */
    bool stack_shown;    /* a frame of it */
    char last[300];      /* the last frame that was shown */
    int repeated;        /* how often it came again: recursion */
    char fallback[300];  /* the frame to show of a stack with none of ours */
    bool fallback_known; /* it is of code that was compiled here */
};

struct frame {
    char function[128], file[128];
    int line;
    bool compiled_here; /* libc's and the sanitizers' paths begin with ../ */
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

/* True if the line says nothing that the headline does not. */
static bool keep_headline(struct cut *cut, const char *line)
{
    const char *text = after_marker(line);
    if (text == NULL || cut->headline != NULL)
        return false;
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
    const char *place = strstr(line, ": runtime error");
    if (place != NULL) /* with the column, which a frame lacks */
        snprintf(cut->heading, sizeof cut->heading, "%.*s\n",
                 (int)(place - line), line);
    return true;
}

/* The parts of "    #0 0x55… in free_all /x/echo.c:42:7"; false if it is no
 * frame with a source line. TSan writes "#0 name file:line (module+0x…)". */
static bool parse_frame(const char *line, struct frame *frame)
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
    char *path = space + 1, *slash = strrchr(path, '/');
    snprintf(frame->function, sizeof frame->function, "%.127s", name);
    snprintf(frame->file, sizeof frame->file, "%.127s",
             slash != NULL ? slash + 1 : path);
    frame->line = atoi(colon + 1);
    frame->compiled_here = strncmp(path, "../", 3) != 0;
    return true;
}

static void show_heading(struct cut *cut)
{
    fputs(cut->heading, cut->out);
    cut->heading[0] = '\0';
}

static void end_repetition(struct cut *cut)
{
    if (cut->repeated > 0)
        fputs("    …                        and so on\n", cut->out);
    cut->repeated = 0;
    cut->last[0] = '\0';
}

/* A stack without a frame of ours still says where. */
static void end_stack(struct cut *cut)
{
    end_repetition(cut);
    if (!cut->stack_shown && cut->fallback[0] != '\0') {
        show_heading(cut);
        fputs(cut->fallback, cut->out);
    }
    cut->fallback[0] = '\0';
    cut->fallback_known = false;
    cut->stack_shown = false;
}

static void keep_frame(struct cut *cut, const char *line)
{
    struct frame frame;
    char text[300];
    if (!parse_frame(line, &frame))
        return;
    snprintf(text, sizeof text, "    %-24s %s:%d\n", frame.function, frame.file,
             frame.line);
    if (!is_ours(cut->manifest, frame.file)) {
        if (cut->fallback[0] == '\0' ||
            (frame.compiled_here && !cut->fallback_known)) {
            strcpy(cut->fallback, text);
            cut->fallback_known = frame.compiled_here;
        }
        return;
    }
    if (cut->first[0] == '\0')
        snprintf(cut->first, sizeof cut->first, " in %s (%s:%d)",
                 frame.function, frame.file, frame.line);
    show_heading(cut);
    cut->stack_shown = true;
    if (strcmp(cut->last, text) == 0) {
        cut->repeated++;
        return;
    }
    end_repetition(cut);
    fputs(text, cut->out);
    strcpy(cut->last, text);
}

/* The line without "==PID==" and space in front. */
static const char *without_pid(const char *line)
{
    const char *end;
    line += strspn(line, " ");
    if (strncmp(line, "==", 2) == 0 && (end = strstr(line + 2, "==")) != NULL)
        line = end + 2;
    return line + strspn(line, " =");
}

/* Copy the line but for what stands in brackets and holds an address or a
 * thread's number: " [0x602000000210,0x60200000021a)", " (tid=8, running)". */
static void copy_without_addresses(char *to, size_t size, const char *from)
{
    size_t used = 0;
    while (*from != '\0' && used + 1 < size) {
        size_t space = *from == ' ', end = strcspn(from + space, ")]");
        bool bracket = from[space] == '(' || from[space] == '[';
        bool number = memmem(from, end, "0x", 2) != NULL ||
                      memmem(from, end, "tid=", 4) != NULL;
        if (bracket && number && from[space + end] != '\0')
            from += space + end + 1;
        else
            to[used++] = *from++;
    }
    to[used] = '\0';
}

/* As gcc 13 and later say it, and shorter. */
static void shorten(char *text, const char *words, const char *shorter)
{
    char *at = strstr(text, words), *rest;
    if (at == NULL)
        return;
    rest = at + strlen(words);
    memcpy(at, shorter, strlen(shorter));
    memmove(at + strlen(shorter), rest, strlen(rest) + 1);
}

/* "Location is global '<null>' at 0x0": TSan, of memory that it can't place. */
static bool is_advice(const char *text)
{
    return strncmp(text, "HINT: ", 6) == 0 || text[0] == '(' ||
           strncmp(text, "Location is global '<null>'", 27) == 0;
}

static void keep_line(struct cut *cut, const char *line)
{
    char text[200];
    size_t len = strlen(cut->heading);
    copy_without_addresses(text, sizeof text, without_pid(line));
    shorten(text, " bytes to the right of ", " bytes after ");
    shorten(text, " bytes to the left of ", " bytes before ");
    if (text[0] == '#' && isdigit((unsigned char)text[1])) {
        keep_frame(cut, line);
        return;
    }
    end_stack(cut);
    if (keep_headline(cut, line) || text[0] == '\0' || is_advice(text))
        return;
    snprintf(cut->heading + len, sizeof cut->heading - len, "%s\n", text);
    if (strstr(text, " <== ") != NULL)
        show_heading(cut);
}

/* Shorten to whole lines. */
static void cut_length(char *text)
{
    char *end;
    if (strlen(text) <= KEPT_BYTES_MAX)
        return;
    text[KEPT_BYTES_MAX] = '\0';
    end = strrchr(text, '\n');
    strcpy(end != NULL ? end : text, "\n…\n");
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
    cut_length(kept);
    *headline = text_format(
        "%s%s", cut.headline != NULL ? cut.headline : "a sanitizer's report",
        cut.first);
    free(cut.headline);
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
