/*
 * build_words_test.c: what compiler, linker and check-calls said, as headline
 * and text (build_words.h).
 */
#include "scratch.h"

#include "build_words.h"

static char *yours[] = {"echo.c", "guests.c"};
static struct manifest manifest = {.yours = yours, .yours_count = 2};
static char *text;

static void headline_is(const char *words, const char *headline)
{
    char *told = keep(build_words_tell(words, &manifest, &text));

    keep(text);
    ck_assert_str_eq(told, headline);
}

#define GCC_ERROR                                                        \
    "echo.c: In function ‘echo_hello’:\n"                            \
    "echo.c:12:5: error: ‘fd’ undeclared (first use in this func)\n" \
    "   12 |     fd = accept(listener, NULL, NULL);\n"
#define GCC_WARNING                                                          \
    "echo.c:88:9: warning: implicit declaration of function ‘serve_on’ " \
    "[-Wimplicit-function-declaration]\n"
#define LD_UNDEFINED                                                        \
    "/usr/bin/ld: /w/.grade/mine/under_test.o: in function `echo_serve':\n" \
    "/w/01-tcp-echo/echo.c:88: undefined reference to `serve_on'\n"         \
    "/usr/bin/ld: /w/01-tcp-echo/echo.c:90: undefined reference to "        \
    "`serve_on'\n"                                                          \
    "collect2: error: ld returned 1 exit status\n"

START_TEST(an_error_of_the_compiler)
{
    headline_is(GCC_ERROR, "it does not compile");
    ck_assert_str_eq(text, GCC_ERROR);
    headline_is(GCC_ERROR LD_UNDEFINED, "it does not compile");
}
END_TEST

/* Told once, by the names of files alone, under what gcc warned of. */
START_TEST(a_name_that_is_nowhere_defined)
{
    headline_is(GCC_WARNING LD_UNDEFINED LD_UNDEFINED,
                "it does not link: echo.c uses serve_on, which is nowhere "
                "defined");
    ck_assert_str_eq(text, GCC_WARNING
                     "echo.c:88: undefined reference to `serve_on'\n"
                     "echo.c:90: undefined reference to `serve_on'\n");
}
END_TEST

/* The member's file is the one to open, whoever else misses the name. */
START_TEST(the_members_file_is_named_first)
{
    headline_is("/usr/bin/ld: tests/echo_test.o: in function `main':\n"
                "/c/weeks/01/tests/echo_test.c:9: undefined reference to `a'\n"
                "/usr/bin/ld: /w/01/guests.c:3: undefined reference to `b'\n",
                "it does not link: guests.c uses b, which is nowhere defined");
    headline_is("/c/weeks/01/tests/echo_test.c:9: undefined reference to `a'\n",
                "it does not link: echo_test.c uses a, which is nowhere "
                "defined");
}
END_TEST

START_TEST(a_name_that_is_defined_twice)
{
    headline_is("/usr/bin/ld: m.a(guests.o): in function `enter':\n"
                "/w/01/guests.c:3: multiple definition of `enter'; "
                "/w/b/echo.o:/w/01/echo.c:7: first defined here\n"
                "collect2: error: ld returned 1 exit status\n",
                "it does not link: guests.c defines enter, which is defined "
                "already");
    ck_assert_str_eq(text, "guests.c:3: multiple definition of `enter'; "
                           "echo.c:7: first defined here\n");
}
END_TEST

#define REFUSED "echo.c:88: calls splice(), which week 01 does not allow"
#define REFUSED_TOO "guests.c: calls kill(), which week 01 does not allow\n"

START_TEST(a_call_that_the_week_refuses)
{
    headline_is(REFUSED "\n\nIt allows read.\n", REFUSED);
    ck_assert_str_eq(text, "It allows read.\n");
    headline_is(GCC_WARNING REFUSED "\n" REFUSED_TOO "\nIt allows read.\n",
                REFUSED);
    ck_assert_str_eq(text, REFUSED_TOO "\nIt allows read.\n\n" GCC_WARNING);
}
END_TEST

START_TEST(no_words_and_words_of_others)
{
    headline_is(NULL, "it does not build");
    ck_assert_str_eq(text, "");
    headline_is("collect2: fatal error: cannot find 'ld'\n",
                "it does not link");
    headline_is("gcc: internal compiler error\n", "it does not compile");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("build words");
    TCase *tc = add_case(suite, "words");

    tcase_add_test(tc, an_error_of_the_compiler);
    tcase_add_test(tc, a_name_that_is_nowhere_defined);
    tcase_add_test(tc, the_members_file_is_named_first);
    tcase_add_test(tc, a_name_that_is_defined_twice);
    tcase_add_test(tc, a_call_that_the_week_refuses);
    tcase_add_test(tc, no_words_and_words_of_others);
    return run_suite(suite);
}
