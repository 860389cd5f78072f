/* verdict.c: the solution. */
#include "made_up.h"

#include "made-up.skel.h"

#include <errno.h>
#include <unistd.h>

int made_up_load(void)
{
    struct made_up *loaded = made_up__open_and_load();
    int program;

    if (loaded == NULL)
        return -errno;
    program = dup(bpf_program__fd(loaded->progs.made_up));
    made_up__destroy(loaded);
    return program;
}
