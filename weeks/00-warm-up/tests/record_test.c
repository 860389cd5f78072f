/* record_test.c: every byte of a record, over memory with random bytes. */
#include "steps.h"

#include "lab.h"
#include "warm_up.h"

#include <errno.h>
#include <string.h>

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
    lab_same_bytes(record, sizeof record, expected, sizeof expected,
                   "the record");
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

/* A name that does not fit is refused, not cut. */
STEP_TEST(a_name_that_does_not_fit_is_refused)
{
    unsigned char record[WARM_RECORD_BYTES];

    lab_note("encode an empty name, and one of %d bytes", WARM_NAME_BYTES + 1);
    lab_error(warm_record_encode("", 1, record), -EINVAL);
    lab_error(warm_record_encode("requests_per_second_total", 1, record),
              -EINVAL);
}

void add_record_tests(void)
{
    lab_test(every_byte_of_a_record_is_written);
    lab_test(a_name_that_does_not_fit_is_refused);
}
