/* Allocated, and forgotten. */
#include "traps.h"

#include <stdlib.h>
#include <string.h>

static char *volatile kept;

__attribute__((noinline)) static void remember(const char *text)
{
    kept = strdup(text);
}

int trap(int number)
{
    (void)number;
    remember("the first");
    remember("the second");
    kept = NULL;
    return 7;
}
