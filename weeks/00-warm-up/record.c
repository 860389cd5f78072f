/*
 * record.c: one counter in a file of counters; warm_up.h draws the bytes.
 *
 * Broken in one way; handout step 7.
 */
#include "warm_up.h"

#include <errno.h>
#include <string.h>

int warm_record_encode(const char *name, uint32_t value,
                       unsigned char record[WARM_RECORD_BYTES])
{
    size_t len = strlen(name);

    if (len == 0 || len > WARM_NAME_BYTES)
        return -EINVAL;
    memcpy(record, name, len);
    for (int i = 0; i < 4; i++)
        record[WARM_NAME_BYTES + i] = (unsigned char)(value >> (8 * i));
    return 0;
}
