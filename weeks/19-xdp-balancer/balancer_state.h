/*
 * balancer_state.h: what the process tells the program in the kernel: keys,
 * values and sizes of your maps. Yours, for both sides; step 4.
 *
 * Which questions does a packet ask, and what does it have in hand when it
 * does?
 *     address, port, protocol     --> is that a service, or a backend's side of
 *                                     one? of which?
 *     service, hash of the flow   --> which backend?
 *     backend                     --> which address, which MAC?
 * And which of the answers can change while it asks?
 */
#ifndef BALANCER_STATE_H
#define BALANCER_STATE_H

#include "balancer_maps.h"

#endif
