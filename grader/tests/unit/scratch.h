/*
 * scratch.h: a folder for one test, a course made up in it, and an ear at
 * standard error. Included by one test program each.
 *
 * Every test runs in a process of its own, at whose end the folder goes.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "files.h"
#include "process.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

static char scratch[64];
static char *heard; /* what was told between listen() and stop_listening() */
static int real_stderr = -1, ear = -1;

/* Keep a string until the test's process ends, out of the leaks. */
static UNUSED char *keep(char *text)
{
    static char *kept[1000];
    static int count;

    ck_assert_int_lt(count, 1000);
    return kept[count++] = text;
}

/* A path below the scratch folder; kept. */
static UNUSED char *at(const char *name)
{
    return keep(path_join(scratch, name));
}

static void scratch_begin(void)
{
    strcpy(scratch, "/tmp/grade-unit-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(scratch));
    process_remove_at_end(scratch);
}

/* Write a file below the scratch folder, and the folders above it. */
static UNUSED void put(const char *name, const char *text)
{
    char *path = at(name);
    char *slash = strrchr(path, '/');

    *slash = '\0';
    ck_assert_int_eq(dir_make(path), 0);
    *slash = '/';
    ck_assert_int_eq(file_write_atomic(path, text, strlen(text)), 0);
}

/* What a file holds now. */
static UNUSED void holds(const char *name, const char *text)
{
    char *path = at(name);
    char *found = file_read(path, NULL);

    ck_assert_msg(found != NULL, "%s: %s", path, strerror(errno));
    ck_assert_str_eq(found, text);
    free(found);
}

static UNUSED void listen_to_stderr(void)
{
    char *path = at(".heard");

    fflush(stderr);
    real_stderr = fcntl(2, F_DUPFD_CLOEXEC, 10);
    ear = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
    ck_assert_int_ge(ear, 0);
    dup2(ear, 2);
}

/* Sets `heard`. */
static UNUSED void stop_listening(void)
{
    static char text[8192];
    ssize_t len;

    fflush(stderr);
    dup2(real_stderr, 2);
    close(real_stderr);
    len = pread(ear, text, sizeof(text) - 1, 0);
    close(ear);
    text[len > 0 ? len : 0] = '\0';
    heard = text;
}

/* Exactly one line was told. */
static UNUSED void heard_one_line(void)
{
    const char *end = strchr(heard, '\n');

    ck_assert_msg(end && !end[1], "not one line:\n%s", heard);
}

static UNUSED void heard_text(const char *text)
{
    ck_assert_msg(strstr(heard, text) != NULL, "no \"%s\" in:\n%s", text,
                  heard);
}

/* Become nobody, to whom file modes apply; all of the scratch folder becomes
 * theirs. */
static UNUSED void become_ordinary(void)
{
    const char *argv[] = {"chown", "-R", "65534:65534", scratch, NULL};
    struct process_request request = {.argv = argv, .keep_fd = -1};
    struct process_result result;

    if (geteuid() != 0)
        return;
    ck_assert_int_eq(process_run(&request, &result), 0);
    ck_assert(process_succeeded(&result));
    process_result_release(&result);
    ck_assert_int_eq(setegid(65534), 0);
    ck_assert_int_eq(seteuid(65534), 0);
}

static UNUSED void become_real(void)
{
    ck_assert_int_eq(seteuid(getuid()), 0);
    ck_assert_int_eq(setegid(getgid()), 0);
}

/* ---- A full disk ---- */

static UNUSED bool tell_kernel(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) > 0;

    close(fd);
    return written;
}

/* An ordinary user becomes root of a user namespace of its own. */
static UNUSED bool become_root_of_namespace(void)
{
    char *user = keep(text_format("0 %d 1", (int)getuid()));
    char *group = keep(text_format("0 %d 1", (int)getgid()));

    return unshare(CLONE_NEWUSER) == 0 &&
           tell_kernel("/proc/self/uid_map", user) &&
           tell_kernel("/proc/self/setgroups", "deny") &&
           tell_kernel("/proc/self/gid_map", group);
}

/* Mount 64 KiB for this test alone; false where that is not allowed. */
static UNUSED bool mount_small_disk(const char *path)
{
    return (geteuid() == 0 || become_root_of_namespace()) &&
           unshare(CLONE_NEWNS) == 0 &&
           mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("small", path, "tmpfs", 0, "size=64k") == 0;
}

/* ---- A course ---- */

#define WAL_MANIFEST                         \
    "title: A write-ahead log\n"             \
    "track: storage\n"                       \
    "kind: host\n"                           \
    "hours: 8\n"                             \
    "yours: [wal.c]\n"                       \
    "given: [crc.c]\n"                       \
    "uses: [01-echo]\n"                      \
    "steps:\n"                               \
    "  - name: append\n"                     \
    "    title: Append a record\n"           \
    "    minutes: 40\n"                      \
    "    hints: [a nudge, the idea]\n"       \
    "  - name: recover\n"                    \
    "    title: Recover what append wrote\n" \
    "    minutes: 30\n"                      \
    "    after: [append]\n"                  \
    "    seconds: 5\n"                       \
    "    needs: [io_uring, kvm]\n"           \
    "    sanitizer: thread\n"                \
    "  - name: group\n"                      \
    "    title: Commit in groups\n"          \
    "    minutes: 60\n"                      \
    "    stretch: true\n"                    \
    "    files: 1024\n"

#define ECHO_MANIFEST        \
    "title: Echo\n"          \
    "track: network\n"       \
    "hours: 2\n"             \
    "yours: [echo.c]\n"      \
    "program: echo\n"        \
    "steps:\n"               \
    "  - name: hello\n"      \
    "    title: Say hello\n" \
    "    minutes: 20\n"

/* A course with the weeks 01-echo and 06-wal in scratch/course. */
static UNUSED void put_course(void)
{
    put("course/weeks/01-echo/week.yaml", ECHO_MANIFEST);
    put("course/weeks/01-echo/echo.c", "int echo(void);\n");
    put("course/weeks/01-echo/main.c", "int main(void) { return 0; }\n");
    put("course/weeks/01-echo/echo.h", "int echo(void);\n");
    put("course/weeks/01-echo/README.md", "# Echo\n");
    put("course/weeks/01-echo/tests/echo_test.c", "lab_step(\"hello\");\n");
    put("course/solutions/01-echo/echo.c", "int echo(void) { return 0; }\n");
    put("course/weeks/06-wal/week.yaml", WAL_MANIFEST);
    put("course/weeks/06-wal/wal.c", "int wal(void);\n");
    put("course/weeks/06-wal/crc.c", "int crc;\n");
    put("course/weeks/06-wal/wal.h", "int wal(void);\n");
    put("course/weeks/06-wal/README.md", "# A log\n");
    put("course/weeks/06-wal/tests/wal_test.c",
        "/* lab_step(\"of a comment\"); */\n"
        "int main(void)\n"
        "{\n"
        "    lab_step(\"append\");\n"
        "    lab_step(\"recover\");\n"
        "    lab_step( \"group\" );\n"
        "}\n");
    put("course/starter/week.mk", "all:\n");
    put("course/starter/member/README.md", "# My workspace\n");
    put("course/starter/member/.gitignore", "/grade\n/.grade/\n");
    put("course/starter/member/.vscode/settings.json", "{}\n");
    put("course/grader/grade", "#!/bin/sh\n");
    setenv("GRADE_COURSE", at("course"), 1);
}

/* ---- Processes ---- */

/* Ended, or a zombie that nobody waits for. */
static UNUSED bool is_gone(pid_t pid)
{
    char path[64], state = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (!file)
        return true;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 'X';
    fclose(file);
    return state == 'Z' || state == 'X';
}

/* Wait until it is; 10 s at most, for what will never happen. */
static UNUSED void goes(pid_t pid)
{
    for (int i = 0; i < 1000 && !is_gone(pid); i++)
        usleep(10000);
    ck_assert_msg(is_gone(pid), "process %d is still there", (int)pid);
}

/* Run the suite's cases; main's return. */
static UNUSED int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static UNUSED TCase *add_case(Suite *suite, const char *name)
{
    TCase *tc = tcase_create(name);

    tcase_add_checked_fixture(tc, scratch_begin, NULL);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return tc;
}

#endif
