/* Take memory, and touch it, without an end. */
#include "traps.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES (16u << 20)

int trap(int number)
{
    char *chunk;

    (void)number;
    while ((chunk = malloc(CHUNK_BYTES)) != NULL)
        memset(chunk, 1, CHUNK_BYTES);
    return 7;
}
