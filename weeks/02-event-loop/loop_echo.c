/*
 * loop_echo.c: an echo server that one thread runs on a loop. Yours from step
 * 2 on; the contract stands in loop_echo.h.
 *
 * Draw the states of a client before you write: what it waits for in each, and
 * what is true of its buffer.
 */
#include "loop_echo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Yours to fill: the loop, the listener, the clients inside, … */
struct loop_echo {
    struct loop *loop;
};

/* Steps 2, 3, 7 and 8. */
int loop_echo_open(struct loop *loop, int listener, int idle_ms,
                   struct loop_echo **echo)
{
    (void)loop;
    (void)listener;
    (void)idle_ms;
    (void)echo;
    return -ENOSYS;
}

void loop_echo_close(struct loop_echo *echo)
{
    (void)echo;
}
