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

/* Run by a shell, the line that was printed brings gdb to the test. */
START_TEST(gdb_stops_at_the_test)
{
    struct process_result result;

    if (!process_exists("gdb")) {
        puts("cannot run: grade debug under gdb: there is no gdb here");
        return;
    }
    put_living_course();
    struct ran ran = grade("debug", "05.1");
    ck_assert_int_eq(ran.status, 0);
    char *rest = strstr(ran.text, "gdb -q");
    ck_assert_ptr_nonnull(rest);
    const char *argv[] = {"sh", "-c",
                          keep(text_format("%.*sgdb -batch -ex 'set "
                                           "auto-load off' %s",
                                           (int)(rest - ran.text), ran.text,
                                           rest + strlen("gdb -q"))),
                          NULL};
    struct process_request request = {.argv = argv, .keep_fd = -1};
    ck_assert_int_eq(process_run(&request, &result), 0);
    ck_assert_msg(strstr(result.output, "two_and_two_are_four_body ()") != NULL,
                  "%s", result.output);
    process_result_release(&result);
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
    return run_suite(suite);
}
