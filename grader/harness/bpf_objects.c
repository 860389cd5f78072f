/*
 * bpf_objects.c: objects for the kernel, as clang made them: where they are,
 * and opening them.
 */
#include "bpf.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* They lie where the programs do, and under no other name there. */
const char *bpf_lab_object_path(const char *name)
{
    static char path[PATH_MAX];
    char file[128];

    snprintf(file, sizeof file, "%s.bpf.o", name);
    snprintf(path, sizeof path, "%s", lab_program(file));
    return path;
}

struct bpf_object *bpf_lab_open_at(struct lab_where where, const char *name)
{
    const char *path = bpf_lab_object_path(name);
    struct bpf_object *object;

    if (access(path, R_OK) < 0)
        lab_fail_at(where, "there is no %s.bpf.o: %s", name,
                    lab_errno_text(errno));
    object = bpf_object__open(path);
    if (object == NULL)
        lab_fail_at(where, "libbpf can't open %s.bpf.o: %s", name,
                    lab_errno_text(errno));
    return object;
}
