/* What it prints rubs out the report and draws another. */
#include "traps.h"

#include <stdio.h>

int trap(int number)
{
    (void)number;
    fputs("\033[2J\033[H\033]0;passed\007\r\n"
          "  Week 90  Traps\n"
          "\n"
          "  \u2713  1  call          passed      0.01 s\n"
          "not ok\b\b\b\b\b\bok 1\n"
          "::error::forged\xff\n",
          stdout);
    fflush(stdout);
    return 6;
}
