/*
 * workspace_scratch.h: a workspace in the made-up course of scratch.h.
 * Included by one test program each.
 */
#ifndef WORKSPACE_SCRATCH_H
#define WORKSPACE_SCRATCH_H

#include "scratch.h"

#include "course.h"
#include "workspace.h"

static struct workspace w;
static struct week week;

static UNUSED int find(const char *given)
{
    int err;

    workspace_release(&w);
    listen_to_stderr();
    err = workspace_find(&w, given);
    stop_listening();
    return err;
}

static UNUSED int create(void)
{
    int err;

    listen_to_stderr();
    err = workspace_create(&w);
    stop_listening();
    return err;
}

/* What start tells on standard output is not for the test's. */
static UNUSED int start(void)
{
    int err, terminal = fcntl(1, F_DUPFD_CLOEXEC, 10);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    fflush(stdout);
    dup2(null, 1);
    listen_to_stderr();
    err = workspace_start(&w, &week);
    stop_listening();
    fflush(stdout);
    dup2(terminal, 1);
    close(terminal);
    close(null);
    return err;
}

static UNUSED int mend(void)
{
    int err;

    listen_to_stderr();
    err = workspace_mend(&w, &week);
    stop_listening();
    return err;
}

/* A workspace in course/work, and in it the week 06-wal. */
static UNUSED void started(void)
{
    ck_assert_int_eq(find(at("course/work")), -ENOENT);
    ck_assert_int_eq(create(), 0);
    ck_assert_int_eq(week_load(&week, course_dir(), "06-wal"), 0);
    ck_assert_int_eq(start(), 0);
    ck_assert_str_eq(heard, "");
}

static UNUSED void links_to(const char *name, const char *target)
{
    char found[512] = {0};

    ck_assert_msg(readlink(at(name), found, sizeof(found) - 1) > 0, "%s: %s",
                  name, strerror(errno));
    ck_assert_str_eq(found, target);
}

/* No settings of whoever runs the tests. */
static UNUSED void set_up(void)
{
    scratch_begin();
    put_course();
    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    setenv("GIT_CONFIG_SYSTEM", "/dev/null", 1);
    unsetenv("GIT_AUTHOR_NAME");
    unsetenv("GIT_AUTHOR_EMAIL");
}

static UNUSED void tear_down(void)
{
    workspace_release(&w);
    if (week.name)
        week_release(&week);
}

static UNUSED TCase *add(Suite *suite, const char *name)
{
    TCase *tc = tcase_create(name);

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return tc;
}

#endif
