/*
 * debug_test.c: `grade debug`: gdb stops at the test that fails.
 */
#include "scratch.h"

#include "living.h"

#define SCRIPT "work/.grade/debug.gdb"

/* Without a terminal it prints the line, with the test and the seed. */
START_TEST(the_line_names_test_and_seed)
{
    put_living_course();
    struct ran ran = grade("debug", "05.1", "--seed", "4711");
    ran_with(ran, 0,
             "/none/test --debug --step add --test two_and_two_are_four "
             "--seed 4711\n");
    ck_assert_ptr_nonnull(
        strstr(ran.text, "/work/05-sum && env ASAN_OPTIONS="));
    char *script = keep(file_read(at(SCRIPT), NULL));
    ck_assert_ptr_nonnull(
        strstr(script, "\nbreak two_and_two_are_four_body\n"));
}
END_TEST

START_TEST(the_seed_of_the_last_failure)
{
    put_living_course();
    ran_with(grade("05.1", "--seed", "123456789"), 1, "--seed 123456789");
    ran_with(grade("debug", "05.1"), 0, "--seed 123456789\n");
}
END_TEST

/* A step that passes has no test to stop at. */
START_TEST(a_step_that_passes_stops_at_main)
{
    put_living_course();
    put("work/05-sum/sum.c", SUM_SOLUTION);
    ran_with(grade("debug", "05.1"), 0, "--debug --step add --seed ");
    char *script = keep(file_read(at(SCRIPT), NULL));
    ck_assert_ptr_null(strstr(script, "_body"));
}
END_TEST

START_TEST(what_does_not_compile)
{
    put_living_course();
    put("work/05-sum/sum.c", "int sum(int a, int b) { return a + ; }\n");
    ran_with(grade("debug", "05.1"), 1, "sum.c:1:");
}
END_TEST

/* Without a step it is the first that fails, with the seed of that failure. */
START_TEST(the_first_failing_step_is_taken)
{
    put_living_course();
    put("work/05-sum/sum.c", SUM_HALF);
    ran_with(grade("debug", "05"), 0, "--debug --step negative ");
    put("work/05-sum/sum.c", SUM_SOLUTION);
    ran_with(grade("debug", "05"), 2, "no step of 05-sum fails; name one");
    put("work/05-sum/sum.c", "int sum(int a, int b) { return a + ; }\n");
    ran_with(grade("debug", "05"), 1, "it does not compile");
}
END_TEST

START_TEST(other_kinds_are_not_debugged_yet)
{
    put_living_course();
    char *manifest = keep(file_read(at("course/weeks/05-sum/week.yaml"), NULL));
    memcpy(strstr(manifest, "kind: host"), "kind: bpf ", 10);
    put("course/weeks/05-sum/week.yaml", manifest);
    ran_with(grade("debug", "05.1"), 3, "weeks of kind bpf");
}
END_TEST

/* Run the line that `grade debug 05.1` printed by a shell, with this gdb in
 * place of its own. NULL: there is none. Release with free(). */
static char *under_gdb(const char *gdb)
{
    struct process_result result;

    if (!process_exists("gdb")) {
        puts("cannot run: grade debug under gdb: there is no gdb here");
        return NULL;
    }
    put_living_course();
    struct ran ran = grade("debug", "05.1");
    ck_assert_int_eq(ran.status, 0);
    char *rest = strstr(ran.text, "gdb -q"), *args = strstr(ran.text, "--args");
    ck_assert(rest != NULL && args != NULL);
    rest += strlen("gdb -q");
    const char *argv[] = {
        "sh", "-c",
        keep(text_format("%.*sgdb -batch -ex 'set auto-load off' %.*s %s %s",
                         (int)(rest - strlen("gdb -q") - ran.text), ran.text,
                         (int)(args - rest), rest, gdb, args)),
        NULL};
    struct process_request request = {.argv = argv, .keep_fd = -1};
    ck_assert_int_eq(process_run(&request, &result), 0);
    return result.output;
}

START_TEST(gdb_stops_at_the_test)
{
    char *said = under_gdb("");

    ck_assert_msg(said == NULL || strstr(said, "two_and_two_are_four_body ()"),
                  "%s", said);
    free(said);
}
END_TEST

/* Then where the check is not met, with its words, at the test's line. */
START_TEST(gdb_stops_at_the_failure)
{
    char *said = under_gdb("-ex continue");

    ck_assert_msg(
        said == NULL ||
            strstr(said, "  2 and 2\n    expected  4\n    is        "),
        "%s", said);
    ck_assert_msg(said == NULL || strstr(said, " at tests/sum_test.c:6\n"),
                  "%s", said);
    free(said);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("debug");
    TCase *tc = add_case(suite, "debug");

    if (!living_course())
        return EXIT_FAILURE;
    tcase_set_timeout(tc, 180);
    tcase_add_test(tc, the_line_names_test_and_seed);
    tcase_add_test(tc, the_seed_of_the_last_failure);
    tcase_add_test(tc, a_step_that_passes_stops_at_main);
    tcase_add_test(tc, what_does_not_compile);
    tcase_add_test(tc, the_first_failing_step_is_taken);
    tcase_add_test(tc, other_kinds_are_not_debugged_yet);
    tcase_add_test(tc, gdb_stops_at_the_test);
    tcase_add_test(tc, gdb_stops_at_the_failure);
    return run_suite(suite);
}
