/* Many children share what the parent has allocated: resident in each of them,
 * it is there only once. That is no hog. */
#include "traps.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHARED_BYTES (100u << 20)
#define CHILDREN 40

int trap(int number)
{
    char *shared = malloc(SHARED_BYTES);
    int gate[2];

    (void)number;
    memset(shared, 1, SHARED_BYTES);
    if (pipe(gate) < 0)
        return 6;
    for (int i = 0; i < CHILDREN; i++)
        if (fork() == 0) {
            close(gate[1]);
            _exit(read(gate[0], &number, 1) == 0 ? 0 : 1);
        }
    usleep(200000); /* some looks at the memory in use */
    close(gate[1]);
    close(gate[0]);
    while (wait(NULL) > 0)
        ;
    free(shared);
    return 7;
}
