/*
 * clean_test.c: nothing that acts on a terminal gets through (clean.h).
 */
#include "clean.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *from, *to, *ascii;
} cases[] = {
    {"plain text\n\tline", "plain text\n\tline", NULL},
    {"", "", NULL},
    /* escape sequences, bell, backspace, carriage return, delete */
    {"\033[2J", "\\x1b[2J", NULL},
    {"\033]0;title\007", "\\x1b]0;title\\x07", NULL},
    {"a\bb\rc\177", "a\\x08b\\x0dc\\x7f", NULL},
    /* UTF-8 stays; C1 controls, written in UTF-8, do not */
    {"naïve → €", "naïve → €",
     "na\\xc3\\xafve \\xe2\\x86\\x92 \\xe2\\x82\\xac"},
    {"\xc2\x9b"
     "2J",
     "\\xc2\\x9b2J", NULL},
    {"𝄞", "𝄞", "\\xf0\\x9d\\x84\\x9e"},
    /* quotes of gcc and dashes of ours have a stand-in */
    {"‘fd’ – … “x”", "‘fd’ – … “x”", "'fd' - ... \"x\""},
    /* marks that turn the direction, and the byte order mark */
    {"a\xe2\x80\xae"
     "b\xe2\x81\xa6\xef\xbb\xbf",
     "a\\xe2\\x80\\xaeb\\xe2\\x81\\xa6\\xef\\xbb\\xbf", NULL},
    /* not UTF-8: stray, cut off, overlong, a surrogate, beyond the last */
    {"\x80\xff", "\\x80\\xff", NULL},
    {"\xe2\x82", "\\xe2\\x82", NULL},
    {"\xc0\xaf", "\\xc0\\xaf", NULL},
    {"\xed\xa0\x80", "\\xed\\xa0\\x80", NULL},
    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", NULL},
    {"\xef\xbf\xbf", "\\xef\\xbf\\xbf", NULL},
};

START_TEST(cleaned)
{
    char *text = text_clean(cases[_i].from, false);
    char *ascii = text_clean(cases[_i].from, true);

    ck_assert_str_eq(text, cases[_i].to);
    ck_assert_str_eq(ascii, cases[_i].ascii ? cases[_i].ascii : cases[_i].to);
    free(ascii);
    free(text);
}
END_TEST

START_TEST(nothing_stays_nothing)
{
    ck_assert_ptr_null(text_clean(NULL, false));
    ck_assert_ptr_null(text_clean_line(NULL, false));
}
END_TEST

START_TEST(on_one_line)
{
    char *line = text_clean_line("a\nb\tc\r", false);

    ck_assert_str_eq(line, "a b c\\x0d");
    free(line);
}
END_TEST

START_TEST(names_become_words)
{
    char *words = text_in_words("port_0_picks_a_free_port");

    ck_assert_str_eq(words, "port 0 picks a free port");
    free(words);
}
END_TEST

START_TEST(width_counts_characters)
{
    ck_assert_uint_eq(text_width("naïve…", strlen("naïve…")), 6);
    ck_assert_uint_eq(text_width("naïve…", 2), 2);
}
END_TEST

static const char *const words[][2] = {
    {"work/grade", "work/grade"}, {"", "''"},
    {"two words", "'two words'"}, {"it's", "'it'\\''s'"},
    {"$(reboot)", "'$(reboot)'"}, {"--use", "--use"},
};

START_TEST(quoted_for_a_shell)
{
    char *quoted = text_for_shell(words[_i][0]);

    ck_assert_str_eq(quoted, words[_i][1]);
    free(quoted);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clean");
    TCase *tcase = tcase_create("clean");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, cleaned, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tcase, nothing_stays_nothing);
    tcase_add_test(tcase, on_one_line);
    tcase_add_test(tcase, names_become_words);
    tcase_add_test(tcase, width_counts_characters);
    tcase_add_loop_test(tcase, quoted_for_a_shell, 0,
                        sizeof words / sizeof *words);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
