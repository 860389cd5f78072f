/*
 * harts.h: the contract of the stretch, step 9, the second half: the harts that
 * start has parked. You write harts.c, and a few lines of start.S.
 */
#ifndef HARTS_H
#define HARTS_H

/*
 * Let harts 1 to count - 1 go on, each with its tp and its own stack, with
 * trap_vector as its stvec and interrupts off in sstatus, in main(hart). When
 * that returns the hart parks. Called once, on hart 0; it does not wait for
 * them, and they see all that was stored before. A hart that has not come to
 * start yet goes on when it has; one that wakes without being asked parks on.
 *   count   of the machine's harts: 1 to HARTS_MAX
 * Returns 0.
 * Errors: -EINVAL count; -EALREADY called before.
 * Source: handout step 9.
 */
int harts_start(unsigned count, void (*main)(unsigned hart));

#endif
