/*
 * suggest.c: see suggest.h.
 */
#include "suggest.h"

#include "files.h"

#include <string.h>

#define WORD_BYTES_MAX 64

/* Levenshtein's distance: letters to add, drop or change. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[WORD_BYTES_MAX + 1];
    size_t len = strlen(b);

    if (len > WORD_BYTES_MAX)
        return WORD_BYTES_MAX;
    for (size_t k = 0; k <= len; k++)
        row[k] = (unsigned)k;
    for (size_t i = 0; a[i]; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i + 1;
        for (size_t k = 1; k <= len; k++) {
            unsigned change = diagonal + (a[i] != b[k - 1]);
            unsigned one_less = row[k] < row[k - 1] ? row[k] : row[k - 1];
            diagonal = row[k];
            row[k] = change < one_less + 1 ? change : one_less + 1;
        }
    }
    return row[len];
}

const char *nearest_word(const char *word, const char *const candidates[])
{
    unsigned near = 1 + (unsigned)strlen(word) / 3; /* at most this far */
    const char *best = NULL;

    for (size_t i = 0; candidates[i]; i++) {
        unsigned far = distance(word, candidates[i]);
        if (far <= near) {
            near = far;
            best = candidates[i];
        }
    }
    return best;
}

char *did_you_mean(const char *word, const char *const candidates[])
{
    const char *best = nearest_word(word, candidates);

    return best ? text_format(" (did you mean '%s'?)", best)
                : text_format("%s", "");
}
