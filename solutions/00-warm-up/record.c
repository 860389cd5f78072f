/*
 * record.c: one counter in a file of counters; warm_up.h draws the bytes.
 *
 * A record goes to a file or to another machine as it is, so every byte of it
 * is ours to write: what is left out would be what this memory held before.
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
    memset(record, 0, WARM_RECORD_BYTES);
    memcpy(record, name, len);
    for (int i = 0; i < 4; i++)
        record[WARM_NAME_BYTES + i] = (unsigned char)(value >> (8 * i));
    return 0;
}
