/* two.c: the reference. */
#include "two.h"

#include "one.h"

int two_value(void)
{
    return one_value() + 1;
}
