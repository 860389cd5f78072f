/*
 * trap_text.h: given. A trap in words.
 */
#ifndef TRAP_TEXT_H
#define TRAP_TEXT_H

#include "trap.h"

/* The words of the Privileged Architecture for a scause. */
const char *trap_cause_text(uint64_t scause);

/* Print scause, stval and sepc on one line, then the 31 registers. */
void trap_frame_print(const struct trap_frame *frame);

#endif
