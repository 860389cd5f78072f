/*
 * manifest_check.h: what a schema cannot say about week.yaml. Used by
 * manifest.c alone.
 */
#ifndef MANIFEST_CHECK_H
#define MANIFEST_CHECK_H

#include "manifest.h"

/* Tell "weeks/06-wal/FILE:LINE: …" on standard error. Returns -EINVAL. */
int complain_at(const struct week *week, const char *file, int line,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * The line of the text where a value stands: behind `key` on its line, else
 * below it. From 1; the key's line, or `from`, where it cannot be found.
 */
int line_of(const char *text, int from, const char *key, const char *value);

/* Check everything. text: of week.yaml. Returns 0 or -EINVAL after telling
 * the first that is wrong. */
int manifest_check(const struct week *week, const char *course,
                   const char *text);

#endif
