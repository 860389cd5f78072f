/*
 * made_up.h: the contract of a made-up week.
 */
#ifndef MADE_UP_H
#define MADE_UP_H

#include <stddef.h>

/* Returns whether a packet of so many bytes is to be dropped: verdict.h's
 * answer, compiled for this process. */
int made_up_is_dropped(size_t len);

/* Load the program. Returns its descriptor, or -errno. */
int made_up_load(void);

#endif
