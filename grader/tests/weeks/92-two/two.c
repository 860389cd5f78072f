/* two.c: the starter. */
#include "two.h"

#include <errno.h>

int two_value(void)
{
    return -ENOSYS;
}
