/*
 * device_tree.c: given. Of the flattened tree only so much: the nodes whose
 * name begins with "cpu@" are counted. All numbers in it are big end first.
 *
 * Source: Devicetree Specification 0.4, chapter 5.
 */
#include "device_tree.h"

#include "kstring.h"

#include <stdint.h>

#define TREE_MAGIC 0xd00dfeed
#define TREE_STRUCTURE_AT 8 /* the offset, in the header, of the offset */

#define TOKEN_BEGIN_NODE 1
#define TOKEN_PROPERTY 3
#define TOKEN_END 9

static uint32_t big_end(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;

    return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 |
           (uint32_t)byte[2] << 8 | byte[3];
}

static const char *padded(const char *at, uint32_t len)
{
    return at + (len + 3) / 4 * 4;
}

unsigned device_tree_harts(const void *device_tree)
{
    const char *tree = device_tree;
    unsigned harts = 0;

    if (tree == NULL || big_end(tree) != TREE_MAGIC)
        return 1;
    for (const char *at = tree + big_end(tree + TREE_STRUCTURE_AT);;) {
        uint32_t token = big_end(at);

        at += 4;
        if (token == TOKEN_END)
            break;
        if (token == TOKEN_BEGIN_NODE) {
            if (strncmp(at, "cpu@", 4) == 0)
                harts++;
            at = padded(at, (uint32_t)strlen(at) + 1);
        } else if (token == TOKEN_PROPERTY) {
            at = padded(at + 8, big_end(at));
        }
    }
    return harts < 1 ? 1 : harts;
}
