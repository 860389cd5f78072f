/*
 * sigpipe.c: see sigpipe.h.
 */
#include "sigpipe.h"

#include <signal.h>

static struct lab_where told_at;

/* The kernel sends it inside a send of the thread itself, so it interrupts
 * nothing. */
static void on_sigpipe(int signal)
{
    (void)signal;
    /* NOLINTNEXTLINE(bugprone-signal-handler,cert-sig30-c) */
    lab_differ_at(told_at,
                  "the server sends to a client that has reset its connection",
                  "the send fails with EPIPE, and that client is closed",
                  "the server was ended by SIGPIPE (Broken pipe)");
}

void tell_sigpipe(struct lab_where where)
{
    told_at = where;
    signal(SIGPIPE, on_sigpipe);
}
