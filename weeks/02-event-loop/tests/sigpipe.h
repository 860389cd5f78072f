/*
 * sigpipe.h: a server that SIGPIPE ends says so itself.
 *
 * What its clients see then is a reset, or a refused connection: each of them
 * true, and none of them the cause. So the signal, which comes from within the
 * send(2) in question, fails the test before any client can see a thing.
 */
#ifndef SIGPIPE_H
#define SIGPIPE_H

#include "lab.h"

/* In the process of the server, from here on. The failure is told at `where`.
 */
void tell_sigpipe(struct lab_where where);

#endif
