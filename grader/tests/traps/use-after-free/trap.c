/* The answer is read from memory that was given back. */
#include "traps.h"

#include <stdlib.h>

__attribute__((noinline)) static int *make(void)
{
    int *answer = malloc(sizeof *answer);

    *answer = 7;
    return answer;
}

__attribute__((noinline)) static void drop(int *answer)
{
    free(answer);
}

int trap(int number)
{
    int *answer = make();

    (void)number;
    drop(answer);
    return *answer;
}
