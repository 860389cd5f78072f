/*
 * symbol.h: given. The names of the kernel's functions, which the build writes
 * into the kernel itself by a second link.
 */
#ifndef SYMBOL_H
#define SYMBOL_H

#include <stddef.h>
#include <stdint.h>

/* By address, ascending. */
struct symbol {
    uintptr_t address;
    const char *name;
};

extern const struct symbol kernel_symbols[];
extern const size_t kernel_symbol_count;

/*
 * The function that this address lies in.
 *   offset   out: how far from its beginning
 * Returns its name; "?" where there is none, with offset 0.
 */
const char *symbol_find(uintptr_t address, size_t *offset);

#endif
