/* more.c: the reference. */
#include "steps.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define FILES_MAX 1000

int step_files(void)
{
    int fds[FILES_MAX], count = 0, error = 0;

    while (count < FILES_MAX && error == 0) {
        fds[count] = open("/dev/null", O_RDONLY);
        error = fds[count] < 0 ? errno : 0;
        count += error == 0;
    }
    for (int i = 0; i < count; i++)
        close(fds[i]);
    return error == EMFILE ? count : -error;
}

int step_random(int number)
{
    return number;
}

const char *step_word(void)
{
    return "hello";
}
