/*
 * pen.c: writing for a reader, at a terminal or in a file.
 */
#include "pen.h"

#include "clean.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH 80
#define WIDTH_MIN 40

static const char *const ink_codes[] = {
    [INK_STRONG] = "1", [INK_FAINT] = "2", [INK_GOOD] = "32",
    [INK_BAD] = "31",   [INK_ODD] = "35",
};

static bool is_set(const char *name)
{
    const char *value = getenv(name);

    return value && *value;
}

/* What the environment asks for, in the order in which libc looks. */
static const char *asked_locale(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_set(names[i]))
            return getenv(names[i]);
    return "C";
}

/* The member's locale, whatever ours is set to. One that was never installed
 * here, as ssh brings it along, still says what the terminal shows. */
static bool locale_is_utf8(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    bool utf8;

    if (locale == (locale_t)0)
        return strcasestr(asked_locale(), "utf") != NULL;
    utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return utf8;
}

void pen_init(struct pen *pen, FILE *out)
{
    const char *term = getenv("TERM");
    int fd = fileno(out); /* -1 for a stream in memory */
    bool terminal = fd >= 0 && isatty(fd);
    bool obeys = terminal && term && *term && strcmp(term, "dumb") != 0;
    struct winsize size;

    *pen = (struct pen){
        .out = out,
        .colour = obeys && !is_set("NO_COLOR"),
        .rubber = obeys,
        .utf8 = locale_is_utf8(),
        .width = WIDTH,
    };
    if (terminal && ioctl(fd, TIOCGWINSZ, &size) == 0 &&
        size.ws_col >= WIDTH_MIN && size.ws_col < WIDTH)
        pen->width = size.ws_col;
}

static void ink_begin(struct pen *pen, enum ink ink)
{
    if (pen->colour && ink != INK_PLAIN)
        fprintf(pen->out, "\033[%sm", ink_codes[ink]);
}

static void ink_end(struct pen *pen, enum ink ink)
{
    if (pen->colour && ink != INK_PLAIN)
        fputs("\033[0m", pen->out);
}

void pen_write(struct pen *pen, enum ink ink, const char *format, ...)
{
    char *text, *clean;
    va_list values;

    va_start(values, format);
    if (vasprintf(&text, format, values) < 0)
        abort(); /* no memory */
    va_end(values);
    clean = text_clean(text, !pen->utf8);
    ink_begin(pen, ink);
    fputs(clean, pen->out);
    ink_end(pen, ink);
    free(clean);
    free(text);
}

/* One line of a sentence: as many words as fit, at least one. Returns what is
 * left of the text. */
static const char *line_of_words(struct pen *pen, unsigned left,
                                 const char *text)
{
    size_t room = pen->width > left ? pen->width - left : 1;
    size_t used = 0;

    for (;;) {
        size_t gap = used > 0 ? strspn(text, " \t") : 0;
        size_t len = strcspn(text + gap, " \t\n");
        size_t width = text_width(text + gap, len);

        if (len == 0 || (used > 0 && used + gap + width > room))
            break;
        fprintf(pen->out, "%*s%.*s", (int)gap, "", (int)len, text + gap);
        used += gap + width;
        text += gap + len;
    }
    return text;
}

void pen_sentence(struct pen *pen, enum ink ink, unsigned left,
                  const char *text)
{
    char *clean = text_clean(text, !pen->utf8);
    const char *rest = clean + strspn(clean, " \t\n");

    ink_begin(pen, ink);
    rest = line_of_words(pen, left, rest);
    while (*(rest += strspn(rest, " \t\n")) != '\0') {
        fprintf(pen->out, "\n%*s", (int)left, "");
        rest = line_of_words(pen, left, rest);
    }
    ink_end(pen, ink);
    fputc('\n', pen->out);
    free(clean);
}

void pen_lines(struct pen *pen, enum ink ink, unsigned left, const char *text)
{
    char *clean = text_clean(text, !pen->utf8);
    char *rest = clean, *line;

    while ((line = strsep(&rest, "\n")) != NULL) {
        if (*line == '\0') {
            if (rest)
                fputc('\n', pen->out);
            continue;
        }
        fprintf(pen->out, "%*s", (int)left, "");
        ink_begin(pen, ink);
        fputs(line, pen->out);
        ink_end(pen, ink);
        fputc('\n', pen->out);
    }
    free(clean);
}

void pen_rub_out(struct pen *pen)
{
    if (pen->rubber)
        fputs("\r\033[K", pen->out);
}

const char *pen_mark_good(const struct pen *pen)
{
    return pen->utf8 ? "✓" : "+";
}

const char *pen_mark_bad(const struct pen *pen)
{
    return pen->utf8 ? "✗" : "x";
}

const char *pen_mark_odd(const struct pen *pen)
{
    return pen->utf8 ? "–" : "-";
}

const char *pen_mark_rest(const struct pen *pen)
{
    return pen->utf8 ? "·" : ".";
}

const char *pen_mark_cut(const struct pen *pen)
{
    return pen->utf8 ? "…" : "...";
}
