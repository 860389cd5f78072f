/* broken.c: the starter is right already. */
#include "broken.h"

int broken(void)
{
    return 0;
}
