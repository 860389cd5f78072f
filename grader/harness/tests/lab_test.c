/*
 * lab_test.c: how lab.h writes numbers, and what its expectations say when
 * they are not met.
 */
#include "lab.h"

#include "failing.h"

/* ---- Numbers as text ---- */

STEP_TEST(thousands_are_set_apart)
{
    lab_same_text(lab_number(0), "0", "nothing");
    lab_same_text(lab_number(999), "999", "three digits");
    lab_same_text(lab_number(1000), "1,000", "four digits");
    lab_same_text(lab_number(-1000), "-1,000", "below zero");
    lab_same_text(lab_number(-100), "-100", "no comma after the sign");
    lab_same_text(lab_number(8388608), "8,388,608", "8 MiB");
    lab_same_text(lab_number(INTMAX_MIN), "-9,223,372,036,854,775,808",
                  "the least of all");
}

STEP_TEST(one_is_not_many)
{
    lab_same_text(lab_count(1, "thread"), "1 thread", "one");
    lab_same_text(lab_count(0, "thread"), "0 threads", "none");
    lab_same_text(lab_count(2000, "client"), "2,000 clients", "many");
}

/* Several stand in one sentence. */
STEP_TEST(texts_stay_for_a_while)
{
    char text[64];
    snprintf(text, sizeof text, "%s of %s, %s", lab_number(1000),
             lab_count(2000, "byte"), lab_number(3));
    lab_same_text(text, "1,000 of 2,000 bytes, 3", "the sentence");
}

/* ---- What is not met ---- */

static void check_that_fails(void)
{
    *failing_line = __LINE__ + 1;
    lab_check(errno == -1, "%s is told in words", "a check");
}

static void until_that_fails(void)
{
    lab_patience_ms = 50;
    *failing_line = __LINE__ + 1;
    lab_until(errno == -1, "it becomes so");
}

/* The C text of a condition says nothing to who reads a report. */
STEP_TEST(a_condition_is_told_in_words_alone)
{
    int status;
    const struct lab_shared_failure *f =
        &failing_page(check_that_fails, &status)->failure;
    lab_same_text(f->what, "not so: a check is told in words", "the sentence");
    lab_same_text(f->actual, "", "the text of the condition");
    failing(check_that_fails, "", "", "");
    failing(until_that_fails,
            "not so after 0.05 s, the test's limit against hanging: it becomes "
            "so",
            "", "");
}

static void equal_that_fails(void)
{
    FAILS(lab_equal(20000, 1000, "clients"));
}

static void number_that_fails(void)
{
    FAILS(lab_same_number(40123, 40124, "the port"));
}

static void at_most_that_fails(void)
{
    FAILS(lab_at_most(20000, 1000, "calls"));
}

static void bytes_that_fail(void)
{
    static const char zeros[3000];
    FAILS(lab_same_bytes(zeros, 2000, zeros, 3000, "the file"));
}

STEP_TEST(counts_have_commas_and_names_have_none)
{
    failing(equal_that_fails, "clients", "1,000", "20,000");
    failing(number_that_fails, "the port", "40124", "40123");
    failing(at_most_that_fails, "calls", "at most 1,000", "20,000");
    failing(
        bytes_that_fail,
        "2,000 of 3,000 bytes are there, and they differ from number 2,000 on",
        "00 00", "nothing: it ends after 2,000 bytes");
}

int main(int argc, char **argv)
{
    lab_step("numbers");
    lab_test(thousands_are_set_apart);
    lab_test(one_is_not_many);
    lab_test(texts_stay_for_a_while);
    lab_step("words");
    lab_test(a_condition_is_told_in_words_alone);
    lab_test(counts_have_commas_and_names_have_none);
    return lab_main(argc, argv);
}
