/* main.c: `made-up` loads the program, and says so. */
#include "made_up.h"

#include <stdio.h>

int main(void)
{
    int program = made_up_load();

    puts(program < 0 ? "not loaded" : "loaded");
    return program < 0;
}
