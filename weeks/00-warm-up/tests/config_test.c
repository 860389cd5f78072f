/* config_test.c: which file is opened, with an errno that changes meanwhile. */
#include "steps.h"

#include "lab.h"
#include "warm_up.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BEFORE 4711 /* in *fd: an error leaves it there */

static char present[4096], missing[4096], loop[4096], below_file[4096];

static int tried_errors[8];
static size_t tried_count;
static int errno_afterwards;

/* Leaves an errno of its own, as a log that can't be written does. */
static void note_tried(const char *path, int error)
{
    (void)path;
    if (tried_count < 8)
        tried_errors[tried_count++] = error;
    errno = errno_afterwards;
}

static void make_paths(void)
{
    snprintf(present, sizeof present, "%s/present", lab_tmp());
    snprintf(missing, sizeof missing, "%s/missing", lab_tmp());
    snprintf(loop, sizeof loop, "%s/loop", lab_tmp());
    snprintf(below_file, sizeof below_file, "%s/present/below", lab_tmp());
    unlink(loop); /* of an earlier test */
    lab_sys(symlink("loop", loop));
    close((int)lab_sys(open(present, O_WRONLY | O_CREAT, 0600)));
    tried_count = 0;
}

/* tried() was told this errno of a path; both are shown by name. */
static void expect_told(size_t call, int error, const char *path)
{
    lab_same_text(strerrorname_np(tried_errors[call]), strerrorname_np(error),
                  "the error that tried() was told of %s", path);
}

/* A file that is there but can't be opened ends the search. */
STEP_TEST(an_unreadable_file_ends_the_search)
{
    const struct {
        const char *path, *what;
        int error;
    } cases[] = {
        {loop, "a link to itself", ELOOP},
        {below_file, "a path through a file", ENOTDIR},
    };
    int fd = BEFORE;

    errno_afterwards = ENOENT;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const paths[] = {missing, cases[i].path, present, NULL};
        lab_note("a missing file, %s, then one that is there", cases[i].what);
        tried_count = 0;
        lab_error(warm_config_open(paths, note_tried, &fd), -cases[i].error);
        lab_equal(tried_count, 2, "calls of tried()");
        expect_told(1, cases[i].error, cases[i].what);
        lab_same_number(fd, BEFORE, "*fd, which an error leaves as it was");
    }
}

/* A missing file is passed over, whatever errno is after tried(). */
STEP_TEST(a_missing_file_is_passed_over)
{
    const char *const paths[] = {missing, missing, present, loop, NULL};
    int fd = -1;

    errno_afterwards = EIO;
    lab_note("a missing file, once more, then one that is there");
    lab_equal(lab_ok(warm_config_open(paths, note_tried, &fd)), 2,
              "place of the file that was opened");
    lab_equal(tried_count, 2, "calls of tried()");
    expect_told(0, ENOENT, "a missing file");
    lab_equal(lab_sys(fcntl(fd, F_GETFL)) & O_ACCMODE, O_RDONLY,
              "access mode of the file");
    lab_check(fcntl(fd, F_GETFD) & FD_CLOEXEC, "the file is close-on-exec");
    close(fd);
}

/* Where none exists, that is the error, whatever errno is after tried(). */
STEP_TEST(no_file_at_all_is_told)
{
    const char *const paths[] = {missing, missing, NULL};
    int fd = BEFORE;

    errno_afterwards = 0;
    lab_note("two missing files");
    lab_error(warm_config_open(paths, note_tried, &fd), -ENOENT);
    lab_equal(tried_count, 2, "calls of tried()");
    lab_same_number(fd, BEFORE, "*fd, which an error leaves as it was");
}

void add_config_tests(void)
{
    lab_fixture(make_paths, NULL);
    lab_test(an_unreadable_file_ends_the_search);
    lab_test(a_missing_file_is_passed_over);
    lab_test(no_file_at_all_is_told);
}
