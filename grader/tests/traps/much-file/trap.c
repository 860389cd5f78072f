/* A file without an end. */
#include "traps.h"

#include <fcntl.h>
#include <unistd.h>

int trap(int number)
{
    int fd = open("much", O_CREAT | O_WRONLY | O_TRUNC, 0600);

    (void)number;
    for (off_t offset = 0; pwrite(fd, "x", 1, offset) == 1;)
        offset += 64 << 20;
    return 7;
}
