/*
 * build.h: stage a week's sources and let make build them.
 *
 * A build folder (STATE/build/WEEK/ORIGIN) holds src/, the staged copies of
 * the files in `yours` and nothing else; config.mk, what starter/week.mk is
 * told; and one folder of products for each sanitizer. Staging writes only
 * what differs, so make rebuilds only that.
 */
#ifndef BUILD_H
#define BUILD_H

#include "manifest.h"
#include "process.h"
#include "workspace.h"

#define USES_MAX 32

struct build_request {
    const struct week *week;
    const char *from;     /* folder of the files in `yours` */
    const char *dir;      /* the build folder, made if missing */
    const char *test_dir; /* for test objects; NULL: dir */
    const char *state;    /* used weeks are built below it */
    /* Who says whose modules are used; NULL: the reference's. */
    const struct workspace *workspace;
    /* "06-wal=reference", …; NULL-ended or NULL; goes before the workspace's
     * choice; the last that names a week holds. */
    const char *const *use;
    bool strict; /* warnings are errors: for solutions */
    bool plain;  /* without what a solution has for speed alone: -DPLAIN */
};

/* A week that the built one uses, directly or not. */
struct used_week {
    char *name;
    enum origin origin;
    char *from; /* folder of its sources */
    char *dir;  /* its build folder */
    bool as_program;
};

struct build {
    const struct week *week; /* borrowed */
    char *from, *dir, *test_dir;
    bool strict, plain;
    struct used_week uses[USES_MAX];
    unsigned use_count;
};

/*
 * Stage the sources and write config.mk, for the week and for all that it
 * uses. Returns 0 or -errno after telling. Release with build_release().
 */
int build_prepare(struct build *build, const struct build_request *request);
void build_release(struct build *build);

/* What a week of this kind is built with and is not here, in a sentence that
 * ends with the command that brings it; NULL: nothing. Release with free(). */
char *build_lacks(const struct week *week);

/*
 * Run make for one sanitizer.
 *   words   out: what compiler and make printed (warnings too), or NULL;
 *           owned by the caller, release with free()
 * Returns 0 built, 1 the code does not build, or -errno after telling.
 */
int build_make(const struct build *build, enum sanitizer sanitizer,
               char **words);

/*
 * The program alone, DIR/VARIANT/PROGRAM, for `grade bench`.
 *   variant   "speed" or "plain" (harness.mk)
 *   words     as above
 * Returns 0 built, 1 it does not build, or -errno after telling.
 */
int build_program(const struct build *build, const char *variant, char **words);

/* The same of the week's measuring program, DIR/VARIANT/bench/NAME, of which
 * build_bench_name() is the NAME; release with free(). */
int build_bench(const struct build *build, const char *variant, char **words);
char *build_bench_name(const struct manifest *manifest);

/* "your 06-wal, reference 07-sstable", or NULL where nothing is used;
 * release with free(). */
char *build_used_text(const struct build *build);

/*
 * Write WEEK/.grade/config.mk in the workspace, for the member's own make.
 * Returns 0 or -errno after telling.
 */
int build_write_member_config(const struct workspace *workspace,
                              const struct week *week);

#endif
