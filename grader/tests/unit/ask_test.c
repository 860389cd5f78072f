/*
 * ask_test.c: what is pasted when stuck fits a chat message, whatever came out
 * of the step (ask.h).
 */
#include "scratch.h"

#include "living.h"
#include "samples.h"

#include "ask.h"
#include "clean.h"

static struct week_outcome outcome;
static char *message;
static char golden_dir[4096];

static void ask(const struct outcome *step)
{
    message = keep(ask_message(&outcome, step));
    ck_assert_uint_le(strlen(message), ASK_CHARACTERS_MAX);
}

static void release(void)
{
    week_outcome_release(&outcome);
}

/* GOLDEN=write writes it anew, see report_test.c. */
static void compare(const char *name)
{
    char *path = keep(path_join(golden_dir, name));
    const char *how = getenv("GOLDEN");

    if (how && strcmp(how, "write") == 0)
        ck_assert_int_eq(file_write_atomic(path, message, strlen(message)), 0);
    char *golden = keep(file_read(path, NULL));
    ck_assert_msg(golden != NULL, "%s: %s", path, strerror(errno));
    ck_assert_str_eq(message, golden);
}

static int count_of(const char *what)
{
    int count = 0;

    for (const char *at = message; (at = strstr(at, what)) != NULL;
         at += strlen(what))
        count++;
    return count;
}

/* A text of `count` lines, each 100 of the same letter; owned by the caller. */
static char *lines(int count, char letter)
{
    char *text = calloc((size_t)count * 101 + 1, 1);

    ck_assert_ptr_nonnull(text);
    for (int i = 0; i < count; i++) {
        memset(text + i * 101, letter, 100);
        text[i * 101 + 100] = '\n';
    }
    return text;
}

/* ---- The message ---- */

START_TEST(a_failure_is_told_whole)
{
    outcome = sample_failed("/work");
    ask(&outcome.steps[2]);
    compare("ask-failed.txt");
}
END_TEST

/* Of a long transcript the end is kept; frames and output are there. */
START_TEST(a_long_transcript_is_cut_at_its_beginning)
{
    outcome = sample_race("/work");
    char *talk = outcome.steps[4].transcript;
    outcome.steps[4].transcript = text_format("%s%s", talk, talk);
    free(talk);
    ask(&outcome.steps[4]);
    compare("ask-race.txt");
    ck_assert_ptr_nonnull(strstr(message, "client 55 sends 512 bytes\n"));
    ck_assert_ptr_nonnull(strstr(message, "another\n…  "));
    ck_assert_ptr_nonnull(strstr(message, "echo.c:88"));
}
END_TEST

START_TEST(a_compile_error_is_told_from_its_beginning)
{
    outcome = sample_compile_error("/work");
    ask(NULL);
    compare("ask-compile-error.txt");
    free(outcome.build_words);
    outcome.build_words = lines(200, 'e');
    memcpy(outcome.build_words, "the first", 9);
    ask(NULL);
    ck_assert_ptr_nonnull(strstr(message, "```\nthe first"));
    ck_assert_ptr_nonnull(strstr(message, "lines left out\n```\n"));
}
END_TEST

/* Every part at many times its share: all are there still, each cut. */
START_TEST(everything_at_once_fits)
{
    outcome = sample_failed("/work");
    struct outcome *step = &outcome.steps[2];
    char **parts[] = {&step->test,      &step->what,
                      &step->expected,  &step->actual,
                      &step->file,      &step->transcript,
                      &step->sanitizer, &step->output,
                      &step->blame,     &outcome.replay_options};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        free(*parts[i]);
        *parts[i] = lines(50, (char)('A' + i));
    }
    step->seed = UINT64_MAX;
    step->line = 1000000000;
    ask(step);
    for (int letter = 'A'; letter <= 'J'; letter++)
        ck_assert_msg(letter == 'F' || strchr(message, letter), "no %c in:\n%s",
                      letter, message);
    ck_assert_int_eq(count_of("```"), 2);
    ck_assert_ptr_nonnull(strstr(message, "--seed 18446744073709551615"));
}
END_TEST

/* Cut between characters, never inside of one. */
START_TEST(no_character_is_torn)
{
    outcome = sample_failed("/work");
    struct outcome *step = &outcome.steps[2];
    char *text = calloc(1, 3001);

    ck_assert_ptr_nonnull(text);
    memset(text, 'x', (size_t)_i);
    for (int at = _i; at + 3 <= 3000; at += 3)
        memcpy(text + at, "€", 3);
    free(step->what);
    step->what = text;
    ask(step);
    char *clean = keep(text_clean(message, false));
    ck_assert_str_eq(clean, message); /* well-formed UTF-8, and nothing else */
}
END_TEST

/* Code of the member's that prints a fence does not end ours. */
START_TEST(a_fence_in_the_output_stays_inside)
{
    outcome = sample_failed("/work");
    outcome.steps[2].output = strdup("```\n@everyone\n````\n");
    ask(&outcome.steps[2]);
    ck_assert_int_eq(count_of("```"), 2);
    ck_assert_ptr_nonnull(strstr(message, "'''\n@everyone\n'''`\n"));
}
END_TEST

START_TEST(control_characters_are_escaped)
{
    outcome = sample_failed("/work");
    outcome.steps[2].output = strdup("\033]0;x\007\xff\n");
    ask(&outcome.steps[2]);
    ck_assert_ptr_null(strpbrk(message, "\033\007\xff"));
}
END_TEST

/* ---- The command ---- */

/* The first failing step of the week, or the one that was named, with a line
 * that replays it. */
START_TEST(the_step_that_fails)
{
    put_living_course();
    struct ran ran = grade("ask", "05");
    ran_with(ran, 0, "**05.1 add** fails: Add two numbers\n```\n");
    ck_assert_ptr_nonnull(strstr(ran.text, "add 2 and 2\n✗ 2 and 2\n"));
    ck_assert_ptr_nonnull(strstr(ran.text, "`work/grade 05.1 --seed "));
    ran = grade("ask", "05.negative", "--seed", "4711");
    ran_with(ran, 0, "`work/grade 05.2 --seed 4711`\n");
}
END_TEST

/* A step that was named is run with the seed of its last failure. */
START_TEST(the_seed_of_the_last_failure)
{
    put_living_course();
    ran_with(grade("05.1", "--seed", "123456789"), 1, "--seed 123456789");
    ran_with(grade("ask", "05.1"), 0, "--seed 123456789`");
}
END_TEST

START_TEST(what_does_not_compile)
{
    put_living_course();
    put("work/05-sum/sum.c", "int sum(int a, int b) { return a + ; }\n");
    ran_with(grade("ask", "05"), 0, "**05** does not compile\n```\nsum.c: In");
}
END_TEST

START_TEST(nothing_to_ask)
{
    put_living_course();
    put("work/05-sum/sum.c", SUM_SOLUTION);
    struct ran ran = grade("ask", "05");
    ran_with(ran, 0, "Nothing fails in week 05: there is nothing to ask.");
    ran_with(ran, 0, "`./grade 05` notes that it passes.");
    ran_with(grade("05"), 0, "Week 05 is yours");
    ran = grade("ask", "05");
    ck_assert_ptr_null(strstr(ran.text, "Next"));
    put("work/05-sum/sum.c", SUM_HALF);
    ran_with(grade("05.2"), 1, "below zero");
    ran = grade("ask", "05.1");
    ran_with(ran, 0, "Step 1, add, passes: there is nothing to ask.");
    ran_with(ran, 0, "Next is step 2, negative: `./grade 05.2`.");
    put("work/05-sum/sum.c", SUM_SOLUTION);
    ran_with(grade("05"), 0, "Week 05 is yours");
    put("course/weeks/06-more/week.yaml",
        "title: More\ntrack: start\nkind: host\nhours: 1\nyours: [more.c]\n"
        "steps:\n  - name: one\n    title: One\n    minutes: 5\n"
        "    seconds: 30\n");
    put("course/weeks/06-more/more.c", "\n");
    put("course/weeks/06-more/tests/more_test.c",
        "int main(int argc, char **argv) { lab_step(\"one\"); }\n");
    ran = grade("ask", "05");
    ran_with(ran, 0, "Next is week 06, \"More\": `./grade start 06`.");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ask");
    TCase *tc = add_case(suite, "message");

    if (!living_course() || !realpath("grader/tests/golden", golden_dir))
        return EXIT_FAILURE;
    tcase_add_checked_fixture(tc, NULL, release);
    tcase_add_test(tc, a_failure_is_told_whole);
    tcase_add_test(tc, a_long_transcript_is_cut_at_its_beginning);
    tcase_add_test(tc, a_compile_error_is_told_from_its_beginning);
    tcase_add_test(tc, everything_at_once_fits);
    tcase_add_loop_test(tc, no_character_is_torn, 0, 3);
    tcase_add_test(tc, a_fence_in_the_output_stays_inside);
    tcase_add_test(tc, control_characters_are_escaped);
    tc = add_case(suite, "command");
    tcase_set_timeout(tc, 180);
    tcase_add_test(tc, the_step_that_fails);
    tcase_add_test(tc, the_seed_of_the_last_failure);
    tcase_add_test(tc, what_does_not_compile);
    tcase_add_test(tc, nothing_to_ask);
    return run_suite(suite);
}
