/*
 * uring_echo.h: the contract of week 03's second half: the echo server of
 * week 02 once more, as a machine of completions.
 *
 * You write these functions in uring_echo.c; main.c makes the program
 * `echo-uring` of them.
 *
 *  1. Everything that may wait is an operation of the ring. Only what never
 *     waits (close, shutdown, socket options) is a system call of its own.
 *  2. What a client sends comes back in order and as soon as the client takes
 *     it; after its last byte and end of file it reads end of file.
 *  3. Memory that an operation reads or fills is not freed, moved or used for
 *     something else before its last completion.
 *  4. Whatever a client does, the others go on.
 *  5. What fails in a completion can be returned to nobody. A client is given
 *     up of which an operation cannot be started (uring_start() fails), or for
 *     whose bytes there is no memory: it is closed when nothing of it is in
 *     flight any more. Where it is the accept that cannot be started, nobody
 *     else need be let in; those inside are served on.
 */
#ifndef URING_ECHO_H
#define URING_ECHO_H

#include "uring.h"

/* Each buffer of the ring that messages are received into, from step 4 on. */
#define URING_ECHO_BUFFER_BYTES 16384

/*
 * For one client, read and not yet sent: when so much is there, its reading is
 * ended. What can come before it has ended may be there on top, and is twice
 * what the buffers of the ring hold: they may all be full in the moment in
 * which it is seen, and be given back and filled once more before the cancel is
 * submitted. Step 5.
 */
#define URING_ECHO_PENDING_BYTES 65536

/* How long accepting rests, at least, when there is no descriptor or memory
 * for a client. Step 4. */
#define URING_ECHO_PAUSE_MS 10

struct uring_echo;

/*
 * Serve every client that comes, while the ring runs.
 *   uring      borrowed until uring_echo_close() has returned
 *   listener   a listening, blocking TCP socket, borrowed likewise
 *   buffers    how many buffers messages are received into, all clients
 *              together; a power of two up to 32,768 (from step 4 on)
 *   echo       out: owned by the caller; release with uring_echo_close()
 * From step 4 on a client's accepting and receiving are multishot operations:
 * each is started once, and again only when the kernel has ended it.
 * Returns 0.
 * Errors: -ENOMEM; those of uring_start() and buffer_ring_open().
 * Source: handout steps 2 to 5.
 */
int uring_echo_open(struct uring *uring, int listener, unsigned buffers,
                    struct uring_echo **echo);

/*
 * End it (stretch, step 7): every client is closed, wherever it is, every
 * operation cancelled and its last completion waited for, in turns of the ring
 * that this call makes; then everything is given back but the listener and the
 * ring. Other operations of that ring may complete meanwhile.
 *   echo   taken; NULL is allowed
 * Requires: not inside a completion of this ring.
 * Returns 0.
 * Errors: -ENOSYS not written, and echo is as it was; those of uring_run().
 * Source: handout step 7; io_uring_prep_cancel(3).
 */
int uring_echo_close(struct uring_echo *echo);

#endif
