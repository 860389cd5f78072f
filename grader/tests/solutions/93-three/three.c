/* three.c: the reference. */
#include "three.h"

#include "one.h"
#include "two.h"

int three_value(void)
{
    return two_value() + 1;
}

int three_count(void)
{
    return one_count();
}
