/*
 * clean.c: text that other people's code wrote, made safe to show.
 */
#include "clean.h"

#include "files.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The character at `at`, as RFC 3629 writes it: no overlong forms, no
 * surrogates. Returns its length in bytes, 0 if there is none.
 */
static size_t character_at(const unsigned char *at, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = at[0] < 0x80   ? 1
                 : at[0] < 0xc0 ? 0
                 : at[0] < 0xe0 ? 2
                 : at[0] < 0xf0 ? 3
                 : at[0] < 0xf8 ? 4
                                : 0;

    *code = len < 2 ? at[0] : at[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (at[i] & 0x3f);
    }
    if (len == 0 || *code < least[len] || *code > 0x10ffff ||
        (*code >= 0xd800 && *code <= 0xdfff))
        return 0;
    return len;
}

/* Characters that act on the screen instead of standing on it: C0 and C1
 * controls, line separators, and the marks that turn the direction; and the
 * two of each plane that are none, which XML refuses. */
static bool acts(uint32_t code)
{
    if (code == '\n' || code == '\t')
        return false;
    return code < 0x20 || (code >= 0x7f && code < 0xa0) ||
           (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x2069) || code == 0xfeff ||
           (code & 0xfffe) == 0xfffe;
}

/* What stands in for a mark that English text and gcc use; NULL if nothing
 * does. */
static const char *ascii_of(uint32_t code)
{
    static const struct {
        uint32_t code;
        const char *ascii;
    } marks[] = {
        {0x2018, "'"}, {0x2019, "'"}, {0x201c, "\""},  {0x201d, "\""},
        {0x2013, "-"}, {0x2014, "-"}, {0x2026, "..."}, {0x00d7, "x"},
    };

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (marks[i].code == code)
            return marks[i].ascii;
    return NULL;
}

static void write_character(FILE *out, const unsigned char *at, size_t bytes,
                            uint32_t code, bool ascii)
{
    const char *instead = ascii && bytes > 0 ? ascii_of(code) : NULL;

    if (instead)
        fputs(instead, out);
    else if (bytes > 0 && !acts(code) && (!ascii || code < 0x80))
        fwrite(at, 1, bytes, out);
    else
        for (size_t i = 0; i < (bytes ? bytes : 1); i++)
            fprintf(out, "\\x%02x", at[i]);
}

char *text_clean(const char *text, bool ascii)
{
    const unsigned char *at = (const unsigned char *)text;
    char *clean = NULL;
    size_t len;
    FILE *out;

    if (!text)
        return NULL;
    out = open_memstream(&clean, &len);
    while (out && *at) {
        uint32_t code;
        size_t bytes = character_at(at, &code);

        write_character(out, at, bytes, code, ascii);
        at += bytes ? bytes : 1;
    }
    if (!out || fclose(out) != 0)
        abort(); /* no memory */
    return clean;
}

char *text_clean_line(const char *text, bool ascii)
{
    char *clean = text_clean(text, ascii);

    for (char *at = clean; at && *at; at++)
        if (*at == '\n' || *at == '\t')
            *at = ' ';
    return clean;
}

char *text_in_words(const char *name)
{
    char *words = text_format("%s", name);

    for (char *at = words; *at; at++)
        if (*at == '_')
            *at = ' ';
    return words;
}

size_t text_width(const char *text, size_t len)
{
    size_t width = 0;

    for (size_t i = 0; i < len; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            width++;
    return width;
}

char *text_for_shell(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-+=./:,@%~";
    char *quoted = NULL;
    size_t len;
    FILE *out;

    if (*word && word[strspn(word, plain)] == '\0')
        return text_format("%s", word);
    out = open_memstream(&quoted, &len);
    if (!out)
        abort();
    fputc('\'', out);
    for (; *word; word++)
        *word == '\'' ? fputs("'\\''", out) : fputc(*word, out);
    fputc('\'', out);
    if (fclose(out) != 0)
        abort();
    return quoted;
}
