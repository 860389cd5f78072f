/*
 * own.h: the contract of a made-up week.
 */
#ifndef OWN_H
#define OWN_H

/* Steps that something takes here, and in the kernel. -ENOSYS: not written. */
int own_steps(void);
int own_kernel_steps(void);

#endif
