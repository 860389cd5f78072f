/*
 * size.c: "64k" and the like as a number of bytes.
 *
 * Broken in one way; handout step 3.
 */
#include "warm_up.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* The letter at place i stands for 1024 to the power of i + 1. */
static const char letters[] = "kMGT";

int warm_size_parse(const char *text, int64_t *bytes)
{
    int64_t value = 0;

    if (!isdigit((unsigned char)*text))
        return -EINVAL;
    for (; isdigit((unsigned char)*text); text++)
        value = value * 10 + (*text - '0');
    if (*text != '\0') {
        const char *letter = strchr(letters, *text);
        if (letter == NULL || text[1] != '\0')
            return -EINVAL;
        value <<= 10 * (letter - letters + 1);
    }
    *bytes = value;
    return 0;
}
