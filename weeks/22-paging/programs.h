/*
 * programs.h: given. The programs that `vm run` runs: a few instructions each,
 * which the kernel carries with it (programs.S), and what they may ask it for.
 *
 * An ecall's number is in a7, its operands in a0 and a1; its answer comes in
 * a0. At the start a0 holds the number that was typed, or 0, and sp the top of
 * the stack. Also read by the assembler.
 */
#ifndef PROGRAMS_H
#define PROGRAMS_H

/* Print a1 bytes at a0. 0, or -EFAULT. */
#define PROGRAM_PRINT 1
/* End, with status a0, 0 to 255. Does not return. */
#define PROGRAM_END 2

/* Where its parts are: text at USER_START, then these; the stack ends at
 * USER_END. */
#define PROGRAM_HEAP 0x2000000000
#define PROGRAM_HEAP_BYTES 0x1000000
#define PROGRAM_STACK_BYTES 0x40000

#ifndef __ASSEMBLER__

#include "space.h"

#include <stddef.h>
#include <stdint.h>

struct program {
    const char *name;
    const char *summary;
    const char *begin, *end; /* its instructions */
};

extern const struct program programs[];
extern const size_t program_count;

/* NULL if there is none of this name. */
const struct program *program_find(const char *name);

/*
 * A space with a program in it, and the frame in which it begins. Release the
 * space with space_release().
 *   number   what it finds in a0
 *   large    the heap's pages may be large: SPACE_LARGE
 * Returns 0.
 * Errors: -ENOMEM; those of the functions of step 3 and 6.
 */
int program_load(const struct program *program, uint64_t number, bool large,
                 struct space *space, struct trap_frame *frame);

/*
 * What the kernel does for it: a space_serve. Ends with 1 + its status; with
 * -ENOSYS for an ecall of another number, -EINTR when somebody typed ^C.
 */
int program_serve(struct space *space, struct trap_frame *frame, void *context);

#endif
#endif
