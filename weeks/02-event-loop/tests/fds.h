/*
 * fds.h: how many descriptors are open.
 */
#ifndef FDS_H
#define FDS_H

/* Open descriptors of this process. */
int count_fds(void);

#endif
