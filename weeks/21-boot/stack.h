/*
 * stack.h: given. The stack that a hart runs on right now.
 */
#ifndef STACK_H
#define STACK_H

#include <stdint.h>

/* Its bounds: the hart's own stack (layout.h), or what was said last. */
void stack_current(uintptr_t *low, uintptr_t *high);

/* This hart runs on another one from now on: week 23's switch says so. */
void stack_set_current(uintptr_t low, uintptr_t high);

#endif
