/*
 * memory_test.c: what the grader remembers of steps (memory.h, hints.h).
 */
#include "scratch.h"

#include "hints.h"
#include "memory.h"

static struct week week = {.name = "01-echo"};
static char *hints[] = {"a nudge", "the idea"};
static struct step one = {.name = "one", .hints = hints, .hint_count = 2};
static struct step two = {.name = "two", .hints = hints, .hint_count = 2};

START_TEST(a_number_of_64_bits_comes_back)
{
    ck_assert_uint_eq(memory_get(scratch, MEMORY_SEEDS, &week, &one), 0);
    ck_assert_int_eq(memory_set(scratch, MEMORY_SEEDS, &week, &one, UINT64_MAX),
                     0);
    ck_assert_int_eq(memory_set(scratch, MEMORY_SEEDS, &week, &two, 7), 0);
    ck_assert_uint_eq(memory_get(scratch, MEMORY_SEEDS, &week, &one),
                      UINT64_MAX);
    ck_assert_uint_eq(memory_get(scratch, MEMORY_SEEDS, &week, &two), 7);
    ck_assert_uint_eq(memory_get(scratch, MEMORY_HINTS, &week, &one), 0);
}
END_TEST

static const char *const damages[] = {
    "", "[]", "{\"01-echo\": 1}", "{\"01-echo\": {\"one\": []}}", "\xff",
};

/* A damaged file remembers nothing, and can be written again. */
START_TEST(a_damaged_file_is_forgotten)
{
    put(".grade/seeds.json", damages[_i]);
    ck_assert_uint_eq(memory_get(scratch, MEMORY_SEEDS, &week, &one), 0);
    ck_assert_int_eq(memory_set(scratch, MEMORY_SEEDS, &week, &one, 5), 0);
    ck_assert_uint_eq(memory_get(scratch, MEMORY_SEEDS, &week, &one), 5);
}
END_TEST

START_TEST(what_cannot_be_written_is_an_error)
{
    put(".grade", "a file");
    ck_assert_int_lt(memory_set(scratch, MEMORY_SEEDS, &week, &one, 5), 0);
}
END_TEST

/* Hints are counted one by one, and no further than there are. */
START_TEST(hints_are_counted)
{
    ck_assert_uint_eq(hints_shown(scratch, &week, &one), 0);
    for (unsigned shown = 1; shown <= 3; shown++) {
        ck_assert_int_eq(hints_show(scratch, &week, &one), 0);
        ck_assert_uint_eq(hints_shown(scratch, &week, &one),
                          shown < 2 ? shown : 2);
    }
    ck_assert_uint_eq(hints_shown(scratch, &week, &two), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *tc = add_case(suite, "memory");

    tcase_add_test(tc, a_number_of_64_bits_comes_back);
    tcase_add_loop_test(tc, a_damaged_file_is_forgotten, 0,
                        sizeof damages / sizeof *damages);
    tcase_add_test(tc, what_cannot_be_written_is_an_error);
    tcase_add_test(tc, hints_are_counted);
    return run_suite(suite);
}
