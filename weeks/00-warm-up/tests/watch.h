/*
 * watch.h: tells when a test can't come to its end.
 *
 * A thread of its own watches the others from watch_start() to watch_stop(),
 * which make a fixture. It fails the test
 *
 *  1. when every thread sleeps, and goes on sleeping: none is left to wake
 *     another. That is seen at once, and no time limit is in it;
 *  2. when nothing has moved for LAB_PATIENCE_MS: a loop without an end.
 */
#ifndef WATCH_H
#define WATCH_H

#include "lab.h"

void watch_start(void);
void watch_stop(void);

/* The test's own thread is here, and calls the code under test next: the line
 * to report, and a move. */
#define watch_line() watch_line_at(LAB_HERE)
void watch_line_at(struct lab_where where);

/* Something moved: a call has returned, in any thread. */
void watch_moved(void);

#endif
