/*
 * sv39_tree.c: everything that stands in a table. Yours: step 7.
 */
#include "sv39.h"

#include "todo.h"

void sv39_tree(const uint64_t *root, sv39_show *show, void *context)
{
    (void)root;
    (void)show;
    (void)context;
    todo("sv39_tree");
}
