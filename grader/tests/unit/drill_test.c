/*
 * drill_test.c: `grade drill`, from the incident to its end (drill.h).
 */
#include "scratch.h"

#include "living.h"

#include "drill.h"

#include <sys/wait.h>

#define DRILLED "work/drill/05-sum/sum.c"
#define NOTE "work/.grade/drill/05-sum.json"

/* Every bug is picked by some seed, the same by the same. */
START_TEST(a_seed_picks_a_bug)
{
    int picked[5] = {0};

    for (uint64_t seed = 1; seed <= 200; seed++) {
        int bug = drill_pick(5, seed);

        ck_assert_int_ge(bug, 0);
        ck_assert_int_lt(bug, 5);
        ck_assert_int_eq(bug, drill_pick(5, seed));
        picked[bug]++;
    }
    for (int i = 0; i < 5; i++)
        ck_assert_int_gt(picked[i], 10);
    ck_assert_int_eq(drill_pick(1, UINT64_MAX), 0);
}
END_TEST

static const struct {
    long long seconds;
    const char *clock;
} clocks[] = {
    {0, "0:00"},       {7, "0:07"},         {60, "1:00"}, {3599, "59:59"},
    {3600, "1:00:00"}, {45296, "12:34:56"}, {-5, "0:00"},
};

START_TEST(the_clock)
{
    char *clock = drill_clock(clocks[_i].seconds);

    ck_assert_str_eq(clock, clocks[_i].clock);
    free(clock);
}
END_TEST

static const struct {
    const char *patch, *story;
} stories[] = {
    {SUM_BUG, "People write abs() where they mean the distance."},
    {"Step: a\nBug: b\nSeen: c\n\ndiff --git a/x b/x\n", ""},
    {"Step: a\nSeen: c\ndiff --git a/x b/x\n\n\n", ""},
    {"diff --git a/x b/x\n\nx\n", ""},
    {"Step: a\n\none\n\ntwo\n\n\ndiff --git a/x b/x\n", "one\n\ntwo"},
    {"", ""},
};

START_TEST(the_story_of_a_patch)
{
    char *story = drill_story(stories[_i].patch);

    ck_assert_str_eq(story, stories[_i].story);
    free(story);
}
END_TEST

/* ---- The command ---- */

/* The folder holds the solution with the bug, and what lies beside it. */
START_TEST(an_incident_is_laid_out)
{
    put_living_course();
    struct ran ran = grade("drill", "05");

    ran_with(ran, 0, "debts are added to what one has");
    ck_assert_ptr_nonnull(strstr(ran.text, "drill/05-sum"));
    ck_assert_ptr_null(strstr(ran.text, "sign"));
    ck_assert_ptr_null(strstr(ran.text, "negative"));
    holds(DRILLED, SUM_HALF);
    holds("work/drill/05-sum/sum.h", "int sum(int a, int b);\n");
    ck_assert(path_exists(at("work/drill/05-sum/tests/sum_test.c")));
    ck_assert(!path_exists(at("work/drill/05-sum/week.yaml")));
    holds("work/05-sum/sum.c", SUM_STARTER);
}
END_TEST

/* The same command again looks; a wrong mend and a right one. */
START_TEST(it_is_solved_when_every_step_passes)
{
    put_living_course();
    ran_with(grade("drill", "05"), 0, "seen");
    ran_with(grade("drill", "05"), 1, "Not yet, after 0:");
    put(DRILLED, "#include \"sum.h\"\n"
                 "int sum(int a, int b) { return a == 2 ? 5 : a + b; }\n");
    struct ran other = grade("drill", "05");
    ran_with(other, 1, "That is gone, but step 1 add fails now, after 0:");
    ck_assert_ptr_nonnull(strstr(other.text, "2 and 2 (expected 4, is 5)"));
    put(DRILLED, SUM_SOLUTION);
    struct ran solved = grade("drill", "05");
    ran_with(solved, 0, "Solved in 0:");
    ck_assert_ptr_nonnull(
        strstr(solved.text, "mistake  the sign of the first number is lost"));
    ck_assert_ptr_nonnull(strstr(solved.text, "People write abs()"));
    ck_assert_ptr_nonnull(strstr(solved.text, "+    return abs(a) + b;"));
    ck_assert(!path_exists(at(NOTE)));
    holds(DRILLED, SUM_SOLUTION);
}
END_TEST

/* A stretch step that fails is no solution either. */
START_TEST(stretch_steps_count)
{
    put_living_course();
    ran_with(grade("drill", "05"), 0, "seen");
    put(DRILLED, "#include \"sum.h\"\n"
                 "int sum(int a, int b) { return a == 5 ? 0 : a + b; }\n");
    ran_with(grade("drill", "05"), 1, "step 3 order fails now");
}
END_TEST

/* What does not compile is gcc's to tell, and the drill goes on. */
START_TEST(a_typo_ends_nothing)
{
    put_living_course();
    ran_with(grade("drill", "05"), 0, "seen");
    put(DRILLED, "int sum(int a, int b) { return a + ; }\n");
    ran_with(grade("drill", "05"), 1, "sum.c:1:");
    ck_assert(path_exists(at(NOTE)));
}
END_TEST

START_TEST(giving_up_tells)
{
    put_living_course();
    ran_with(grade("drill", "05", "--anyway"), 2, "no drill of 05-sum is open");
    ran_with(grade("drill", "05"), 0, "seen");
    ran_with(grade("drill", "05", "--anyway"), 0, "Given up after 0:");
    ck_assert(!path_exists(at(NOTE)));
    ran_with(grade("drill", "05"), 0, "seen");
    holds(DRILLED, SUM_HALF);
}
END_TEST

/* An open drill is never laid again, whatever the seed. */
START_TEST(an_open_drill_keeps_its_edits)
{
    put_living_course();
    ran_with(grade("drill", "05"), 0, "seen");
    put(DRILLED, "int mine;\n");
    grade("drill", "05", "--seed", "7");
    holds(DRILLED, "int mine;\n");
}
END_TEST

/* Nothing of a drill is committed, and the week is not graded by it. */
START_TEST(a_drill_leaves_the_week_alone)
{
    put_living_course();
    ran_with(grade("drill", "05"), 0, "seen");
    put(DRILLED, SUM_SOLUTION);
    ran_with(grade("drill", "05"), 0, "Solved");
    ck_assert(!path_exists(at("work/05-sum/report.json")));
    holds("work/drill/.gitignore",
          "# Written by grade: drills are not kept.\n*\n");
}
END_TEST

START_TEST(a_patch_that_does_not_apply)
{
    put_living_course();
    put("course/solutions/05-sum/sum.c", "int other;\n");
    ran_with(grade("drill", "05"), 4, "2-sign-lost.patch does not apply");
    ck_assert(!path_exists(at(NOTE)));
}
END_TEST

START_TEST(a_week_without_bugs)
{
    put_living_course();
    ck_assert_int_eq(unlink(at(SUM_BUG_PATH)), 0);
    ran_with(grade("drill", "05"), 3, "no known bug");
}
END_TEST

/* The note of a drill whose folder was deleted is forgotten. */
START_TEST(a_deleted_drill_is_over)
{
    put_living_course();
    ran_with(grade("drill", "05"), 0, "seen");
    ck_assert_int_eq(dir_remove(at("work/drill")), 0);
    ran_with(grade("drill", "05"), 0, "Find it and mend it");
    holds(DRILLED, SUM_HALF);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("drill");
    TCase *parts = add_case(suite, "parts"), *tc = add_case(suite, "command");

    if (!living_course())
        return EXIT_FAILURE;
    tcase_add_test(parts, a_seed_picks_a_bug);
    tcase_add_loop_test(parts, the_clock, 0, sizeof clocks / sizeof *clocks);
    tcase_add_loop_test(parts, the_story_of_a_patch, 0,
                        sizeof stories / sizeof *stories);
    tcase_set_timeout(tc, 180);
    tcase_add_test(tc, an_incident_is_laid_out);
    tcase_add_test(tc, it_is_solved_when_every_step_passes);
    tcase_add_test(tc, stretch_steps_count);
    tcase_add_test(tc, a_typo_ends_nothing);
    tcase_add_test(tc, giving_up_tells);
    tcase_add_test(tc, an_open_drill_keeps_its_edits);
    tcase_add_test(tc, a_drill_leaves_the_week_alone);
    tcase_add_test(tc, a_patch_that_does_not_apply);
    tcase_add_test(tc, a_week_without_bugs);
    tcase_add_test(tc, a_deleted_drill_is_over);
    return run_suite(suite);
}
