/* main.c: `one` prints its value. */
#include "one.h"

#include <stdio.h>

int main(void)
{
    printf("%d\n", one_value());
    return 0;
}
