/* one.c: the reference. */
#include "one.h"

int one_value(void)
{
    return 1;
}

int one_count(void)
{
    static int count;

    return ++count;
}
