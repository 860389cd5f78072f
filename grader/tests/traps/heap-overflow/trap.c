/* One byte beyond the end. */
#include "traps.h"

#include <stdlib.h>

__attribute__((noinline)) static void fill(char *to, int len)
{
    for (int i = 0; i <= len; i++)
        to[i] = 'x';
}

int trap(int number)
{
    char *bytes = malloc(10);

    (void)number;
    fill(bytes, 10);
    free(bytes);
    return 7;
}
