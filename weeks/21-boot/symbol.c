/*
 * symbol.c: given. An address to a name: the last symbol that is not above it.
 */
#include "symbol.h"

#include "layout.h"

/* Of the first link, which has no table yet; the second brings the real one. */
__attribute__((weak)) const struct symbol kernel_symbols[1];
__attribute__((weak)) const size_t kernel_symbol_count;

const char *symbol_find(uintptr_t address, size_t *offset)
{
    const struct symbol *first = kernel_symbols;
    size_t count = *(const volatile size_t *)&kernel_symbol_count;

    *offset = 0;
    if (address < (uintptr_t)text_start || address >= (uintptr_t)text_end)
        return "?";
    while (count > 1) {
        size_t half = count / 2;

        if (first[half].address <= address)
            first += half;
        count -= half;
    }
    if (count == 0 || first->address > address)
        return "?";
    *offset = address - first->address;
    return first->name;
}
