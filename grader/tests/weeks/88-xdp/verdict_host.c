/* verdict_host.c: given: the member's header in this process, for tests. */
#include "made_up.h"

#include <verdict.h>

int made_up_is_dropped(size_t len)
{
    return verdict_is_dropped(len);
}
