/*
 * doctor_test.c: `grade doctor` on machines that lack something. A machine is
 * made by its PATH: a folder of links to all programs but one.
 */
#include "clean.h"
#include "commands.h"
#include "course.h"
#include "files.h"

#include <check.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *output;

/* Run the doctor; its table is in `output`. */
static int doctor(void)
{
    char path[] = "/tmp/doctor-test-XXXXXX";
    struct options options = {0};
    int table = mkostemp(path, O_CLOEXEC), terminal = dup(1);

    ck_assert_int_ge(table, 0);
    fflush(stdout);
    dup2(table, 1);
    int status = command_doctor(&options);
    fflush(stdout);
    dup2(terminal, 1);
    close(terminal);
    close(table);
    output = file_read(path, NULL);
    unlink(path);
    ck_assert_ptr_nonnull(output);
    return status;
}

/* The table has these words, wherever a line is broken. */
static void shows(const char *words)
{
    char *flat = text_format("%s", output), *to = flat;

    for (const char *from = flat; *from != '\0'; from++)
        if (!isspace((unsigned char)*from))
            *to++ = *from;
        else if (to > flat && to[-1] != ' ')
            *to++ = ' ';
    *to = '\0';
    ck_assert_msg(strstr(flat, words) != NULL, "no \"%s\" in:\n%s", words,
                  output);
    free(flat);
}

static void link_programs(const char *from, const char *to, const char *but)
{
    DIR *dir = opendir(from);
    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
        char *program = path_join(from, e->d_name);
        char *link = path_join(to, e->d_name);
        if (strcmp(e->d_name, but) != 0 && symlink(program, link) < 0)
            ck_assert(path_exists(link));
        free(program);
        free(link);
    }
    if (dir != NULL)
        closedir(dir);
}

/* The doctor's verdict on a machine like this one, but without `program`. */
static int doctor_without(const char *program)
{
    char dir[] = "/tmp/doctor-test-XXXXXX";

    ck_assert_ptr_nonnull(mkdtemp(dir));
    link_programs("/usr/bin", dir, program);
    link_programs("/usr/sbin", dir, program);
    setenv("PATH", dir, 1);
    int status = doctor();
    ck_assert_int_eq(dir_remove(dir), 0);
    return status;
}

/* This machine grades: these tests were compiled on it. */
START_TEST(a_machine_that_built_the_grader_can_grade)
{
    ck_assert_int_eq(doctor(), EXIT_PASSES);
    shows("The core of the course can be graded here.");
}
END_TEST

START_TEST(without_a_compiler_nothing_can_be_graded)
{
    ck_assert_int_eq(doctor_without("cc"), EXIT_CANNOT);
    shows("there is no cc");
    shows("grader/install grade");
    shows("Nothing can be graded here");
}
END_TEST

START_TEST(without_gdb_grading_goes_on)
{
    ck_assert_int_eq(doctor_without("gdb"), EXIT_PASSES);
    shows("there is no gdb");
    shows("grader/install host");
}
END_TEST

/* The plain way is less, and enough. */
START_TEST(without_namespaces_grading_goes_on)
{
    ck_assert_int_eq(doctor_without("bwrap"), EXIT_PASSES);
    shows("bubblewrap is not installed");
    shows("process groups");
    shows("grader/install grade");
}
END_TEST

START_TEST(without_a_temporary_folder_nothing_can_be_graded)
{
    setenv("TMPDIR", "/proc/no-such-folder", 1);
    ck_assert_int_eq(doctor(), EXIT_CANNOT);
    shows("No such file");
}
END_TEST

/* Where a line is longer it is one to copy: it stands alone, unmarked. */
START_TEST(the_table_is_at_most_80_columns_wide)
{
    setenv("GRADE_PLAIN", "1", 1);
    doctor();
    for (char *line = strtok(output, "\n"); line; line = strtok(NULL, "\n")) {
        bool to_copy = strspn(line, " ") > 20;
        ck_assert_msg(to_copy || text_width(line, strlen(line)) <= 80,
                      "too wide: %s", line);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("doctor");
    TCase *tests = tcase_create("machines");

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_machine_that_built_the_grader_can_grade);
    tcase_add_test(tests, without_a_compiler_nothing_can_be_graded);
    tcase_add_test(tests, without_gdb_grading_goes_on);
    tcase_add_test(tests, without_namespaces_grading_goes_on);
    tcase_add_test(tests, without_a_temporary_folder_nothing_can_be_graded);
    tcase_add_test(tests, the_table_is_at_most_80_columns_wide);
    tcase_set_timeout(tests, 120);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
