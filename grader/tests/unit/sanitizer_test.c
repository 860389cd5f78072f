/*
 * sanitizer_test.c: what of a sanitizer's report is kept (sanitizer.h).
 */
#include "scratch.h"

#include "sanitizer.h"

static char *yours[] = {"echo.c"};
static const struct manifest manifest = {.yours = yours, .yours_count = 1};

/* Memory that ThreadSanitizer can't place is no global without a name. */
START_TEST(a_location_that_is_none_is_dropped)
{
    char *headline, *report;

    put("reports/tsan.1", "==================\n"
                          "WARNING: ThreadSanitizer: data race (pid=7)\n"
                          "  Read of size 4 at 0x7ff0 by thread T1:\n"
                          "    #0 serve /x/echo.c:42 (test+0x12)\n"
                          "\n"
                          "  Location is global '<null>' at 0x000000000000 "
                          "([stack]+0x20374)\n"
                          "\n"
                          "  Thread T1 (tid=8, running) created by main thread "
                          "at:\n"
                          "    #0 start /x/echo.c:60 (test+0x34)\n");
    report = sanitizer_report(at("reports"), &manifest, &headline);
    ck_assert_str_eq(headline,
                     "ThreadSanitizer: data race in serve (echo.c:42)");
    ck_assert_str_eq(report, "Read of size 4 at 0x7ff0 by thread T1:\n"
                             "    serve                    echo.c:42\n"
                             "Thread T1 created by main thread at:\n"
                             "    start                    echo.c:60\n");
    free(headline);
    free(report);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sanitizer");
    TCase *tc = add_case(suite, "sanitizer");

    tcase_add_test(tc, a_location_that_is_none_is_dropped);
    return run_suite(suite);
}
