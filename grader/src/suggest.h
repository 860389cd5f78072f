/*
 * suggest.h: "did you mean …?" for a mistyped word.
 */
#ifndef SUGGEST_H
#define SUGGEST_H

/*
 * The candidate nearest to a mistyped word, or NULL if none is near.
 *   candidates   NULL-ended, borrowed for the call
 */
const char *nearest_word(const char *word, const char *const candidates[]);

/* " (did you mean 'minutes'?)", or "" without a near candidate. Owned by the
 * caller; release with free(). */
char *did_you_mean(const char *word, const char *const candidates[]);

#endif
