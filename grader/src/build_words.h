/*
 * build_words.h: what compiler, linker and starter/check-calls said of code
 * that does not build, as a headline and what stands below it.
 */
#ifndef BUILD_WORDS_H
#define BUILD_WORDS_H

#include "manifest.h"

/*
 * Tell which of three it is.
 *   words   all that was printed; NULL: nothing
 *   text    out: what to show below the headline; owned by the caller,
 *           release with free()
 * Returns the headline, owned by the caller, release with free():
 *   "it does not compile"; text is gcc's own words
 *   "it does not link: echo.c uses serve_on, which is nowhere defined"; text
 *      is what gcc warned of, and where, with the names of files alone
 *   "echo.c:88: calls splice(), which week 01 does not allow"; text is further
 *      ones, and what the week allows
 */
char *build_words_tell(const char *words, const struct manifest *manifest,
                       char **text);

#endif
