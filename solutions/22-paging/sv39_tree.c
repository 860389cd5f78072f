/*
 * sv39_tree.c: everything that stands in a table, from top to bottom.
 */
#include "sv39.h"

/* Bits 63 to 39 as bit 38. */
static uint64_t canonical(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 25) >> 25);
}

/* Does this entry go on where a line of leaves ends? */
static bool continues(const struct sv39_line *line, uint64_t entry)
{
    const uint64_t looked_at = SV39_FLAGS & ~(SV39_A | SV39_D);

    return sv39_is_leaf(entry) && ((entry ^ line->flags) & looked_at) == 0 &&
           sv39_physical(entry) ==
               line->physical + line->count * sv39_bytes(line->level);
}

static struct sv39_line line_at(const uint64_t *table, unsigned level,
                                unsigned index, uint64_t address)
{
    struct sv39_line line = {
        .level = level,
        .index = index,
        .count = 1,
        .address = canonical(address + index * sv39_bytes(level)),
        .physical = sv39_physical(table[index]),
        .flags = table[index] & SV39_FLAGS,
    };

    if (sv39_is_leaf(table[index]))
        while (index + line.count < SV39_ENTRIES &&
               continues(&line, table[index + line.count]))
            line.count++;
    return line;
}

static void show_table(const uint64_t *table, unsigned level, uint64_t address,
                       sv39_show *show, void *context)
{
    for (unsigned index = 0; index < SV39_ENTRIES;) {
        if (!(table[index] & SV39_V)) {
            index++;
            continue;
        }
        struct sv39_line line = line_at(table, level, index, address);
        show(&line, context);
        if (!sv39_is_leaf(table[index]) && level > 0)
            show_table((const uint64_t *)line.physical, level - 1, line.address,
                       show, context);
        index += line.count;
    }
}

void sv39_tree(const uint64_t *root, sv39_show *show, void *context)
{
    show_table(root, SV39_LEVELS - 1, 0, show, context);
}
