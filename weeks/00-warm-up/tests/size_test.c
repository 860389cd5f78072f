/* size_test.c: sizes as people write them, up to the limits of 64 bits. */
#include "steps.h"

#include "lab.h"
#include "warm_up.h"

#include <errno.h>
#include <stdio.h>

#define RANDOM_SIZES 3000

struct size_text {
    const char *text;
    int64_t bytes;
};

#define KIB ((int64_t)1024)
#define BEFORE (-4711) /* in *bytes: an error leaves it there */

/* The letters, alone and in front of the limits of 64 bits. */
STEP_TEST(sizes_are_read)
{
    static const struct size_text sizes[] = {
        {"0", 0},
        {"4096", 4096},
        {"007", 7},
        {"64k", 64 * KIB},
        {"10M", 10 * KIB * KIB},
        {"2G", 2 * KIB * KIB * KIB},
        {"1T", KIB * KIB * KIB * KIB},
        {"0T", 0},
        {"9223372036854775807", INT64_MAX},
        {"9007199254740991k", INT64_MAX - 1023},
        {"8388607T", 8388607 * KIB * KIB * KIB * KIB},
        {"0000000000000000000000000000001k", 1024},
    };

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int64_t bytes = -1;
        lab_note("parse \"%s\"", sizes[i].text);
        lab_ok(warm_size_parse(sizes[i].text, &bytes));
        lab_equal(bytes, sizes[i].bytes, "bytes in \"%s\"", sizes[i].text);
    }
}

/* What is no size is not guessed at. */
STEP_TEST(what_is_no_size_is_refused)
{
    static const char *const texts[] = {
        "",    "k",   "-1",   "+1",  " 1",   "1 ",    "1 k",
        "1kB", "1kk", "1.5M", "1K",  "0x10", "1e3",   "ten",
        "1,0", "--1", "1-",   "M10", "1m",   "10MiB", "\n1",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t bytes = BEFORE;
        lab_note("parse \"%s\"", texts[i]);
        lab_error(warm_size_parse(texts[i], &bytes), -EINVAL);
        lab_same_number(bytes, BEFORE,
                        "*bytes, which an error leaves as it was");
    }
}

/* One more than INT64_MAX, and numbers that come out small when they wrap. */
STEP_TEST(too_large_a_size_is_refused)
{
    static const char *const texts[] = {
        "9223372036854775808", /* 2^63 */
        "9223372036854775810",
        "9999999999999999999",
        "18446744073709551617", /* 2^64 + 1 */
        "9007199254740992k",    /* 2^63 */
        "8388608T",             /* 2^63 */
        "16777217T",            /* 2^64 + 2^40 */
        "9223372036854775807T",
        "340282366920938463463374607431768211457", /* 2^128 + 1 */
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t bytes = BEFORE;
        lab_note("parse \"%s\"", texts[i]);
        lab_error(warm_size_parse(texts[i], &bytes), -ERANGE);
        lab_same_number(bytes, BEFORE,
                        "*bytes, which an error leaves as it was");
    }
}

/* Random sizes of every magnitude, compared with arithmetic in 128 bits. */
STEP_TEST(random_sizes_are_read_or_refused)
{
    static const char letters[] = {'\0', 'k', 'M', 'G', 'T'};
    struct lab_random random;

    lab_random_init(&random, 3);
    lab_note("parse %s random sizes", lab_number(RANDOM_SIZES));
    for (int i = 0; i < RANDOM_SIZES; i++) {
        uint64_t number =
            lab_random_next(&random) >> lab_random_below(&random, 64);
        int power = (int)lab_random_below(&random, 5);
        unsigned __int128 expected = (unsigned __int128)number << 10 * power;
        char text[32];
        int64_t bytes = BEFORE;

        snprintf(text, sizeof text, "%llu%.1s", (unsigned long long)number,
                 &letters[power]);
        int result = warm_size_parse(text, &bytes);
        lab_equal(result, expected > INT64_MAX ? -ERANGE : 0,
                  "result for \"%s\"", text);
        lab_equal(bytes, result == 0 ? (int64_t)expected : BEFORE,
                  "*bytes for \"%s\"", text);
    }
}

void add_size_tests(void)
{
    lab_test(sizes_are_read);
    lab_test(what_is_no_size_is_refused);
    lab_test(too_large_a_size_is_refused);
    lab_test(random_sizes_are_read_or_refused);
}
