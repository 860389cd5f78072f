/*
 * needs.h: what a step may need of the machine (DESIGN.md §4), and whether it
 * is here.
 *
 * A need is tried, not guessed: the ring is set up, the program is loaded.
 * What a probe makes is gone when it returns.
 */
#ifndef NEEDS_H
#define NEEDS_H

#include "manifest.h"

/*
 * Is this need met here, for the user who runs the grader?
 *   need      one of enum need
 *   why       out: one clause, "there is no /dev/kvm"; NULL where it is met
 *   command   out: what enables it, a line for a shell; NULL where it is met
 *             or where nothing on this machine would
 * why and command may be NULL pointers; what they give is owned by the caller,
 * release with free(). Each need is probed once a run of the grader and then
 * remembered.
 */
bool need_probe(enum need need, char **why, char **command);

/*
 * Lines for a shell that begin with sudo, for this machine and user: root
 * needs none, and where there is none, "as root:" stands above them.
 *   command   taken; or NULL
 * Owned by the caller; release with free().
 */
char *command_as_root(char *command);

/* What a step gets when it names this need: "io_uring: the kernel has it and
 * no policy forbids it". Static text, without the name. */
const char *need_meaning(enum need need);

#endif
