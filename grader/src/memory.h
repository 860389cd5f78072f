/*
 * memory.h: the numbers that the grader remembers of a member's steps, in
 * WORKSPACE/.grade/NAME.json: {"01-tcp-echo": {"echo-one": "4711"}}.
 *
 *     hints      how many were shown
 *     seeds      with which one the step failed last
 *     verdicts   what came out last, of the week or of the step alone
 *
 * Numbers stand there as text, since a seed has 64 bits. A file that is
 * missing or damaged remembers nothing.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include "manifest.h"

#include <stdint.h>

#define MEMORY_HINTS "hints"
#define MEMORY_SEEDS "seeds"
#define MEMORY_VERDICTS "verdicts"

/* The number, 0 where none is known.
 *   workspace   its folder */
uint64_t memory_get(const char *workspace, const char *name,
                    const struct week *week, const struct step *step);

/* Returns 0 or -errno. */
int memory_set(const char *workspace, const char *name, const struct week *week,
               const struct step *step, uint64_t number);

#endif
