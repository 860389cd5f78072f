/*
 * device_tree.h: given. What the machine says of itself.
 */
#ifndef DEVICE_TREE_H
#define DEVICE_TREE_H

/* How many harts there are, at least 1; 1 where there is no tree. */
unsigned device_tree_harts(const void *device_tree);

#endif
