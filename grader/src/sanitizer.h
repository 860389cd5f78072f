/*
 * sanitizer.h: the reports that AddressSanitizer, UndefinedBehaviorSanitizer,
 * LeakSanitizer and ThreadSanitizer left in a folder, cut to what a member
 * can act on.
 */
#ifndef SANITIZER_H
#define SANITIZER_H

#include "manifest.h"

/*
 * Read the reports that a run left.
 *   dir       the run's san/
 *   yours     the member's files: frames elsewhere are left out, unless a
 *             stack has no other
 *   headline  out: "AddressSanitizer: heap-use-after-free in serve
 * (echo.c:42)", with the first frame of the member's; release with free()
 * Returns the first report, cut, owned by the caller, release with free();
 * or NULL where there is none.
 */
char *sanitizer_report(const char *dir, const struct manifest *manifest,
                       char **headline);

#endif
