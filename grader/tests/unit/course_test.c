/*
 * course_test.c: where the course is, and which week a word means (course.h).
 */
#include "scratch.h"

#include "course.h"

static char *step;

/* The week that the word names, from the current folder; kept. */
static const char *week_of(const char *word)
{
    char *name;

    step = NULL;
    listen_to_stderr();
    name = course_resolve(word, &step);
    stop_listening();
    if (step)
        keep(step);
    return name ? keep(name) : NULL;
}

static const struct {
    const char *word, *week, *step;
} words[] = {
    {"6", "06-wal", NULL},
    {"06", "06-wal", NULL},
    {"006", "06-wal", NULL},
    {"1", "01-echo", NULL},
    {"06-wal", "06-wal", NULL},
    {"wal", "06-wal", NULL},
    {"06-wal/", "06-wal", NULL},
    {"weeks/06-wal", "06-wal", NULL},
    {"./weeks/06-wal/", "06-wal", NULL},
    {"weeks/06-wal/tests", "06-wal", NULL},
    {"weeks/06-wal/wal.c", "06-wal", NULL},
    {"work/06-wal", "06-wal", NULL}, /* which need not be there */
    {"solutions/01-echo", "01-echo", NULL},
    {"06.3", "06-wal", "3"},
    {"6.recover", "06-wal", "recover"},
    {"wal.half-close", "06-wal", "half-close"},
    {"06-wal.1", "06-wal", "1"},
    {"weeks/06-wal.2", "06-wal", "2"},
    {"06.", "06-wal", NULL},
};

START_TEST(a_week_has_many_names)
{
    ck_assert_int_eq(chdir(at("course")), 0);
    ck_assert_str_eq(week_of(words[_i].word), words[_i].week);
    if (words[_i].step)
        ck_assert_str_eq(step, words[_i].step);
    else
        ck_assert_ptr_null(step);
    ck_assert_str_eq(heard, "");
}
END_TEST

START_TEST(a_dot_is_the_week_around)
{
    ck_assert_int_eq(chdir(at("course/weeks/06-wal/tests")), 0);
    ck_assert_str_eq(week_of("."), "06-wal");
    ck_assert_str_eq(week_of(".."), "06-wal");
    ck_assert_str_eq(week_of("../../01-echo"), "01-echo");
    ck_assert_int_eq(chdir(at("course")), 0);
    ck_assert_ptr_null(week_of("."));
    heard_one_line();
    heard_text("'.' is in no week's folder");
}
END_TEST

static const char *const unknown[] = {
    "7", "99", "wall", "06-wall", "weeks/07-none", "", "/", "-1", "9999999999",
};

START_TEST(an_unknown_week_is_one_line_that_names_those_there_are)
{
    ck_assert_int_eq(chdir(at("course")), 0);
    ck_assert_ptr_null(week_of(unknown[_i]));
    ck_assert_ptr_null(step);
    heard_one_line();
    heard_text("01-echo, 06-wal");
}
END_TEST

START_TEST(weeks_are_folders_with_a_number_and_a_name)
{
    char **names;
    int count;

    put("course/weeks/README.md", "x");
    put("course/weeks/09-a-file", "x");
    ck_assert_int_eq(dir_make(at("course/weeks/10-Upper")), 0);
    ck_assert_int_eq(dir_make(at("course/weeks/draft")), 0);
    ck_assert_int_eq(dir_make(at("course/weeks/.11-hidden")), 0);
    ck_assert_int_eq(dir_make(at("course/weeks/27-jam2")), 0);
    count = course_weeks(&names);
    ck_assert_int_eq(count, 3);
    ck_assert_str_eq(names[0], "01-echo");
    ck_assert_str_eq(names[1], "06-wal");
    ck_assert_str_eq(names[2], "27-jam2");
    names_free(names, count);
}
END_TEST

START_TEST(a_course_without_weeks_is_one_line)
{
    listen_to_stderr();
    setenv("GRADE_COURSE", scratch, 1);
    ck_assert_ptr_null(course_dir());
    stop_listening();
    heard_one_line();
    heard_text("no folder weeks/ is there");
}
END_TEST

/* Without the variable it is the one that this test program was built in. */
START_TEST(the_course_is_found_around_the_program)
{
    unsetenv("GRADE_COURSE");
    ck_assert_ptr_nonnull(course_dir());
    ck_assert(path_is_dir(keep(path_join(course_dir(), "grader/src"))));
}
END_TEST

static void set_up(void)
{
    scratch_begin();
    put_course();
}

int main(void)
{
    Suite *suite = suite_create("course");
    TCase *tc = tcase_create("course");

    tcase_add_checked_fixture(tc, set_up, NULL);
    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, a_week_has_many_names, 0,
                        sizeof(words) / sizeof(words[0]));
    tcase_add_test(tc, a_dot_is_the_week_around);
    tcase_add_loop_test(tc,
                        an_unknown_week_is_one_line_that_names_those_there_are,
                        0, sizeof(unknown) / sizeof(unknown[0]));
    tcase_add_test(tc, weeks_are_folders_with_a_number_and_a_name);
    tcase_add_test(tc, a_course_without_weeks_is_one_line);
    tcase_add_test(tc, the_course_is_found_around_the_program);
    return run_suite(suite);
}
