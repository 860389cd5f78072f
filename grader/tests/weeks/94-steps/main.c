/* main.c: `steps` prints its word. */
#include "steps.h"

#include <stdio.h>

int main(void)
{
    puts(step_word());
    return 0;
}
