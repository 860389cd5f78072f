/* number.c: the starter leaves by the number. */
#include "number.h"

#include <unistd.h>

int number_seven(int number)
{
    _exit(number);
}
