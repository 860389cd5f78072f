/*
 * outcome_test.c: the exit status and the pass of a week (outcome.h).
 */
#include "course.h"
#include "samples.h"

#include <check.h>

static struct week_outcome outcome;

static void release(void)
{
    week_outcome_release(&outcome);
}

static void set(unsigned number, enum verdict verdict)
{
    outcome.steps[number - 1].verdict = verdict;
}

/* Every core step passed: 0, whatever the stretch step did. */
START_TEST(core_steps_decide)
{
    outcome = sample_outcome(NULL, 6);
    ck_assert_int_eq(week_outcome_status(&outcome), EXIT_PASSES);
    ck_assert(week_outcome_passed(&outcome));
    set(7, VERDICT_FAILED);
    ck_assert_int_eq(week_outcome_status(&outcome), EXIT_PASSES);
    ck_assert(week_outcome_passed(&outcome));
    set(7, VERDICT_CANNOT_RUN);
    ck_assert_int_eq(week_outcome_status(&outcome), EXIT_PASSES);
}
END_TEST

/* A failing step goes before one that cannot run, the grader's own fault
 * before both. */
START_TEST(the_first_that_holds)
{
    outcome = sample_outcome(NULL, 7);
    set(2, VERDICT_CANNOT_RUN);
    ck_assert_int_eq(week_outcome_status(&outcome), EXIT_CANNOT);
    ck_assert(!week_outcome_passed(&outcome));
    set(3, VERDICT_FAILED);
    ck_assert_int_eq(week_outcome_status(&outcome), EXIT_FAILS);
    set(4, VERDICT_BROKEN);
    ck_assert_int_eq(week_outcome_status(&outcome), EXIT_GRADER);
}
END_TEST

/* A core step that was never reached is no pass. */
START_TEST(not_reached_is_no_pass)
{
    outcome = sample_outcome(NULL, 5);
    ck_assert_int_eq(week_outcome_status(&outcome), EXIT_FAILS);
    set(6, VERDICT_BLOCKED);
    ck_assert_int_eq(week_outcome_status(&outcome), EXIT_FAILS);
}
END_TEST

START_TEST(a_compile_error_fails)
{
    outcome = sample_compile_error(NULL);
    ck_assert_int_eq(week_outcome_status(&outcome), EXIT_FAILS);
    ck_assert(!week_outcome_passed(&outcome));
}
END_TEST

/* Of one step that was asked for, only that one counts, a stretch step too. */
START_TEST(one_step_alone)
{
    outcome = sample_one_step(NULL);
    ck_assert_int_eq(week_outcome_status(&outcome), EXIT_PASSES);
    ck_assert(!week_outcome_passed(&outcome));
    set(3, VERDICT_NONE);
    set(7, VERDICT_FAILED);
    ck_assert_int_eq(week_outcome_status(&outcome), EXIT_FAILS);
    set(7, VERDICT_CANNOT_RUN);
    ck_assert_int_eq(week_outcome_status(&outcome), EXIT_CANNOT);
}
END_TEST

START_TEST(a_broken_stretch_step_is_the_graders_fault)
{
    outcome = sample_outcome(NULL, 6);
    set(7, VERDICT_BROKEN);
    ck_assert_int_eq(week_outcome_status(&outcome), EXIT_GRADER);
}
END_TEST

START_TEST(notes_are_kept_in_order)
{
    outcome = sample_outcome(NULL, 0);
    week_outcome_note(&outcome, "%s", "first");
    week_outcome_note(&outcome, "second of %d", 2);
    ck_assert_uint_eq(outcome.note_count, 2);
    ck_assert_str_eq(outcome.notes[0], "first");
    ck_assert_str_eq(outcome.notes[1], "second of 2");
}
END_TEST

/* A released outcome can be released again, and knows its step still. */
START_TEST(release_leaves_nothing)
{
    outcome = sample_failed(NULL);
    outcome_release(&outcome.steps[2]);
    ck_assert_ptr_null(outcome.steps[2].what);
    ck_assert_ptr_eq(outcome.steps[2].step, &sample_steps[2]);
    week_outcome_release(&outcome);
    ck_assert_ptr_null(outcome.steps);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outcome");
    TCase *tcase = tcase_create("outcome");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, NULL, release);
    tcase_add_test(tcase, core_steps_decide);
    tcase_add_test(tcase, the_first_that_holds);
    tcase_add_test(tcase, not_reached_is_no_pass);
    tcase_add_test(tcase, a_compile_error_fails);
    tcase_add_test(tcase, one_step_alone);
    tcase_add_test(tcase, a_broken_stretch_step_is_the_graders_fault);
    tcase_add_test(tcase, notes_are_kept_in_order);
    tcase_add_test(tcase, release_leaves_nothing);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
