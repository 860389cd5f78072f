/*
 * pen.h: writing for a reader, at a terminal or in a file.
 *
 * All that is written through a pen is cleaned first (clean.h).
 *
 *  1. Colour only where `out` is a terminal that has it, and NO_COLOR is not
 *     set. The four inks are readable on a light and on a dark ground.
 *  2. A line is rubbed out only where `out` is a terminal.
 *  3. Marks beyond ASCII only where the locale is UTF-8.
 *  4. Sentences are broken at the width: the terminal's, 80 at most, and 80
 *     where there is none. What is not a sentence is never broken.
 */
#ifndef PEN_H
#define PEN_H

#include <stdbool.h>
#include <stdio.h>

enum ink { INK_PLAIN, INK_STRONG, INK_FAINT, INK_GOOD, INK_BAD, INK_ODD };

struct pen {
    FILE *out;
    bool colour, rubber, utf8;
    unsigned width;
};

void pen_init(struct pen *pen, FILE *out);

/* Write on the current line. */
void pen_write(struct pen *pen, enum ink ink, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Write a sentence from column `left` on, broken at the width; later lines
 * begin there too. The pen stands at column `left` before, at the beginning of
 * a line after. */
void pen_sentence(struct pen *pen, enum ink ink, unsigned left,
                  const char *text);

/* Write lines as they are, each from column `left` on. */
void pen_lines(struct pen *pen, enum ink ink, unsigned left, const char *text);

/* Rub out the current line, where that can be done. */
void pen_rub_out(struct pen *pen);

/* The marks. */
const char *pen_mark_good(const struct pen *pen);
const char *pen_mark_bad(const struct pen *pen);
const char *pen_mark_odd(const struct pen *pen);
const char *pen_mark_rest(const struct pen *pen);
const char *pen_mark_cut(const struct pen *pen); /* "…" */

#endif
