/* An assert of the member's own: its words must be seen. */
#include "traps.h"

#include <assert.h>

int trap(int number)
{
    assert(number == 7);
    return number;
}
