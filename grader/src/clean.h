/*
 * clean.h: text that other people's code wrote, made safe to show.
 *
 * What a member's program prints may hold anything: escape sequences that move
 * the cursor or retitle the window, broken UTF-8, marks that turn the writing
 * direction. Every report passes what it shows through here.
 */
#ifndef CLEAN_H
#define CLEAN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A copy in which newline and tab stay, and every other control character,
 * every byte that is not UTF-8 and every direction mark is written "\x1b".
 *   ascii   write all that is not ASCII so, but what a mark of ASCII can
 *           stand in for, as ' for a curly quote
 * Returns well-formed UTF-8, owned by the caller, release with free(); NULL
 * for NULL.
 */
char *text_clean(const char *text, bool ascii);

/* The same on one line: newlines and tabs become spaces. */
char *text_clean_line(const char *text, bool ascii);

/* "port_0_picks_a_free_port" as words: "port 0 picks a free port". Owned by
 * the caller; release with free(). */
char *text_in_words(const char *name);

/* How many characters stand in the first len bytes of well-formed UTF-8. */
size_t text_width(const char *text, size_t len);

/* For a shell: as it is, or in single quotes where that is needed. Owned by
 * the caller; release with free(). */
char *text_for_shell(const char *word);

#endif
