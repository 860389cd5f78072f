/*
 * words_test.c: what a member types, and what the program answers: commands in
 * its messages are as they are typed here.
 */
#include "scratch.h"

#include "living.h"

START_TEST(messages_name_commands_as_they_are_typed)
{
    put_living_course();
    ran_with(grade("strat"), 2,
             "(did you mean 'start'?); `./grade --help` lists the commands, "
             "`./grade list` the weeks\n");
    ran_with(grade("hint", "--all"), 2,
             "`./grade hint` has no option --all; `./grade hint --help` lists");
    ran_with(grade("status", "02"), 2,
             "'02' is a word too many: ./grade status\n");
    ran_with(grade("--help"), 0, "./grade [COMMAND]");
    ran_with(grade("--help"), 0, "`./grade COMMAND --help`");
}
END_TEST

/* argp would name the program by a name that nobody types. */
START_TEST(a_bad_option_is_told_in_our_words)
{
    put_living_course();
    struct ran ran = grade("--format=x");
    ran_with(ran, 2, "there are text, json, junit, tap and github\n");
    ck_assert_ptr_null(strstr(ran.text, "Try"));
    ran = grade("--foo");
    ran_with(ran, 2, "unrecognized option '--foo'\n");
    ck_assert_ptr_null(strstr(ran.text, "Try"));
}
END_TEST

/* The text of an option is the command's. */
START_TEST(anyway_is_another_thing_in_a_drill)
{
    put_living_course();
    ran_with(grade("drill", "--help"), 0, "give up");
    ck_assert_ptr_null(
        strstr(grade("drill", "--help").text, "though it does not pass"));
    ran_with(grade("show", "--help"), 0, "though it does not pass yet");
}
END_TEST

START_TEST(the_number_of_a_step_is_no_week)
{
    put_living_course();
    ran_with(grade("2"), 2,
             "there is no week '2'; step 2 of 05-sum is 05.2, as in "
             "`./grade 05.2`\n");
    ran_with(grade("9"), 2, "there is no week '9'; the weeks are");
}
END_TEST

/* What came out of a step alone counts, as what came out of the week does. */
START_TEST(a_hint_after_steps_that_were_graded_alone)
{
    put_living_course();
    put("work/05-sum/sum.c", SUM_HALF);
    ran_with(grade("hint", "05"), 0, "Step 1, add: ");
    ran_with(grade("05.1"), 0, "passed");
    ran_with(grade("hint", "05"), 0, "Step 2, negative, ");
    put("work/05-sum/sum.c",
        "#include \"sum.h\"\n"
        "int sum(int a, int b) { return a == 5 ? 0 : a + b; }\n");
    ran_with(grade("05", "--all"), 0, "3  order         failed");
    ran_with(grade("hint", "05"), 0, "Step 3, order, ");
    ran_with(grade("status"), 0, "week 05      stretch: 3 order\n");
}
END_TEST

/* `make WORDS` in the week's folder. */
static struct ran make(const char *words)
{
    const char *argv[] = {
        "sh", "-c",
        keep(text_format("make -C %s %s 2>&1", at("work/05-sum"), words)),
        NULL};
    struct process_request request = {.argv = argv, .keep_fd = -1};
    struct process_result result;
    struct ran ran;

    ck_assert_int_eq(process_run(&request, &result), 0);
    ran.status = WEXITSTATUS(result.status);
    ran.text = keep(result.output);
    return ran;
}

/* A step runs under its own sanitizer, or the one that is asked for. */
START_TEST(make_runs_a_step_under_the_sanitizer_that_is_asked_for)
{
    put_living_course();
    put("work/05-sum/sum.c", SUM_SOLUTION);
    ran_with(make("test STEP=add SAN=thread"), 0, "1 passed\n");
    ck_assert(path_exists(at("work/05-sum/.grade/make/thread/test")));
    ck_assert(!path_exists(at("work/05-sum/.grade/make/none")));
    ran_with(make("test STEP=add"), 0, "1 passed\n");
    ck_assert(path_exists(at("work/05-sum/.grade/make/none/test")));
    ran_with(make("test SAN=thread"), 0, "\norder ");
    ran_with(make("test STEP=x"), 2,
             "no step 'x'; there are: add negative order.");
    ran_with(make("SAN=tread"), 2, "no sanitizer 'tread'");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words");
    TCase *tc = add_case(suite, "words");

    if (!living_course())
        return EXIT_FAILURE;
    tcase_set_timeout(tc, 180);
    tcase_add_test(tc, messages_name_commands_as_they_are_typed);
    tcase_add_test(tc, a_bad_option_is_told_in_our_words);
    tcase_add_test(tc, anyway_is_another_thing_in_a_drill);
    tcase_add_test(tc, the_number_of_a_step_is_no_week);
    tcase_add_test(tc, a_hint_after_steps_that_were_graded_alone);
    tcase_add_test(tc, make_runs_a_step_under_the_sanitizer_that_is_asked_for);
    return run_suite(suite);
}
