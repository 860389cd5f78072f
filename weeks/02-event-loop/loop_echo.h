/*
 * loop_echo.h: the contract of week 02's second half: an echo server that one
 * thread runs on a loop, for ten thousand clients.
 *
 * You write these functions in loop_echo.c; main.c makes the program
 * `echo-loop` of them.
 *
 *  1. It never waits but in the loop: every socket is non-blocking, and there
 *     is no thread, poll or sleep.
 *  2. What a client sends comes back in order and as soon as the client takes
 *     it; after its last byte and end of file it reads end of file.
 *  3. A client that does not take its bytes costs LOOP_ECHO_BUFFER_BYTES at
 *     most: so much has been read from it and not been sent back. When that is
 *     full nothing more is read from it until there is room.
 *  4. Whatever a client does, the others and the loop go on. Nothing is
 *     printed of it.
 */
#ifndef LOOP_ECHO_H
#define LOOP_ECHO_H

#include "event_loop.h"

/* For one client, read and not yet sent. */
#define LOOP_ECHO_BUFFER_BYTES 65536

/* What a client that is connected and silent may cost of our memory. */
#define LOOP_ECHO_SILENT_BYTES 1024

/* When accept(2) finds no memory it is asked again after so long (stretch). */
#define LOOP_ECHO_PAUSE_MS_MIN 10
#define LOOP_ECHO_PAUSE_MS_MAX 1000

struct loop_echo;

/*
 * Serve every client that comes, from the next turn of the loop on.
 *   loop       borrowed until loop_echo_close()
 *   listener   a listening TCP socket, borrowed until loop_echo_close(); it is
 *              made non-blocking
 *   idle_ms    a client of which no byte was read and to which none was sent
 *              for so long is closed, at the latest when a tenth more has
 *              passed (stretch, step 8); 0: never
 *   echo       out: owned by the caller; release with loop_echo_close()
 * From step 7 (stretch) on, a client for whom the process has no descriptor
 * left is closed at once, and those inside do not notice. Where accept(2)
 * fails for want of memory (ENOMEM, ENOBUFS) the client waits in the queue, and
 * the server asks again after a pause; until then it does not turn in circles.
 * Returns 0.
 * Errors: those of loop_add(); -ENOMEM, -EMFILE.
 * Source: handout steps 2, 3, 7 and 8.
 */
int loop_echo_open(struct loop *loop, int listener, int idle_ms,
                   struct loop_echo **echo);

/*
 * End it: every client is closed, wherever it is, and everything given back
 * but the listener and the loop. It may be called inside any callback of that
 * loop.
 *   echo   taken; NULL is allowed
 */
void loop_echo_close(struct loop_echo *echo);

#endif
