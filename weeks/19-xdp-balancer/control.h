/*
 * control.h: how `xlb add …` speaks to the `xlb run` that is at work: a line
 * over a Unix socket, and an answer. Given.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "event_loop.h"

#include <stddef.h>
#include <stdio.h>

#define CONTROL_LINE_BYTES_MAX 512

struct control;

/*
 * Answer one command.
 *   line     without its newline; may be written into
 *   answer   where the answer goes
 * Returns 0, or 1: it is an error, and answer says which.
 */
typedef int control_fn(void *user, char *line, FILE *answer);

/*
 * Take commands at a socket that only its owner may use.
 *   path      of the socket; what a process that is gone left there is replaced
 *   control   out: owned by the caller; release with control_close()
 * Returns 0.
 * Errors: -EADDRINUSE somebody answers there; -ENAMETOOLONG; those of
 * socket(2), bind(2), and loop_add().
 */
int control_open(struct loop *loop, const char *path, control_fn *fn,
                 void *user, struct control **control);

/* Close, and remove the socket. NULL is allowed. */
void control_close(struct control *control);

/*
 * Send a command to whoever is there, and print the answer: to standard output,
 * or, where it is an error, to standard error.
 * Returns 0, 1 after an error that was answered, or -errno: nobody is there.
 */
int control_ask(const char *path, const char *line);

#endif
