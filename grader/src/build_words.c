/*
 * build_words.c: see build_words.h.
 *
 * The linker names files by long paths and says most things twice, for the
 * tests and for the program:
 *
 *     /usr/bin/ld: /…/under_test.o: in function `echo_serve':
 *     /…/echo.c:88: undefined reference to `serve_on'
 *     collect2: error: ld returned 1 exit status
 *
 * Of this the second line is kept, once, as "echo.c:88: undefined …".
 */
#include "build_words.h"

#include "files.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char undefined[] = "undefined reference to `";
static const char multiple[] = "multiple definition of `";

/* The next line of *rest, owned by the caller; NULL at the end. */
static char *next_line(const char **rest)
{
    size_t len = strcspn(*rest, "\n");
    char *line;

    if (**rest == '\0')
        return NULL;
    line = text_format("%.*s", (int)len, *rest);
    *rest += len + ((*rest)[len] == '\n');
    return line;
}

/* The first line with both texts in it, owned by the caller; or NULL. */
static char *line_with(const char *words, const char *one, const char *other)
{
    char *line;

    while ((line = next_line(&words)) != NULL) {
        if (strstr(line, one) != NULL && strstr(line, other) != NULL)
            return line;
        free(line);
    }
    return NULL;
}

/* ---- A refused call ---- */

static bool is_refusal(const char *words)
{
    char *line = line_with(words, ": calls ", "(), which week ");

    free(line);
    return line != NULL;
}

/* The first refusal is the headline. What follows belongs to it; what gcc
 * warned of before may not, and comes last. */
static char *tell_refusal(const char *words, char **text)
{
    char *headline = line_with(words, ": calls ", "(), which week ");
    const char *at = strstr(words, headline);
    const char *after = at + strlen(headline);

    after += strspn(after, "\n");
    *text = text_format("%s%s%.*s", after, at > words ? "\n" : "",
                        (int)(at - words), words);
    return headline;
}

/* ---- The linker ---- */

static bool is_of_linker(const char *line)
{
    return strstr(line, undefined) != NULL || strstr(line, multiple) != NULL;
}

/* Said around what it means, and of the other objects of the same link. */
static bool is_idle(const char *line)
{
    return strncmp(line, "collect2: ", 10) == 0 ||
           strstr(line, ": in function `") != NULL ||
           strstr(line, ": more undefined references to `") != NULL;
}

/* The text without "/usr/bin/ld: " and without the folders of its first word.
 */
static const char *without_folders(const char *text)
{
    size_t len = strcspn(text, " ");

    if (len >= 3 && strncmp(text + len - 3, "ld:", 3) == 0 && text[len] == ' ')
        text += len + 1;
    len = strcspn(text, " ");
    while (memchr(text, '/', len) != NULL) {
        size_t folder = strcspn(text, "/") + 1;

        text += folder;
        len -= folder;
    }
    return text;
}

/* "echo.c:88: undefined reference to `serve_on'"; of a second definition also
 * where the first stands. Owned by the caller. */
static char *tidy(const char *line)
{
    const char *near = without_folders(line);
    const char *first = strstr(near, "; ");

    if (strstr(near, multiple) == NULL || first == NULL)
        return text_format("%s", near);
    return text_format("%.*s%s", (int)(first - near) + 2, near,
                       without_folders(first + 2));
}

static char *tidied(const char *words)
{
    char *text = NULL, *line, *near;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (out == NULL)
        abort(); /* no memory */
    for (; (line = next_line(&words)) != NULL; free(line)) {
        if (is_idle(line))
            continue;
        near = is_of_linker(line) ? tidy(line) : text_format("%s", line);
        fflush(out);
        if (!is_of_linker(line) || strstr(text, near) == NULL)
            fprintf(out, "%s\n", near);
        free(near);
    }
    fclose(out);
    return text;
}

static bool is_yours(const struct manifest *m, const char *line)
{
    for (unsigned i = 0; i < m->yours_count; i++) {
        size_t len = strlen(m->yours[i]);

        if (strncmp(line, m->yours[i], len) == 0 && line[len] == ':')
            return true;
    }
    return false;
}

/* The line to make a headline of: the first that names a file of the member's,
 * else the first. Owned by the caller; NULL where none is of the linker. */
static char *telling_line(const char *text, const struct manifest *m)
{
    char *found = NULL, *line;

    while ((line = next_line(&text)) != NULL) {
        bool yours = is_yours(m, line);

        if (!is_of_linker(line) || (found != NULL && !yours)) {
            free(line);
            continue;
        }
        free(found);
        found = line;
        if (yours)
            break;
    }
    return found;
}

/* "it does not link: echo.c uses serve_on, which is nowhere defined". */
static char *tell_linker(const char *words, const struct manifest *m,
                         char **text)
{
    char *line, *headline;
    const char *name;
    bool twice;

    *text = tidied(words);
    line = telling_line(*text, m);
    if (line == NULL)
        return text_format("it does not link");
    twice = strstr(line, multiple) != NULL;
    name = strstr(line, twice ? multiple : undefined);
    name += twice ? strlen(multiple) : strlen(undefined);
    headline = text_format("it does not link: %.*s %s %.*s, which is %s",
                           (int)strcspn(line, ":"), line,
                           twice ? "defines" : "uses", (int)strcspn(name, "'"),
                           name, twice ? "defined already" : "nowhere defined");
    free(line);
    return headline;
}

/* ---- Which it is ---- */

/* gcc's own error, beside which the linker's words are but a consequence. */
static bool is_of_compiler(const char *words)
{
    char *line = line_with(words, "error: ", "");
    bool found = false;

    while (line != NULL && !found) {
        found = strncmp(line, "collect2: ", 10) != 0;
        words = strstr(words, line) + strlen(line);
        free(line);
        line = found ? NULL : line_with(words, "error: ", "");
    }
    return found;
}

char *build_words_tell(const char *words, const struct manifest *manifest,
                       char **text)
{
    if (words == NULL)
        words = "";
    if (is_refusal(words))
        return tell_refusal(words, text);
    if (!is_of_compiler(words) &&
        (strstr(words, "collect2: ") != NULL || strstr(words, undefined)))
        return tell_linker(words, manifest, text);
    *text = text_format("%s", words);
    return text_format("it does not %s", *words ? "compile" : "build");
}
