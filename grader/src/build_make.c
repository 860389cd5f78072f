/*
 * build_make.c: run make on a prepared build (build.h), and find out what its
 * failure means. All knowledge of compilers is in starter/week.mk.
 */
#include "build.h"

#include "course.h"
#include "files.h"
#include "pen.h"
#include "workspace_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MAKE_OUTPUT_BYTES_MAX (4u << 20)
#define LITTLE_ROOM_BYTES (64u << 20)

/* The compilers of kernels by their usual names (grader/harness/riscv.mk). */
static bool has_riscv_compiler(void)
{
    return process_exists("riscv64-unknown-elf-gcc") ||
           process_exists("riscv64-elf-gcc") ||
           process_exists("riscv64-linux-gnu-gcc") || getenv("CROSS") != NULL;
}

char *build_lacks(const struct week *week)
{
    enum week_kind kind = week->manifest.kind;
    if (kind == KIND_BPF && !process_exists("clang"))
        return text_format("there is no clang here; `%s/grader/install bpf` "
                           "brings it",
                           course_dir());
    if (kind == KIND_RISCV && !has_riscv_compiler())
        return text_format("there is no riscv64 gcc here; `%s/grader/install "
                           "riscv` brings one",
                           course_dir());
    return NULL;
}

static int check_tools(const struct build *build)
{
    static const char *const tools[] = {"make", "gcc", "ld", "ar", "nm"};
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
        if (!process_exists(tools[i])) {
            complain("there is no %s here; `make -C %s` or "
                     "`apt-get install gcc make` brings it",
                     tools[i], course_dir());
            return -ENOENT;
        }
    char *lacks = build_lacks(build->week);
    if (lacks == NULL)
        return 0;
    complain("%s", lacks);
    free(lacks);
    return -ENOENT;
}

/* A compiler that is killed leaves its files behind: give it a folder that
 * goes with us. NULL: it takes the usual one. */
static char *temporary_dir(void)
{
    const char *tmp = getenv("TMPDIR");
    char *dir = text_format("%s/grade-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(dir) == NULL) {
        free(dir);
        return NULL;
    }
    process_remove_at_end(dir);
    return dir;
}

/* LC_CTYPE as it holds now, also where LC_ALL says it. */
static char *characters_variable(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && *value != '\0')
            return text_format("LC_CTYPE=%s", value);
    }
    return text_format("LC_CTYPE=C");
}

/* Columns of what a member reads. */
static unsigned width_here(void)
{
    struct pen pen;
    pen_init(&pen, stdout);
    return pen.width;
}

/* Run make for one target of starter/week.mk. */
static int run_make(const struct build *build, const char *sanitizer,
                    const char *target, struct process_result *result)
{
    char *list[] = {
        text_format("make"),
        text_format("-j%ld", sysconf(_SC_NPROCESSORS_ONLN)),
        text_format("--output-sync"), /* one compiler's words, then another's */
        text_format("-f%s/starter/week.mk", course_dir()),
        text_format("CONFIG=%s/config.mk", build->dir),
        text_format("SRC=%s/src", build->dir),
        text_format("OUT=%s", build->dir),
        text_format("TEST_OUT=%s", build->test_dir),
        text_format("FROM=%s", build->from),
        text_format("SAN=%s", sanitizer),
        text_format("WERROR=%s", build->strict ? "-Werror" : ""),
        text_format("WIDTH=%u", width_here()),
        text_format("%s", target),
        NULL,
    };
    char *tmp = temporary_dir();
    char *tmp_variable = text_format("TMPDIR=%s", tmp != NULL ? tmp : "/tmp");
    char *letters = characters_variable();
    /* We may have been started by a make with flags of its own. Words are read
     * by build_words.c: English, whatever the member's language. */
    const char *const env[] = {"MAKEFLAGS=",    "MFLAGS=",    "MAKELEVEL=",
                               "GNUMAKEFLAGS=", "LC_ALL=",    "LC_MESSAGES=C",
                               letters,         tmp_variable, NULL};
    struct process_request request = {.argv = (const char *const *)list,
                                      .dir = build->dir,
                                      .env = env,
                                      .keep_fd = -1,
                                      .output_bytes_max = MAKE_OUTPUT_BYTES_MAX,
                                      .end_orphans = true};
    int err = process_run(&request, result);
    if (tmp != NULL)
        dir_remove(tmp);
    free(tmp);
    free(tmp_variable);
    free(letters);
    for (size_t i = 0; list[i] != NULL; i++)
        free(list[i]);
    return err;
}

/* The output without what make says of itself; NULL if that is all. */
static char *compiler_words(const char *output)
{
    char *words = NULL;
    size_t kept;
    FILE *out = open_memstream(&words, &kept);
    while (*output != '\0') {
        size_t len = strcspn(output, "\n");
        len += output[len] == '\n';
        if (strncmp(output, "make: ", 6) != 0 &&
            strncmp(output, "make[", 5) != 0)
            fwrite(output, 1, len, out);
        output += len;
    }
    fclose(out);
    if (kept > 0)
        return words;
    free(words);
    return NULL;
}

static bool has_little_room(const char *dir)
{
    struct statvfs info;
    return statvfs(dir, &info) == 0 &&
           info.f_bavail * info.f_frsize < LITTLE_ROOM_BYTES;
}

/* The folder in which compiler or linker found no room, as they say, or NULL.
 * That is no fault of the code's. */
static const char *full_dir(const struct build *build, const char *words)
{
    const char *tmp = getenv("TMPDIR");
    if (tmp == NULL)
        tmp = "/tmp";
    if (words == NULL || strstr(words, strerror(ENOSPC)) == NULL)
        return NULL;
    return has_little_room(build->dir) ? build->dir
           : has_little_room(tmp)      ? tmp
                                       : NULL;
}

/* A build has failed: 1 if the code of `yours` is at fault, else -errno after
 * telling. */
static int find_fault(const struct build *build, enum sanitizer sanitizer,
                      const char *words)
{
    struct process_result result;
    const char *full = full_dir(build, words);
    if (full != NULL)
        return complain_write(full, -ENOSPC);
    int err =
        run_make(build, sanitizer_name(sanitizer), "course-part", &result);
    if (err < 0)
        return err;
    if (!process_succeeded(&result)) {
        char *faults = compiler_words(result.output);
        complain("%s does not build, and that is no fault of yours:\n%s",
                 build->week->name, faults != NULL ? faults : result.output);
        free(faults);
        err = -EIO;
    }
    process_result_release(&result);
    return err < 0 ? err : 1;
}

int build_make(const struct build *build, enum sanitizer sanitizer,
               char **words)
{
    struct process_result result;
    *words = NULL;
    int err = check_tools(build);
    if (err == 0)
        err = run_make(build, sanitizer_name(sanitizer), "all", &result);
    if (err != 0)
        return err;
    bool built = process_succeeded(&result);
    *words = compiler_words(result.output);
    process_result_release(&result);
    if (built)
        return 0;
    err = find_fault(build, sanitizer, *words);
    if (err < 0) {
        free(*words);
        *words = NULL;
    }
    return err;
}

static int build_target(const struct build *build, const char *variant,
                        const char *target, char **words)
{
    struct process_result result;
    *words = NULL;
    int err = check_tools(build);
    if (err == 0)
        err = run_make(build, variant, target, &result);
    if (err != 0)
        return err;
    *words = compiler_words(result.output);
    err = process_succeeded(&result) ? 0 : 1;
    process_result_release(&result);
    return err;
}

int build_program(const struct build *build, const char *variant, char **words)
{
    return build_target(build, variant, "program", words);
}

int build_bench(const struct build *build, const char *variant, char **words)
{
    return build_target(build, variant, "bench", words);
}
