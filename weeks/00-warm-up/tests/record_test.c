/* record_test.c: every byte of a record, over memory with random bytes. */
#include "steps.h"

#include "lab.h"
#include "warm_up.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What a byte of the record is for, as the contract draws it. */
static const char *part_of(size_t byte, size_t name_len)
{
    if (byte < name_len)
        return "the name";
    if (byte < WARM_NAME_BYTES)
        return "the zeros behind the name";
    return byte < WARM_NAME_BYTES + 4 ? "the value" : "the zeros at the end";
}

static void expect_byte(const unsigned char record[], size_t byte, int expected,
                        size_t name_len)
{
    char what[80], is[8], should[8];

    if (record[byte] == expected)
        return;
    snprintf(what, sizeof what, "byte %zu of the record, one of %s", byte,
             part_of(byte, name_len));
    snprintf(is, sizeof is, "%02x", record[byte]);
    snprintf(should, sizeof should, "%02x", expected);
    lab_differ_at(LAB_HERE, what, should, is);
}

/* Encode over random bytes; the record is what the contract draws. */
static void expect_record(struct lab_random *random, const char *name,
                          uint32_t value)
{
    unsigned char expected[WARM_RECORD_BYTES] = {0};
    unsigned char record[WARM_RECORD_BYTES];

    strncpy((char *)expected, name, WARM_NAME_BYTES);
    for (int i = 0; i < 4; i++)
        expected[WARM_NAME_BYTES + i] = (value >> 8 * i) & 0xff;
    lab_random_fill(random, record, sizeof record);
    lab_note("encode \"%s\", %u over random bytes", name, value);
    lab_ok(warm_record_encode(name, value, record));
    for (size_t i = 0; i < sizeof record; i++)
        expect_byte(record, i, expected[i], strlen(name));
}

/* No byte of the record is left as it was. */
STEP_TEST(every_byte_of_a_record_is_written)
{
    char name[WARM_NAME_BYTES + 1] = "";
    struct lab_random random;

    lab_random_init(&random, 7);
    for (size_t len = 1; len <= WARM_NAME_BYTES; len++) {
        name[len - 1] = (char)('a' + lab_random_below(&random, 26));
        expect_record(&random, name, (uint32_t)lab_random_next(&random));
    }
}

/* A name that does not fit is refused, not cut, and nothing is written. */
STEP_TEST(a_name_that_does_not_fit_is_refused)
{
    static const char *const names[] = {"", "requests_per_second_total"};
    unsigned char before[WARM_RECORD_BYTES], record[WARM_RECORD_BYTES];
    struct lab_random random;

    lab_random_init(&random, 8);
    lab_random_fill(&random, before, sizeof before);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        lab_note("encode a name of %s",
                 lab_count((int)strlen(names[i]), "byte"));
        memcpy(record, before, sizeof record);
        lab_error(warm_record_encode(names[i], 1, record), -EINVAL);
        lab_check(memcmp(record, before, sizeof record) == 0,
                  "the record is as it was after an error");
    }
}

void add_record_tests(void)
{
    lab_test(every_byte_of_a_record_is_written);
    lab_test(a_name_that_does_not_fit_is_refused);
}
