/* own.c: the reference. */
#include "own.h"

#include "own.skel.h"

#include <errno.h>

int own_steps(void)
{
#ifdef PLAIN
    return 40;
#else
    return 10;
#endif
}

/* As the object says, which is not loaded. */
int own_kernel_steps(void)
{
    struct own *bpf = own__open();
    int found = bpf != NULL ? bpf->rodata->steps : -errno;

    own__destroy(bpf);
    return found;
}
