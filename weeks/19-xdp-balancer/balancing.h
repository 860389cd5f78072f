/*
 * balancing.h: what `xlb run` does: the balancer on its interface, a check of
 * each backend, and the commands of whoever asks. Given.
 */
#ifndef BALANCING_H
#define BALANCING_H

#include "event_loop.h"

#include <stdio.h>

struct balancing;

/*
 * Read the configuration, load the balancer and attach it.
 *   loop        borrowed until balancing_close()
 *   path        of the configuration; borrowed likewise, and read again by the
 *               command reload
 *   seed        of flow_hash()
 *   balancing   out: owned by the caller; release with balancing_close()
 * What goes wrong is told on standard error, in one line.
 * Returns 0, or -errno.
 */
int balancing_open(struct loop *loop, const char *path, uint64_t seed,
                   struct balancing **balancing);

/* NULL is allowed. */
void balancing_close(struct balancing *balancing);

/* "eth0, native": for the program's first line. Borrowed until
 * balancing_close(). */
const char *balancing_where(const struct balancing *balancing);

/* Answer one command: a control_fn (control.h). */
int balancing_command(void *balancing, char *line, FILE *answer);

/* Read the configuration again. Returns 0, or 1 with words in answer. */
int balancing_reload(struct balancing *balancing, FILE *answer);

#endif
