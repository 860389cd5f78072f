/* proven.c: the reference. */
#include "proven.h"

int proven_double(int number)
{
    return 2 * number;
}
