/*
 * build.h: stage a week's sources and let make build them.
 *
 * A build folder (under WORKSPACE/.grade/build/WEEK/ORIGIN) holds src/, the
 * staged copies of the member's files and nothing else, config.mk (what
 * starter/week.mk is told) and one folder of products for each sanitizer.
 * Staging writes only what differs, so make rebuilds only that.
 */
#ifndef BUILD_H
#define BUILD_H

#include "manifest.h"
#include "process.h"
#include "workspace.h"

#define USES_MAX 32

/* A week as it is used by another: built from these sources. */
struct used_week {
    struct week week;
    enum origin origin;
    char *from;      /* folder of the sources */
    char *dir;       /* its build folder */
    bool as_program; /* uses_programs: only its program is built */
};

struct build {
    const struct week *week; /* borrowed */
    char *from;              /* folder of the files in `yours` */
    char *dir;               /* the build folder */
    char *test_dir;          /* test objects (shared between bugs) */
    struct used_week uses[USES_MAX];
    unsigned use_count;
};

/*
 * Stage the sources and write config.mk for the week and all that it uses.
 *   from   folder of the member's files (or of a solution)
 *   dir    build folder, made if missing
 * Returns 0 or -errno after telling.
 */
int build_prepare(struct build *build, const struct week *week,
                  const char *from, const char *dir);
void build_release(struct build *build);

/* Run make for one sanitizer. Returns 0 built, 1 the code does not compile
 * (*words: gcc's own, owned by the caller), or -errno after telling. */
int build_make(const struct build *build, enum sanitizer sanitizer,
               char **words);

#endif
