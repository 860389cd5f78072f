/*
 * qemu_place.c: "walk(), sv39.c:57" for an address: the function from the
 * image's symbols, the line from the toolchain's addr2line.
 */
#include "qemu_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLACES 4
#define PLACE_BYTES 200

static const char *const tools[] = {
    "riscv64-unknown-elf-addr2line",
    "riscv64-elf-addr2line",
    "riscv64-linux-gnu-addr2line",
    "llvm-addr2line",
};

/* Is there such a program in PATH? */
static bool is_here(const char *name)
{
    char command[128];

    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", name);
    return system(command) == 0;
}

/* "sv39.c:57", or nothing where no tool knows. Of what was inlined there, the
 * last line is the one of the function that has a name. */
static void find_line(const struct machine_image *image, uint64_t address,
                      char *line, size_t size)
{
    char command[1024];
    FILE *out;

    line[0] = '\0';
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
        if (!is_here(tools[i]))
            continue;
        snprintf(command, sizeof command,
                 "%s -i -s -e '%s' 0x%llx 2>/dev/null | tail -n 1", tools[i],
                 image->path, (unsigned long long)address);
        out = popen(command, "re");
        if (out == NULL || fgets(line, (int)size, out) == NULL)
            line[0] = '\0';
        if (out != NULL)
            pclose(out);
        break;
    }
    line[strcspn(line, " \n")] = '\0';
    if (strchr(line, '?') != NULL)
        line[0] = '\0';
}

const char *image_place(const struct machine_image *image, uint64_t address)
{
    static _Thread_local char places[PLACES][PLACE_BYTES];
    static _Thread_local unsigned next;
    char *place = places[next++ % PLACES], line[100];
    uint64_t offset = 0;
    const char *name = image_function(image, address, &offset);

    if (name == NULL) {
        snprintf(place, PLACE_BYTES, "0x%llx, where no code is",
                 (unsigned long long)address);
        return place;
    }
    find_line(image, address, line, sizeof line);
    if (line[0] != '\0')
        snprintf(place, PLACE_BYTES, "%s(), %s", name, line);
    else
        snprintf(place, PLACE_BYTES, "%s()+%llu", name,
                 (unsigned long long)offset);
    return place;
}

const char *machine_place(struct machine *m, uint64_t address)
{
    return image_place(m->image, address);
}
